"""What an API server warns about: deprecated versions, labels and annotations, and what it will ignore.

After the warnings that Kubernetes 1.34 gives for pods, Services, Ingresses, volumes and claims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.checks.findings import Problem
from tasks.checks.objects import elements, field, mapping
from tasks.checks.quantities import quantity
from tasks.checks.registry import unit_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest, Path
    from tasks.checks.objects import Objects, Pod
    from tasks.checks.subject import Subject

_NODE_LABELS = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
_ANNOTATIONS = {
    "kubernetes.io/ingress.class": "spec.ingressClassName",
    "service.kubernetes.io/topology-aware-hints": "the annotation service.kubernetes.io/topology-mode",
    "volume.beta.kubernetes.io/storage-class": "spec.storageClassName",
    "volume.beta.kubernetes.io/mount-options": "spec.mountOptions",
}
_POD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": "priorityClassName",
    "security.alpha.kubernetes.io/sysctls": "securityContext.sysctls",
    "security.alpha.kubernetes.io/unsafe-sysctls": "securityContext.sysctls",
    "seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
}
_POD_PREFIXES = {
    "container.seccomp.security.alpha.kubernetes.io/": "securityContext.seccompProfile of the container",
    "container.apparmor.security.beta.kubernetes.io/": "securityContext.appArmorProfile of the container",
}
_VOLUMES = (
    "cephfs",
    "flocker",
    "gitRepo",
    "glusterfs",
    "photonPersistentDisk",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
)
_VERSIONS = {
    ("v1", "Endpoints"): "EndpointSlice in discovery.k8s.io/v1",
    ("v1", "ComponentStatus"): "the health endpoints of the API server",
}
_FRACTIONAL = ("memory", "ephemeral-storage")


@unit_rule("deprecated", "Schemas", fix="use what has taken its place")
def deprecated(subject: Subject) -> Iterator[Problem]:
    """No object has anything that Kubernetes would warn about.

    A warning of today is what stops working with one of the next versions; some say that a field does nothing.
    """
    for manifest in subject.manifests:
        yield from _of_object(manifest)
    for pod in subject.objects.pods:
        for check in (_metadata, _nodes, _volumes, _containers, _twice, _selectors):
            yield from check(pod)
    yield from _services(subject.objects)


def _instead(old: str, new: str) -> str:
    return f"{old} is deprecated; {new} is used instead"


def _of_object(manifest: Manifest) -> Iterator[Problem]:
    instead = _VERSIONS.get((str(manifest.get("apiVersion")), str(manifest.get("kind"))))
    if instead:
        yield Problem(_instead(str(manifest["kind"]), instead), manifest, ("kind",))
    elif "beta" in str(manifest.get("apiVersion", "")) and str(manifest["apiVersion"]).partition("/")[0] in _SETTLED:
        message = _instead(str(manifest["apiVersion"]), f"{_SETTLED[manifest['apiVersion'].partition('/')[0]]}")
        yield Problem(message, manifest, ("apiVersion",))
    for key in mapping(manifest, "metadata", "annotations"):
        if key in _ANNOTATIONS:
            yield Problem(_instead(key, _ANNOTATIONS[key]), manifest, ("metadata", "annotations", key))
    if field(manifest, "spec", "persistentVolumeReclaimPolicy") == "Recycle":
        yield Problem("Recycle is deprecated", manifest, ("spec", "persistentVolumeReclaimPolicy"))


_SETTLED = {
    "apps": "apps/v1",
    "autoscaling": "autoscaling/v2",
    "batch": "batch/v1",
    "cert-manager.io": "cert-manager.io/v1",
    "external-secrets.io": "external-secrets.io/v1",
    "networking.istio.io": "networking.istio.io/v1",
    "networking.k8s.io": "networking.k8s.io/v1",
    "policy": "policy/v1",
    "rbac.authorization.k8s.io": "rbac.authorization.k8s.io/v1",
    "security.istio.io": "security.istio.io/v1",
}


def _metadata(pod: Pod) -> Iterator[Problem]:
    for key in mapping(pod.template, "metadata", "annotations"):
        prefixed = next((new for prefix, new in _POD_PREFIXES.items() if key.startswith(prefix)), "")
        instead = _POD_ANNOTATIONS.get(key) or prefixed
        if instead:
            yield Problem(_instead(key, instead), pod.manifest, (*pod.path, "metadata", "annotations", key))
    if "serviceAccount" in pod.spec:
        yield Problem(_instead("serviceAccount", "serviceAccountName"), pod.manifest, pod.at("serviceAccount"))
    grace = pod.spec.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace < 0:
        message = "a negative time counts as 1"
        yield Problem(message, pod.manifest, pod.at("terminationGracePeriodSeconds"), fix="set it to 1 or more")


def _nodes(pod: Pod) -> Iterator[Problem]:
    """Give the labels of nodes that are known by another name today."""
    for key in mapping(pod.spec, "nodeSelector"):
        if key in _NODE_LABELS:
            yield Problem(_instead(key, _NODE_LABELS[key]), pod.manifest, pod.at("nodeSelector", key))
    for part in ("affinity", "topologySpreadConstraints"):
        for path, value in _scalars(pod.spec.get(part), pod.at(part)):
            if path[-1] in {"key", "topologyKey"} and value in _NODE_LABELS:
                yield Problem(_instead(value, _NODE_LABELS[value]), pod.manifest, path)


def _scalars(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in steps:
        if isinstance(one, dict | list):
            yield from _scalars(one, (*path, step))
        else:
            yield (*path, step), one


def _volumes(pod: Pod) -> Iterator[Problem]:
    for path, volume in elements(pod.template, "spec", "volumes"):
        for kind in _VOLUMES:
            if kind in volume:
                message = f"volumes of type {kind} are deprecated"
                yield Problem(message, pod.manifest, (*pod.path, *path, kind), fix="use a claim of a CSI driver")


def _containers(pod: Pod) -> Iterator[Problem]:
    ports: dict[tuple[Any, str], str] = {}
    names: dict[str, str] = {}
    for one in pod.containers:
        for part in ("requests", "limits"):
            for what in _FRACTIONAL:
                found = quantity(field(one.value, "resources", part, what))
                if found is not None and found.denominator != 1:
                    place = (*one.path, "resources", part, what)
                    yield Problem("a part of a byte", pod.manifest, place, fix="use whole bytes: Mi, not m")
        for path, port in () if one.is_init else elements(one.value, "ports"):
            key = (port.get("containerPort"), str(port.get("protocol", "TCP")))
            if key in ports:
                message = f"port {key[0]} is there twice, also in container {ports[key]}"
                yield Problem(message, pod.manifest, (*one.path, *path), fix="remove one")
            ports.setdefault(key, one.name)
            name = port.get("name")
            if name and name in names:
                message = f"the port name {name} is there twice, also in container {names[name]}"
                yield Problem(message, pod.manifest, (*one.path, *path, "name"), fix="rename one")
            if name:
                names.setdefault(name, one.name)


def _twice(pod: Pod) -> Iterator[Problem]:
    """Give what is listed twice: variables that hide others, pull secrets, addresses of hosts."""
    for one in pod.containers:
        seen: set[str] = set()
        for path, variable in elements(one.value, "env"):
            name = str(variable.get("name"))
            if name in seen and f"$({name})" not in str(variable.get("value", "")):
                message = f"hides the variable {name} that is before it"
                yield Problem(message, pod.manifest, (*one.path, *path, "name"), fix="remove one")
            seen.add(name)
    for part, key in (("imagePullSecrets", "name"), ("hostAliases", "ip")):
        found: set[Any] = set()
        for path, entry in elements(pod.template, "spec", part):
            if entry.get(key) in found:
                message = f"{entry.get(key)} is there twice"
                yield Problem(message, pod.manifest, (*pod.path, *path, key), fix="remove one")
            found.add(entry.get(key))


def _selectors(pod: Pod) -> Iterator[Problem]:
    for path, one in elements(pod.template, "spec", "topologySpreadConstraints"):
        if one.get("labelSelector") is None:
            place = (*pod.path, *path, "labelSelector")
            yield Problem("without a labelSelector it counts no pod", pod.manifest, place, fix="add the pods' labels")
    for kind in ("podAffinity", "podAntiAffinity"):
        for when, inner in (
            ("requiredDuringSchedulingIgnoredDuringExecution", ()),
            ("preferredDuringSchedulingIgnoredDuringExecution", ("podAffinityTerm",)),
        ):
            for path, term in elements(pod.template, "spec", "affinity", kind, when):
                if field(term, *inner, "labelSelector") is None:
                    place = (*pod.path, *path, *inner, "labelSelector")
                    message = "without a labelSelector it is about no pod"
                    yield Problem(message, pod.manifest, place, fix="add the pods' labels")


def _services(objects: Objects) -> Iterator[Problem]:
    for manifest in objects.of_kind("Service"):
        spec = mapping(manifest, "spec")
        if spec.get("clusterIP") == "None":
            for name in ("loadBalancerIP", "externalIPs", "sessionAffinity"):
                if spec.get(name) not in (None, "None", []):
                    yield _ignored(manifest, name, "of a headless Service")
        is_external = spec.get("type") == "ExternalName"
        if spec.get("externalName") and not is_external:
            yield _ignored(manifest, "externalName", "unless the type is ExternalName")
        if spec.get("externalIPs") and is_external:
            yield _ignored(manifest, "externalIPs", "of type ExternalName")


def _ignored(manifest: Manifest, name: str, when: str) -> Problem:
    return Problem(f"{name} is ignored {when}", manifest, ("spec", name), fix="remove it")
