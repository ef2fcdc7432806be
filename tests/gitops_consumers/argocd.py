"""Argo CD without its user interface: repo-server, application-controller, Redis."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.gitops_consumers.processes import Process, free_port, waited

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.cluster.consumers import Consumers
    from tests.gitops_consumers.control_plane import ControlPlane

NAMESPACE = "argocd"
LAYER_TYPES = "application/vnd.oci.image.layer.v1.tar+gzip,application/vnd.cncf.flux.content.v1.tar+gzip"
_EMPTY = """\
apiVersion: v1
kind: {kind}
metadata:
  name: {name}
  namespace: argocd
  labels: {{app.kubernetes.io/part-of: argocd}}
"""
_FOLDERS = ("home", "tmp", "tls", "ssh", "gnupg", "plugins")


class ArgoCD:
    """The three programs, and what they are given."""

    def __init__(self, parts: Consumers, plane: ControlPlane, folder: Path) -> None:
        self.plane, self._folder = plane, folder
        plane.kubectl("create", "namespace", NAMESPACE)
        for kind, name in (("ConfigMap", "argocd-cm"), ("Secret", "argocd-secret")):
            plane.kubectl("apply", "-f", "-", given=_EMPTY.format(kind=kind, name=name))
        for name in _FOLDERS:
            (folder / name).mkdir()
        self._program = parts.argocd.folder / "cmd"
        redis, self._server, health = (free_port() for _ in range(3))
        self._processes: list[Process] = []
        try:
            self._start_redis(parts.redis.folder, redis)
            self._start("argocd-repo-server", _of_repo_server(self._server, redis))
            controller = _of_controller(plane.kubeconfig, self._server, redis, health)
            self._start("argocd-application-controller", controller)
            waited(partial(self._is_healthy, health), "Argo CD")
        except BaseException:
            self.stop()
            raise

    def _start_redis(self, folder: Path, port: int) -> None:
        libraries = ":".join(str(path) for path in (folder / "usr/lib").glob("*-linux-gnu"))
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        environment = {"LD_LIBRARY_PATH": libraries}
        self._processes.append(Process([folder / "usr/bin/redis-server", *options], self._folder, environment))

    def start_application_sets(self) -> None:
        """Start the controller of ApplicationSets, too."""
        addresses = [f"--{name}-addr=127.0.0.1:{free_port()}" for name in ("metrics", "probe", "webhook")]
        repositories = [f"--argocd-repo-server=127.0.0.1:{self._server}", "--repo-server-plaintext"]
        self._start("argocd-applicationset-controller", [*addresses, *repositories, f"--namespace={NAMESPACE}"])

    def _start(self, name: str, options: list[str]) -> None:
        """Start the program in a role, which it knows by its name."""
        link = self._folder / name
        link.symlink_to(self._program)
        (self._folder / "argocd-git-ask-pass").unlink(missing_ok=True)
        (self._folder / "argocd-git-ask-pass").symlink_to(self._program)
        place = {key: str(self._folder / key) for key in _FOLDERS}
        environment = {
            "ARGOCD_FAKE_IN_CLUSTER": "true",  # the destination in-cluster is the kubeconfig's cluster
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_GNUPGHOME": place["gnupg"],
            "ARGOCD_PLUGINSOCKFILEPATH": place["plugins"],
            "ARGOCD_SSH_DATA_PATH": place["ssh"],
            "ARGOCD_TLS_DATA_PATH": place["tls"],
            "HOME": place["home"],
            "KUBECONFIG": str(self.plane.kubeconfig),
            "PATH": f"{self._folder}:{os.environ['PATH']}",
            "TMPDIR": place["tmp"],
        }
        self._processes.append(Process([link, *options], self._folder, environment))

    def _is_healthy(self, port: int) -> bool:
        self.check()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True

    def check(self) -> None:
        """Fail if one of the programs has ended."""
        for process in self._processes:
            process.check()

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.stop()

    def application(self, name: str) -> dict[str, Any]:
        self.check()
        found = self.plane.get("applications.argoproj.io", name, "-n", NAMESPACE)
        return found or {}

    def refresh(self, *names: str, how: str = "normal") -> None:
        """Have applications look for a new commit now, as a webhook does."""
        words = ("-n", NAMESPACE, "--overwrite", f"argocd.argoproj.io/refresh={how}")
        self.plane.kubectl("annotate", "applications.argoproj.io", *names, *words)

    def is_refreshing(self, name: str) -> bool:
        """Tell whether an application has still to look for changes, as it was asked."""
        return "argocd.argoproj.io/refresh" in self.application(name)["metadata"].get("annotations", {})

    def wait_synced(self, revision: str, *names: str, seconds: float = 240) -> None:
        """Wait until what these applications should have at a revision is what the cluster has."""
        for name in names:
            try:
                waited(partial(self._is_synced, name, revision), f"{name} at {revision}", seconds)
            except AssertionError as error:
                raise AssertionError(f"{error}: {json.dumps(self._said(name))}") from None

    def _said(self, name: str) -> dict[str, Any]:
        """Give what there is to say of an application that is not as it should be."""
        status = self.application(name).get("status", {})
        operation = status.get("operationState", {})
        others = [one for one in status.get("resources", ()) if one.get("status") != "Synced"]
        said = {key: operation.get(key) for key in ("phase", "message")}
        return {**said, "sync": status.get("sync"), "conditions": status.get("conditions"), "not synced": others[:5]}

    def _is_synced(self, name: str, revision: str) -> bool:
        status = self.application(name).get("status", {})
        operation = status.get("operationState", {})
        if operation.get("phase") == "Failed" and operation.get("syncResult", {}).get("revision") == revision:
            raise AssertionError(f"{name}: {operation['message']}")
        sync = status.get("sync", {})
        has_ended = not operation or "finishedAt" in operation  # the phase may be behind, on a busy machine
        return sync.get("status") == "Synced" and sync.get("revision") == revision and has_ended

    def condition(self, name: str, kind: str) -> dict[str, Any] | None:
        """Give a condition of an application, None if it has none of this kind."""
        conditions = self.application(name).get("status", {}).get("conditions", ())
        return next((one for one in conditions if one["type"] == kind), None)

    def refusal(self, name: str, revision: str) -> str:
        """Give why objects of a revision may not be synced, empty until it is known."""
        operation = self.application(name).get("status", {}).get("operationState", {})
        result = operation.get("syncResult", {})
        if result.get("revision") != revision:
            return ""
        return " ".join(one["message"] for one in result.get("resources", ()) if one.get("status") == "SyncFailed")

    def end_operation(self, name: str) -> None:
        """End a sync that is tried again and again, as `argocd app terminate-op` does."""
        if self.application(name)["status"]["operationState"]["phase"] == "Running":
            change = json.dumps({"status": {"operationState": {"phase": "Terminating"}}})
            self.plane.kubectl("patch", "application", name, "-n", NAMESPACE, "--type=merge", "-p", change)

    def trust_artifacts(self, url: str) -> None:
        """Tell Argo CD of a registry, as an operator does once for each."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": f"registry-{int(time.time())}",
                "namespace": NAMESPACE,
                "labels": {"argocd.argoproj.io/secret-type": "repository"},
            },
            "stringData": {"type": "oci", "url": url, "insecureOCIForceHttp": "true"},
        }
        self.plane.kubectl("apply", "-f", "-", given=json.dumps(secret))


def _of_repo_server(port: int, redis: int) -> list[str]:
    metrics = free_port()
    return [
        *("--address=127.0.0.1", f"--port={port}", "--disable-tls"),
        *("--metrics-address=127.0.0.1", f"--metrics-port={metrics}"),
        *(f"--redis=127.0.0.1:{redis}", "--revision-cache-expiration=1s"),
        f"--oci-layer-media-types={LAYER_TYPES}",
    ]


def _of_controller(kubeconfig: Path, server: int, redis: int, health: int) -> list[str]:
    return [
        *(f"--kubeconfig={kubeconfig}", f"--namespace={NAMESPACE}", f"--metrics-port={health}"),
        *(f"--repo-server=127.0.0.1:{server}", "--repo-server-plaintext", f"--redis=127.0.0.1:{redis}"),
        *("--app-resync=10", "--app-resync-jitter=0", "--self-heal-backoff-cap-seconds=2"),
    ]
