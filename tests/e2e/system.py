"""A deployed system: its workloads, a way to each Service, and disturbances."""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.images.containers import Answer, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_kind import KindCluster

    from tasks.connection import Connection, Manifest

_PAUSE = 0.5


@dataclass(frozen=True)
class Door:
    """A forwarded port of a Service."""

    port: int

    def get(self, path: str, **options: Any) -> Answer:
        return request("GET", f"http://127.0.0.1:{self.port}{path}", **options)

    def send(self, method: str, path: str, content: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send JSON."""
        body = None if content is None else json.dumps(content).encode()
        given = {"content-type": "application/json", **(headers or {})}
        return request(method, f"http://127.0.0.1:{self.port}{path}", body=body, headers=given, timeout=30)


@dataclass(frozen=True)
class System:
    """One system in its namespace."""

    name: str
    namespace: str
    manifests: list[Manifest]
    connection: Connection
    cluster: KindCluster

    def kubectl(self, *words: str) -> str:
        return str(self.cluster.kubectl("-n", self.namespace, *words))

    @contextmanager
    def door(self, service: str, port: int) -> Iterator[Door]:
        """Open a way from this machine to a Service's port."""
        with self.forwarded(f"service/{service}", port) as door:
            yield door

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[Door]:
        """Open a way from this machine to a port of a Service or a pod, `pod/web-0`, at a port that kubectl chooses.

        pytest-kind's own way starts ten processes and ends one.
        """
        command = [str(self.cluster.kubectl_path), f"--kubeconfig={self.cluster.kubeconfig_path}", "port-forward"]
        command += ["-n", self.namespace, target, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarding:
            try:
                said = forwarding.stdout.readline() if forwarding.stdout else ""
                found = re.search(r"127\.0\.0\.1:(\d+)", said)
                assert found, f"kubectl port-forward {target}: {said!r}"
                yield Door(int(found[1]))
            finally:
                forwarding.terminate()

    def pods(self, label: str) -> list[Manifest]:
        """Give the pods with a label, `app=web`, that are not on their way out."""
        key, _, value = label.partition("=")
        found = self.connection.list("v1", "Pod", self.namespace)
        alive = [one for one in found if not one["metadata"].get("deletionTimestamp")]
        return [one for one in alive if (one["metadata"].get("labels") or {}).get(key) == value]

    def kill(self, pod: Manifest) -> None:
        """Delete a pod without giving it time."""
        self.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force", "--wait=false")

    def rolled_out(self, workload: str, seconds: float = 120) -> float:
        """Wait until a workload, `deployment/web`, is ready; give the seconds that it took."""
        began = time.monotonic()
        self.kubectl("rollout", "status", workload, f"--timeout={seconds:.0f}s")
        return time.monotonic() - began

    def secret(self, name: str, key: str) -> str:
        """Give a value of a Secret."""
        import base64

        found = self.connection.get(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": self.namespace}}
        )
        assert found, f"there is no Secret {name}"
        return base64.b64decode(found["data"][key]).decode()


def eventually(check: Callable[[], Any], seconds: float, what: str) -> float:
    """Wait until a check gives something true; give the seconds that it took. Fails with the last thing it gave."""
    began = time.monotonic()
    last: Any = None
    while time.monotonic() - began < seconds:
        try:
            last = check()
        except (OSError, AssertionError) as error:
            last = error
        else:
            if last:
                return time.monotonic() - began
        time.sleep(_PAUSE)
    msg = f"{what} did not come about within {seconds} s; last: {last!r}"
    raise AssertionError(msg)
