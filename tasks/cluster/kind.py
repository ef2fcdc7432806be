"""The kind cluster itself: made, looked at, deleted.

It lies where pytest-kind looks for one (`.pytest-kind/<name>/kubeconfig`), so that tests and people share it.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.cluster import node_image
from tasks.cluster.errors import ClusterError
from tasks.cluster.parts import CLUSTER
from tasks.cluster.processes import run
from tasks.cluster.programs import of_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

NAME = "imbricate"
FOLDER = Path(".pytest-kind") / NAME
KUBECONFIG = FOLDER / "kubeconfig"
# kind v0.30's image of Kubernetes 1.34: https://github.com/kubernetes-sigs/kind/releases/tag/v0.30.0
PUBLISHED = "docker.io/kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a"
NETWORK = "kind"
_LABEL = "io.x-k8s.kind.cluster"
_WEB = {80: 8080, 443: 8443}
_PATCHES = "/imbricate/control-plane"
# Merged into what kubeadm asks for by itself: 0.9 CPUs, where all systems of dev need 1.2 of the 2 that there may be.
_KUBEADM = f"  kubeadmConfigPatches:\n  - |\n    kind: InitConfiguration\n    patches: {{directory: {_PATCHES}}}\n"


class Programs(NamedTuple):
    """Where kind and kubectl are."""

    kind: Path
    kubectl: Path


def programs(show: Callable[[str], None]) -> Programs:
    """Find kind and kubectl on PATH, or build them from their Go modules."""
    kind, kubectl = shutil.which("kind"), shutil.which("kubectl")
    if kind and kubectl:
        return Programs(Path(kind), Path(kubectl))
    built = of_nodes().had(show)
    return Programs(built / "kind", built / "kubectl")


def choose_node_image(client: DockerClient, asked: str, show: Callable[[str], None]) -> str:
    """Give the image of the nodes: the one asked for, the one built here, the published one, or one built now."""
    import docker  # noqa: PLC0415 - 0.15 s, and only for what needs the engine

    if asked:
        return asked
    for reference in (node_image.reference(), PUBLISHED):
        if client.api.images(name=reference.partition("@")[0]):
            return reference
    try:
        client.images.pull(PUBLISHED)
    except docker.errors.APIError:
        show("the published node image cannot be pulled here: building one")
        node_image.build(show)
        return node_image.reference()
    return PUBLISHED


def create(client: DockerClient, asked: str, nodes: int, show: Callable[[str], None]) -> None:
    """Make the cluster, unless it is there. Raises ClusterError."""
    found = programs(show)
    if not nodes_of(client):
        image = choose_node_image(client, asked, show)
        FOLDER.mkdir(parents=True, exist_ok=True)
        config = FOLDER / "kind.yaml"
        config.write_text(_config(nodes))
        show(f"{nodes} node{'' if nodes == 1 else 's'} of {image}")
        command = ["create", "cluster", "--name", NAME, "--image", image, "--config", str(config), "--wait", "180s"]
        run([found.kind, *command, "--kubeconfig", KUBECONFIG])
    if not KUBECONFIG.is_file():
        KUBECONFIG.write_text(run([found.kind, "get", "kubeconfig", "--name", NAME]))


def _config(nodes: int) -> str:
    """Write kind's configuration; web ports of the first node are this machine's 8080 and 8443.

    The parts of the control plane ask for less CPU than they do by themselves: cluster/control-plane.
    """
    ports = "".join(
        f"  - {{containerPort: {inside}, hostPort: {outside}, listenAddress: 127.0.0.1}}\n"
        for inside, outside in _WEB.items()
    )
    patches = json.dumps(str((CLUSTER / "control-plane").absolute()))  # a JSON string is a YAML one
    mount = f"  - {{hostPath: {patches}, containerPath: {_PATCHES}, readOnly: true}}\n"
    workers = "- role: worker\n" * (nodes - 1)
    head = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n"
    return f"{head}  extraPortMappings:\n{ports}  extraMounts:\n{mount}{_KUBEADM}{workers}"


def delete(show: Callable[[str], None]) -> None:
    """Delete the cluster and all that is in it."""
    run([programs(show).kind, "delete", "cluster", "--name", NAME, "--kubeconfig", KUBECONFIG])
    shutil.rmtree(FOLDER, ignore_errors=True)
    with suppress(OSError):  # another cluster's files are beside ours
        FOLDER.parent.rmdir()


def delete_network(client: DockerClient) -> None:
    """Delete the network that kind made and leaves behind, unless another cluster of kind's is there."""
    if not client.containers.list(all=True, filters={"label": _LABEL}):
        for network in client.networks.list(names=[f"^{NETWORK}$"]):
            network.remove()


def nodes_of(client: DockerClient) -> list[Container]:
    """Give the containers that are the cluster's nodes, by name; none if there is no cluster."""
    found = client.containers.list(all=True, filters={"label": f"{_LABEL}={NAME}"})
    return sorted(found, key=lambda container: str(container.name))


def check_reachable(client: DockerClient) -> None:
    """Raise ClusterError where no cluster of ours runs."""
    if not nodes_of(client):
        raise ClusterError("there is no cluster: run `doit cluster_up`")
