"""The pods of a unit: those of its workloads, and those that operators make of other objects."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tasks.networks.layers import labels_of
from tasks.networks.ports import ContainerPort
from tasks.networks.semantics import Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.networks.layers import Dependencies

Manifest = dict[str, Any]
NAMESPACE = "kubernetes.io/metadata.name"
_TEMPLATES = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Rollout": ("spec", "template"),  # of Argo Rollouts
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


_MAKERS = {  # objects that operators make pods of: API group and kind
    ("monitoring.coreos.com", "Alertmanager"),
    ("monitoring.coreos.com", "Prometheus"),
    ("opentelemetry.io", "OpenTelemetryCollector"),
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Pooler"),
}


def is_maker(manifest: Manifest) -> bool:
    """Tell whether an operator makes pods of an object; only of kinds that are known here."""
    return (str(manifest.get("apiVersion", "")).partition("/")[0], manifest.get("kind")) in _MAKERS


def templates_of(manifests: Iterable[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Give each workload that has a template of pods, with it. A Rollout may refer to a Deployment instead."""
    for manifest in manifests:
        path = _TEMPLATES.get(manifest.get("kind", ""))
        if path is None:
            continue
        template: Any = manifest
        for part in path:
            template = (template or {}).get(part)
        if template:
            yield manifest, template


def template_path(manifest: Manifest) -> tuple[str, ...]:
    """Give where the template of a workload stands."""
    return _TEMPLATES[manifest["kind"]]


def pods_of(manifests: list[Manifest], dependencies: Dependencies) -> list[Pod]:
    """Give the pods of a unit, one for each workload; pods on the host's network are left out: no policy is theirs."""
    namespaces = namespaces_of(manifests)
    found = [
        pod_of(one, template, namespaces(namespace(one)))
        for one, template in templates_of(manifests)
        if not is_on_host(template)
    ]
    for name, service in dependencies.services.items():
        maker = maker_of(service.made_by, manifests)
        if maker:
            place = namespace(maker)
            labels = labels_of(name, service)
            found.append(Pod(title(maker), place, labels, namespaces(place), service.ports))
    return found


def maker_of(made_by: str, manifests: Iterable[Manifest]) -> Manifest | None:
    """Find the object that an operator makes pods of, the first that fits: `Ingress/*` is any Ingress."""
    return next((one for one in manifests if made_by and fnmatchcase(title(one), made_by)), None)


def pod_of(manifest: Manifest, template: Manifest, namespace_labels: Mapping[str, str]) -> Pod:
    """Give the pod that a workload makes of its template."""
    return Pod(title(manifest), namespace(manifest), _labels(template), namespace_labels, _ports(template))


class namespaces_of:  # noqa: N801 - called like a function
    """Gives the labels of a namespace: those that the unit gives it, and the one that the API server sets."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        """Take all objects of the unit."""
        self._labels = {
            one["metadata"]["name"]: one["metadata"].get("labels") or {}
            for one in manifests
            if one.get("kind") == "Namespace"
        }

    def __call__(self, name: str) -> Mapping[str, str]:
        """Give the labels."""
        return {**self._labels.get(name, {}), NAMESPACE: name}


def title(manifest: Manifest) -> str:
    """Give kind and name of an object."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def namespace(manifest: Manifest) -> str:
    """Give the namespace of an object."""
    return str(manifest["metadata"].get("namespace") or "default")


def is_on_host(template: Manifest) -> bool:
    """Tell whether pods use the network of their node."""
    return bool((template.get("spec") or {}).get("hostNetwork"))


def _labels(template: Manifest) -> dict[str, str]:
    return (template.get("metadata") or {}).get("labels") or {}


def _ports(template: Manifest) -> tuple[ContainerPort, ...]:
    """Give the ports of containers, those of sidecars (init containers that go on) among them."""
    spec = template.get("spec") or {}
    sidecars = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    return tuple(
        ContainerPort(port["containerPort"], port.get("protocol") or "TCP", port.get("name") or "")
        for container in (*(spec.get("containers") or ()), *sidecars)
        for port in container.get("ports") or ()
    )
