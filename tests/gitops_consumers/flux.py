"""Flux's kustomize-controller, and the part of its source-controller that it waits for.

source-controller fetches a repository and tells by the source's status where the archive of it is. It cannot be built
from the Go module proxy, so the status is written here; the source itself is the one of gitops/.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.gitops_consumers.processes import Process, free_port, waited

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gitops_consumers.control_plane import ControlPlane
    from tests.gitops_consumers.repository import Repository

NAMESPACE = "flux-system"
_TIME = "2026-01-01T00:00:00Z"


class Flux:
    """The controller, and what it is given."""

    def __init__(self, program: Path, plane: ControlPlane, folder: Path) -> None:
        self.plane, self._folder = plane, folder
        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), partial(_Quiet, directory=str(folder)))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        options = (
            "--metrics-addr=0",
            f"--health-addr=127.0.0.1:{free_port()}",
            "--requeue-dependency=2s",
            "--interval-jitter-percentage=0",
        )
        environment = {"RUNTIME_NAMESPACE": NAMESPACE, "KUBECONFIG": str(plane.kubeconfig), "TMPDIR": str(folder)}
        plane.kubectl("create", "namespace", NAMESPACE)
        self._process = Process([program, *options], folder, environment)

    def stop(self) -> None:
        self._process.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fetch(self, repository: Repository, environment: str) -> str:
        """Do what source-controller does when it sees a commit; give the revision."""
        revision = f"main@sha1:{repository.head}"
        file = self._folder / f"{repository.head}.tar.gz"
        repository.archive(file, f"gitops/{environment}")
        url = f"http://127.0.0.1:{self._server.server_port}/{file.name}"
        digest = f"sha256:{sha256(file.read_bytes()).hexdigest()}"
        self.tell("gitrepository", {"url": url, "digest": digest, "revision": revision})
        return revision

    def tell(self, kind: str, artifact: dict[str, str]) -> None:
        """Write the status of a source."""
        status = {"status": {"artifact": {"path": "any", "lastUpdateTime": _TIME, **artifact}}}
        words = ("--namespace", NAMESPACE, "--subresource=status", "--type=merge", "--patch", json.dumps(status))
        self.plane.kubectl("patch", kind, "gitops", *words)

    def kustomization(self, name: str) -> dict[str, Any]:
        self._process.check()
        found: dict[str, Any] = self.plane.get("kustomizations.kustomize.toolkit.fluxcd.io", name, "-n", NAMESPACE)
        return found

    def ready(self, name: str) -> dict[str, Any]:
        """Give the condition Ready, and the revision that it is about."""
        status = self.kustomization(name).get("status", {})
        condition: dict[str, Any] = next((one for one in status.get("conditions", ()) if one["type"] == "Ready"), {})
        return {
            **condition,
            "applied": status.get("lastAppliedRevision"),
            "attempted": status.get("lastAttemptedRevision"),
        }

    def wait_applied(self, revision: str, *names: str, seconds: float = 240) -> None:
        """Wait until these are ready at a revision."""
        for name in names:
            try:
                waited(partial(self._is_applied, name, revision), f"{name} at {revision}", seconds)
            except AssertionError as error:
                raise AssertionError(f"{error}: {json.dumps(self.kustomization(name).get('status'))}") from None

    def _is_applied(self, name: str, revision: str) -> bool:
        found = self.ready(name)
        if found.get("status") == "False" and found["attempted"] == revision:
            raise AssertionError(f"{name}: {found['reason']}: {found['message']}")
        return found.get("status") == "True" and found["applied"] == revision

    def failure(self, name: str, revision: str) -> dict[str, Any] | None:
        """Give the condition Ready if it says that a revision could not be applied."""
        found = self.ready(name)
        return found if found.get("status") == "False" and found["attempted"] == revision else None

    def ask(self, name: str, when: str) -> None:
        """Ask for a reconciliation now, as `flux reconcile` does; wait until it is done."""
        words = ("-n", NAMESPACE, "--overwrite", f"reconcile.fluxcd.io/requestedAt={when}")
        self.plane.kubectl("annotate", "kustomizations.kustomize.toolkit.fluxcd.io", name, *words)
        waited(lambda: self.kustomization(name)["status"].get("lastHandledReconcileAt") == when, f"{name} asked {when}")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Leave the output to the tests."""
