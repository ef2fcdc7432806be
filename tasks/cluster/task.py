"""`doit cluster_up`, `cluster_down`, `cluster_status`, `node_image`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskFailed

from tasks.arguments import checked
from tasks.cluster.errors import ClusterError
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

# What our manifests, add-ons and their pods ask for; each is looked for in the registry beside the cluster first.
MIRRORED = ("docker.io", "registry.example.com", "imbricate.local")
_NODES = ("1", "3")


def task_cluster_up() -> dict[str, Any]:
    """Start a kind cluster with registry, ingress and metrics (nodes=1|3, node_image=REFERENCE)."""
    given = checked()
    if given.get("nodes", _NODES[0]) not in _NODES:
        raise InvalidTask(f"nodes={given['nodes']}: expected {' or '.join(_NODES)}")
    nodes = int(given.get("nodes", _NODES[0]))
    return {"actions": [(_guarded, [partial(up, given.get("node_image", ""), nodes)])], "verbosity": 2}


def task_cluster_down() -> dict[str, Any]:
    """Delete the kind cluster and the registry beside it."""
    return {"actions": [(_guarded, [_down])], "verbosity": 2}


def task_cluster_status() -> dict[str, Any]:
    """Tell whether the cluster runs, and what of it."""
    return {"actions": [(_guarded, [_status])], "verbosity": 2}


def task_node_image() -> dict[str, Any]:
    """Build the image of kind's nodes from Go modules and Debian packages, where no registry is at hand."""
    return {"actions": [(_guarded, [_node_image])], "verbosity": 2}


def _guarded(action: Callable[[], None]) -> TaskFailed | None:
    from docker.errors import DockerException  # noqa: PLC0415 - `doit list` needs no Docker

    try:
        action()
    except (ClusterError, ImageError) as error:
        return TaskFailed(str(error))
    except DockerException as error:
        return TaskFailed(f"Docker: {getattr(error, 'explanation', None) or error}")
    return None


def up(node_image: str, nodes: int) -> None:
    """Have a cluster with its registry and add-ons run. Raises ClusterError, ImageError."""
    from tasks.cluster import addons, kind, registry  # noqa: PLC0415 - as above
    from tasks.images.engine import connect  # noqa: PLC0415

    client = connect()
    kind.create(client, node_image, nodes, _show)
    registry.start(client, kind.FOLDER, _show)
    registry.tell_nodes(kind.nodes_of(client), MIRRORED)
    for addon in addons.ADDONS:
        addons.install(client, addon, _show)
    _show(f"export KUBECONFIG={kind.KUBECONFIG.absolute()}")


def _down() -> None:
    from tasks.cluster import kind, registry  # noqa: PLC0415 - as above
    from tasks.images.engine import connect  # noqa: PLC0415

    client = connect()
    kind.delete(_show)
    had_registry = registry.stop(client)
    kind.delete_network(client)
    _show("cluster and registry are gone" if had_registry else "the cluster is gone")


def _status() -> None:
    from tasks.cluster import kind  # noqa: PLC0415 - as above
    from tasks.cluster.processes import run  # noqa: PLC0415
    from tasks.images.engine import connect  # noqa: PLC0415

    kind.check_reachable(connect())
    kubectl = kind.programs(_show).kubectl
    for words in (["get", "nodes"], ["get", "pods", "--all-namespaces"]):
        print(run([kubectl, "--kubeconfig", kind.KUBECONFIG, *words]).rstrip())


def _node_image() -> None:
    from tasks.cluster import node_image  # noqa: PLC0415 - as above
    from tasks.images.engine import connect, references  # noqa: PLC0415

    if node_image.reference() in references(connect()):
        _show(f"{node_image.reference()} is in the engine")
    else:
        node_image.build(_show)


def _show(line: str) -> None:
    print(line, flush=True)
