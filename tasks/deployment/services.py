"""Whether the Services of a deployment reach their pods: a pod may be ready, and its Service lead to another port."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.deployment.errors import NotReadyError, Reason, Unready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tasks.connection import Connection, Manifest

_SECONDS = 15.0  # a pod that has just become ready is not in its Service yet
_PAUSE = 1.0
_SLICES = "discovery.k8s.io/v1"
_OWNER = "kubernetes.io/service-name"

Address = tuple[str, int]


class Nodes(NamedTuple):
    """What is asked beside the API.

    `refused` gives those of some addresses that take no connection; `plays` tells whether what runs under the name of
    an image has a port at all: a stand-in may have fewer than what it stands for.
    """

    refused: Callable[[Iterable[Address]], set[Address]]
    plays: Callable[[str, int], bool]


class _Way(NamedTuple):
    """A port of a Service and what is wrong with it, as far as the API tells; else the address that it leads to."""

    position: int
    address: Address | None
    pod: str = ""
    wrong: str = ""


def check(connection: Connection, manifests: Sequence[Manifest], nodes: Nodes) -> None:
    """Wait until each Service leads to something that takes connections. Raises NotReadyError."""
    end = time.monotonic() + _SECONDS
    pending = [one for one in manifests if one["kind"] == "Service" and _leads_somewhere(one, manifests)]
    while pending:
        found = [(one, _reasons(connection, one, nodes)) for one in pending]
        wrong = [(one, reasons) for one, reasons in found if reasons]
        pending = [one for one, _ in wrong]
        if wrong and time.monotonic() > end:
            raise NotReadyError([Unready(_head(one), one, reasons) for one, reasons in wrong])
        if pending:
            time.sleep(_PAUSE)


def _head(service: Manifest) -> str:
    return f"Service/{service['metadata']['name']} does not reach its pods"


def _leads_somewhere(service: Manifest, manifests: Sequence[Manifest]) -> bool:
    """Tell whether a Service is for pods, and they are not meant to be none."""
    selector = service["spec"].get("selector")
    if not selector:
        return False
    none = [
        one for one in manifests if one["kind"] in {"Deployment", "StatefulSet"} and one["spec"].get("replicas") == 0
    ]
    return not any(selector.items() <= one["spec"]["template"]["metadata"]["labels"].items() for one in none)


def _reasons(connection: Connection, service: Manifest, nodes: Nodes) -> tuple[Reason, ...]:
    metadata, spec = service["metadata"], service["spec"]
    slices = [
        one
        for one in connection.list(_SLICES, "EndpointSlice", metadata.get("namespace", "default"))
        if (one["metadata"].get("labels") or {}).get(_OWNER) == metadata["name"]
    ]
    if not any(one.get("endpoints") for one in slices):
        labels = ", ".join(f"{key}={value}" for key, value in spec["selector"].items())
        return (Reason(f"no pod that is ready has {labels}", ("spec", "selector")),)
    ways = [
        _way(position, port, slices) for position, port in enumerate(spec["ports"]) if port.get("protocol") != "UDP"
    ]
    closed = nodes.refused({one.address for one in ways if one.address})
    bad = [
        one
        for one in ways
        if one.address is None or (one.address in closed and _is_meant(connection, service, one, nodes))
    ]
    return tuple(_reason(one, spec["ports"][one.position]) for one in bad)


def _is_meant(connection: Connection, service: Manifest, way: _Way, nodes: Nodes) -> bool:
    """Tell whether a closed port should be open."""
    where = {"name": way.pod, "namespace": service["metadata"].get("namespace", "default")}
    pod = connection.get({"apiVersion": "v1", "kind": "Pod", "metadata": where})
    number = way.address[1] if way.address else 0
    for container in pod["spec"]["containers"] if pod else ():
        if number in [one["containerPort"] for one in container.get("ports") or ()]:
            return nodes.plays(container["image"], number)
    return True


def _way(position: int, port: dict[str, Any], slices: Iterable[Manifest]) -> _Way:
    """Follow a port to the first ready pod behind it."""
    name = port.get("name", "")
    for one in slices:
        number = next((each["port"] for each in one.get("ports") or () if each.get("name", "") == name), 0)
        for endpoint in one.get("endpoints") or ():
            if number and (endpoint.get("conditions") or {}).get("ready", True):
                pod = (endpoint.get("targetRef") or {}).get("name", "")
                return _Way(position, (endpoint["addresses"][0], number), pod)
    return _Way(position, None, wrong=f"no pod that is ready has a port {port.get('targetPort', port['port'])}")


def _reason(way: _Way, port: dict[str, Any]) -> Reason:
    target = "targetPort" if "targetPort" in port else "port"
    path = ("spec", "ports", way.position, target)
    if way.address is None:
        return Reason(f"port {port['port']}: {way.wrong}", path)
    return Reason(f"port {port['port']}: {way.pod} takes no connection on {way.address[1]}", path)
