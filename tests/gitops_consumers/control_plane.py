"""A control plane without nodes: etcd, kube-apiserver, and of the controllers those that clean up.

What nodes, other controllers and operators would report (ready, done, bound, synced) is written by
`Workloads`: nothing runs here, but what is applied, pruned and repaired is so by the real programs.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml

from tests.gitops_consumers.processes import Process, free_port, waited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONTROLLERS = ("namespace", "garbage-collector", "serviceaccount", "serviceaccount-token")
_TOKEN = "admin-of-a-test"  # noqa: S105 - of an API server that lives as long as the test
# Changed or deleted meanwhile; or too busy for a moment.
_PASSING = frozenset({HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS})
_TIME = "2026-01-01T00:00:00Z"


class KubectlError(subprocess.CalledProcessError):
    """kubectl failed; the message is what it said."""

    def __str__(self) -> str:
        return f"{' '.join(self.cmd[2:])}: {self.stderr.strip()}"


class ControlPlane:
    """An API server, and kubectl for it."""

    def __init__(self, programs: Path, folder: Path, running: Sequence[str] = _CONTROLLERS) -> None:
        self._programs, self.folder = programs, folder
        store, peer, port, controllers = (free_port() for _ in range(4))
        self.kubeconfig = folder / "kubeconfig"
        self._write_files(port)
        subprocess.run(["openssl", "genrsa", "-out", "key", "2048"], cwd=folder, check=True, capture_output=True)
        self._processes = [self._etcd(store, peer), self._api_server(store, port)]
        self.workloads: Workloads | None = None
        try:
            waited(self._is_ready, "kube-apiserver", 90)
            self._processes.append(self._controller_manager(controllers, running))
            waited(lambda: self.kubectl("get", "serviceaccount", "default", "-n", "default"), "default ServiceAccount")
        except BaseException:
            self.stop()
            raise
        self.workloads = Workloads(f"https://127.0.0.1:{port}", folder / "certs/apiserver.crt")

    def _write_files(self, port: int) -> None:
        (self.folder / "tokens.csv").write_text(f"{_TOKEN},admin,admin,system:masters\n")
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "test",
                    "cluster": {
                        "server": f"https://127.0.0.1:{port}",
                        "certificate-authority": str(self.folder / "certs/apiserver.crt"),
                    },
                }
            ],
            "users": [{"name": "admin", "user": {"token": _TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def _etcd(self, store: int, peer: int) -> Process:
        address, peers = f"http://127.0.0.1:{store}", f"http://127.0.0.1:{peer}"
        options = (
            "--unsafe-no-fsync",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={address}",
            f"--advertise-client-urls={address}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
        )
        return Process([self._programs / "etcd", *options], self.folder)

    def _api_server(self, store: int, port: int) -> Process:
        options = (
            f"--etcd-servers=http://127.0.0.1:{store}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--cert-dir=certs",
            "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=key",
            "--service-account-signing-key-file=key",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
        )
        return Process([self._programs / "kube-apiserver", *options], self.folder)

    def _controller_manager(self, port: int, running: Sequence[str]) -> Process:
        options = (
            f"--kubeconfig={self.kubeconfig}",
            f"--controllers={','.join(f'{name}-controller' for name in running)}",
            "--service-account-private-key-file=key",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
        )
        return Process([self._programs / "kube-controller-manager", *options], self.folder)

    def _is_ready(self) -> bool:
        for process in self._processes:
            process.check()
        return self.kubectl("get", "--raw", "/readyz") == "ok"

    def kubectl(self, *words: str | Path, given: str | None = None) -> str:
        """Run kubectl as the administrator; give what it printed."""
        return self._run(*words, given=given).stdout

    def _run(self, *words: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(self._programs / "kubectl"), f"--kubeconfig={self.kubeconfig}", *map(str, words)]
        environment = {**os.environ, "HOME": str(self.folder)}  # its cache of what a server has goes there
        done = subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise KubectlError(done.returncode, command, done.stdout, done.stderr)
        return done

    def get(self, *words: str) -> Any:
        """Give what `kubectl get` finds, read; None when it is not there."""
        found = self.kubectl("get", *words, "--ignore-not-found", "--output=json")
        return json.loads(found) if found else None

    def give(self, objects: list[dict[str, Any]], *options: str) -> str:
        """Apply objects from the server's side, refusing unknown fields; give what was said, warnings included."""
        command = ["apply", "--server-side", "--validate=strict", "--force-conflicts", "--filename=-", *options]
        done = self._run(*command, given=yaml.safe_dump_all(objects))
        return done.stdout + done.stderr

    def given(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Give the objects as the server has them."""
        found = self.kubectl("get", "--filename=-", "--output=json", given=yaml.safe_dump_all(objects))
        read: dict[str, Any] = json.loads(found)
        return list(read.get("items", [read]))

    def absent(self, manifests: list[dict[str, Any]]) -> list[str]:
        """Name the objects that are not there."""
        words = ("get", "--filename=-", "--ignore-not-found", "--output=json")
        found = json.loads(self.kubectl(*words, given=yaml.safe_dump_all(manifests)) or "{}")
        there = {_title(one) for one in found.get("items", [found])}
        return [_title(one) for one in manifests if _title(one) not in there]

    def define(self, files: list[Path]) -> None:
        """Bring in custom resource definitions, and wait until they are served."""
        self.kubectl("apply", "--server-side", *(f"--filename={file}" for file in files))
        waited(
            lambda: self.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s"),
            "custom resource definitions",
        )

    def stop(self) -> None:
        """End all programs, the first one last."""
        if self.workloads:
            self.workloads.stop()
        for process in reversed(self._processes):
            process.stop()


class Workloads:
    """Says of all workloads, as soon as they are there or changed, that they are ready."""

    def __init__(self, server: str, certificate: Path) -> None:
        import ssl

        self._server = server
        self._trusted = ssl.create_default_context(cafile=str(certificate))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.3):
            try:
                self._report_all()
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING:
                    print(f"status of workloads: {error.read().decode(errors='replace')[:500]}")
            except OSError as error:
                print(f"status of workloads: {error}")

    def _report_all(self) -> None:
        for path, status in (
            ("apis/apps/v1/deployments", _of_deployment),
            ("apis/apps/v1/statefulsets", _of_stateful_set),
            ("apis/apps/v1/daemonsets", _of_daemon_set),
            ("apis/batch/v1/jobs", _of_job),
            ("api/v1/persistentvolumeclaims", _of_claim),
            ("apis/policy/v1/poddisruptionbudgets", _of_disruption_budget),
            ("apis/autoscaling/v2/horizontalpodautoscalers", _of_autoscaler),
            ("apis/postgresql.cnpg.io/v1/clusters", _of_database),
            ("apis/external-secrets.io/v1/externalsecrets", _of_external_secret),
        ):
            for one in self._found(path):
                wanted = status(one)
                if not _has(one.get("status") or {}, wanted):
                    self._report(path, one, wanted)

    def _found(self, path: str) -> list[dict[str, Any]]:
        try:
            return list(self._call(path)["items"])
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:  # not defined, or not yet
                return []
            raise

    def _report(self, path: str, one: dict[str, Any], status: dict[str, Any]) -> None:
        version, _, kind = path.rpartition("/")
        metadata = one["metadata"]
        place = f"{version}/namespaces/{metadata['namespace']}/{kind}/{metadata['name']}/status"
        self._call(place, {"status": status})

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/merge-patch+json"}
        content = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "PATCH"
        request = urllib.request.Request(f"{self._server}/{path}", content, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10, context=self._trusted) as answer:  # noqa: S310
            return json.load(answer)


def _title(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _has(status: dict[str, Any], wanted: dict[str, Any]) -> bool:
    plain = {key: value for key, value in wanted.items() if not isinstance(value, list)}
    return plain == {key: status.get(key) for key in plain} and ("conditions" in status or "conditions" not in wanted)


def _condition(kind: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": _TIME}


def _of_deployment(one: dict[str, Any]) -> dict[str, Any]:
    count = one["spec"].get("replicas", 1)
    numbers = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), count)
    conditions = [
        _condition("Available", "MinimumReplicasAvailable"),
        _condition("Progressing", "NewReplicaSetAvailable"),
    ]
    return {"observedGeneration": one["metadata"]["generation"], **numbers, "conditions": conditions}


def _of_stateful_set(one: dict[str, Any]) -> dict[str, Any]:
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "currentReplicas")
    numbers = dict.fromkeys(names, one["spec"].get("replicas", 1))
    revision = f"r{one['metadata']['generation']}"
    return {
        "observedGeneration": one["metadata"]["generation"],
        **numbers,
        "currentRevision": revision,
        "updateRevision": revision,
    }


def _of_daemon_set(one: dict[str, Any]) -> dict[str, Any]:
    scheduled = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
    numbers = dict.fromkeys((*scheduled, "numberAvailable", "numberReady"), 1)
    return {"observedGeneration": one["metadata"]["generation"], **numbers, "numberMisscheduled": 0}


def _of_job(_: dict[str, Any]) -> dict[str, Any]:
    conditions = [_condition("SuccessCriteriaMet", "CompletionsReached"), _condition("Complete", "CompletionsReached")]
    return {"startTime": _TIME, "completionTime": _TIME, "succeeded": 1, "conditions": conditions}


def _of_database(_: dict[str, Any]) -> dict[str, Any]:
    return {
        "phase": "Cluster in healthy state",
        "phaseReason": "",
        "conditions": [_condition("Ready", "ClusterIsReady")],
    }


def _of_disruption_budget(_: dict[str, Any]) -> dict[str, Any]:
    numbers = dict.fromkeys(("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"), 1)
    return {**numbers, "conditions": [_condition("DisruptionAllowed", "SufficientPods")]}


def _of_autoscaler(_: dict[str, Any]) -> dict[str, Any]:
    conditions = [_condition("AbleToScale", "SucceededGetScale")]
    return {"currentReplicas": 1, "desiredReplicas": 1, "conditions": conditions}


def _of_external_secret(_: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": [_condition("Ready", "SecretSynced")]}


def _of_claim(_: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "Bound"}
