"""The registry beside the cluster: a container on kind's network, pushed to from this machine, pulled from by nodes.

Nodes ask it for whatever they would ask the registries of MIRRORED for, so that what was rendered runs as it is, by the
digests that it names; what it does not have, they ask the real registry for.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from tasks.cluster.errors import ClusterError
from tasks.cluster.kind import NETWORK
from tasks.cluster.program_images import ProgramImage, assembled
from tasks.cluster.programs import of_addon
from tasks.images.archive import load
from tasks.images.engine import references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

NAME = "imbricate-registry"
PORT = 5001
HOST = f"localhost:{PORT}"
_INSIDE = 5000
_IMAGE = "imbricate.local/registry:1"
_SECONDS = 20
_CONFIG = f"""\
version: 0.1
storage: {{filesystem: {{rootdirectory: /data}}, delete: {{enabled: true}}}}
http: {{addr: ":{_INSIDE}"}}
"""


def start(client: DockerClient, folder: Path, show: Callable[[str], None]) -> None:
    """Start the registry, unless it runs, and wait until it answers. Raises ClusterError."""
    container = _found(client)
    if container is None:
        container = _started(client, folder, show)
    elif container.status != "running":
        container.start()
    _wait(container)


def _found(client: DockerClient) -> Container | None:
    import docker  # noqa: PLC0415 - 0.15 s, and only for what needs the engine

    try:
        return client.containers.get(NAME)
    except docker.errors.NotFound:
        return None


def _started(client: DockerClient, folder: Path, show: Callable[[str], None]) -> Container:
    program = of_addon("registry").had(show) / "registry"
    config = folder / "registry.yaml"
    config.write_text(_CONFIG)
    files = ((program, "/registry"), (config, "/registry.yaml"))
    with assembled(ProgramImage(_IMAGE, (files,), ("/registry", "serve", "/registry.yaml"))) as image:
        load(client, image, [_IMAGE])
    return client.containers.run(
        _IMAGE,
        name=NAME,
        network=NETWORK,
        ports={f"{_INSIDE}/tcp": ("127.0.0.1", PORT)},
        volumes={f"{NAME}-data": {"bind": "/data"}},
        restart_policy={"Name": "always"},
        detach=True,
    )


def _wait(container: Container) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://{HOST}/v2/", timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    logs = container.logs(tail=10).decode(errors="replace")
    raise ClusterError(f"the registry does not answer on {HOST}: {logs}")


def tell_nodes(nodes: Iterable[Container], mirrored: Iterable[str]) -> None:
    """Tell each node that these registries are to be looked for here first; containerd reads it at each pull."""
    for node in nodes:
        for registry in mirrored:
            folder = f"/etc/containerd/certs.d/{registry}"
            text = f'[host."http://{NAME}:{_INSIDE}"]\n'
            _execute(node, ["mkdir", "-p", folder])
            _execute(node, ["bash", "-c", 'printf "%s" "$1" > "$2"', "-", text, f"{folder}/hosts.toml"])


def _execute(node: Container, command: list[str]) -> None:
    done = node.exec_run(command)
    if done.exit_code:
        shown = done.output.decode(errors="replace").strip() if isinstance(done.output, bytes) else ""
        raise ClusterError(f"{node.name}: {' '.join(command)} failed: {shown}")


def stop(client: DockerClient) -> bool:
    """Remove the registry, what it holds, and the names that images have for it; tell whether there was one."""
    for reference in references(client):
        if reference.startswith(f"{HOST}/"):
            client.images.remove(reference, noprune=True)
    container = _found(client)
    if container is None:
        return False
    container.remove(force=True)
    client.volumes.get(f"{NAME}-data").remove()
    return True
