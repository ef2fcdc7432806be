"""Containers for contract tests: started as the manifests run them, reached by a published port, stopped for good."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network

_PAUSE = 0.1


@dataclass
class Answer:
    """A response: status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Running:
    """A started container."""

    container: Container
    ports: dict[int, int] = field(default_factory=dict)

    def url(self, port: int, path: str = "") -> str:
        """Give the address under which this machine reaches a port of the container."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def get(self, port: int, path: str, headers: Mapping[str, str] | None = None, timeout: float = 10) -> Answer:
        return request("GET", self.url(port, path), headers=headers, timeout=timeout)

    def wait(self, port: int, path: str, status: int = 200, seconds: float = 30) -> Answer:
        """Ask until an answer has this status. Fails with the last answer and the container's logs."""
        last: Any = None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                last = self.get(port, path)
                if last.status == status:
                    return last
            except (OSError, http.client.HTTPException) as error:
                last = error
            time.sleep(_PAUSE)
        msg = f"{path} did not answer {status} within {seconds} s; last: {last}\n{self.logs()}"
        raise AssertionError(msg)

    def logs(self) -> str:
        return self.container.logs().decode(errors="replace")

    def execute(self, command: Sequence[str], **options: Any) -> tuple[int, str]:
        """Run a command in the container; give its exit status and what it printed."""
        code, output = self.container.exec_run(list(command), **options)
        return code, output.decode(errors="replace")

    def stop(self, seconds: int = 30) -> int:
        """Send SIGTERM, wait, kill after so many seconds; give the exit status."""
        self.container.stop(timeout=seconds)
        return self.exit_status()

    def exit_status(self, seconds: int = 30) -> int:
        """Wait for the end of the container; give its exit status."""
        return int(self.container.wait(timeout=seconds)["StatusCode"])

    def disconnect(self, network: Network) -> None:
        """Take it off the network, as if its node were gone."""
        network.disconnect(self.container)


def request(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10,
) -> Answer:
    """Send a request; an error status is an answer like any other."""
    asked = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310 - http
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as response:  # noqa: S310 - as above
            return Answer(response.status, _lower(response.headers), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, _lower(error.headers), error.read())


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def start(  # noqa: PLR0913 - what a container is started with
    client: DockerClient,
    image: str,
    *,
    name: str,
    environment: Mapping[str, str] | None = None,
    ports: Sequence[int] = (),
    network: Network | None = None,
    aliases: Sequence[str] = (),
    hardened: bool = True,
    **options: Any,
) -> Running:
    """Start a container; `hardened` as the restricted pod security standard and our manifests have it.

    `options` are those of the SDK's `containers.run` and go before ours.
    """
    strict = {
        "read_only": True,
        "tmpfs": {"/tmp": ""},  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }
    attached = {"network": network.name, "networking_config": _names(client, network, aliases)} if network else {}
    container = client.containers.run(
        image,
        **({**(strict if hardened else {}), **attached, **options}),
        name=name,
        environment=dict(environment or {}),
        ports={f"{port}/tcp": ("127.0.0.1", None) for port in ports},
        detach=True,
    )
    container.reload()
    return Running(container, _published(container))


def _names(client: DockerClient, network: Network, aliases: Sequence[str]) -> Any:
    return {network.name: client.api.create_endpoint_config(aliases=list(aliases))}


def _published(container: Container) -> dict[int, int]:
    bound = container.attrs["NetworkSettings"]["Ports"] or {}
    return {int(port.partition("/")[0]): int(found[0]["HostPort"]) for port, found in bound.items() if found}
