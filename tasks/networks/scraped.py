"""What Prometheus is told to ask, and may not: the targets of ServiceMonitors and PodMonitors of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.networks.findings import Finding
from tasks.networks.pods import namespace
from tasks.networks.ports import Port, PortSet, numbers_of
from tasks.networks.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.networks.declared import Declared
    from tasks.networks.semantics import Pod

Manifest = dict[str, Any]
_ENDPOINTS = {"PodMonitor": "podMetricsEndpoints", "ServiceMonitor": "endpoints"}


def unreached(objects: list[Manifest], pods: list[Pod], declared: Declared) -> Iterator[Finding]:
    """Find targets that nobody outside may call on the port that a monitor names."""
    services = [one for one in objects if one.get("kind") == "Service"]
    for monitor in objects:
        field = _ENDPOINTS.get(monitor.get("kind", ""))
        spec = monitor.get("spec") or {}
        if field is None or spec.get("namespaceSelector"):
            continue
        selector = spec.get("selector") or {}
        for index, endpoint in enumerate(spec.get(field) or ()):
            for pod, ports in _targets(monitor, selector, str(endpoint.get("port")), pods, services):
                missing = ports - declared.ports_for_outside(pod)
                if missing:
                    message = f"Prometheus asks {pod.title} on {missing}, on which nobody outside may call it"
                    fix = f"declare it in {declared.file_of(pod)}: called_by: {{monitoring: [{endpoint.get('port')}]}}"
                    yield Finding(message, monitor, ("spec", field, index), "", fix)


def _targets(  # what a monitor says, and where it looks
    monitor: Manifest, selector: Manifest, port: str, pods: list[Pod], services: list[Manifest]
) -> Iterator[tuple[Pod, PortSet]]:
    near = [pod for pod in pods if pod.namespace == namespace(monitor)]
    if monitor["kind"] == "PodMonitor":
        yield from ((pod, numbers_of(Port(port), pod.ports)) for pod in near if selects(selector, pod.labels))
        return
    for service in services:
        wanted = service["spec"].get("selector")
        if namespace(service) != namespace(monitor) or not wanted:
            continue
        if not selects(selector, service["metadata"].get("labels") or {}):
            continue
        for one in (one for one in service["spec"].get("ports") or () if one.get("name") == port):
            target = Port(one.get("targetPort", one["port"]), one.get("protocol") or "TCP")
            yield from ((pod, numbers_of(target, pod.ports)) for pod in near if wanted.items() <= pod.labels.items())
