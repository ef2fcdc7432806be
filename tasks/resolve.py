"""References within a unit: every name that an object gives of another must be there.

In: the objects of a unit, and those that declare its Secrets. Out: a line for each reference that leads nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Manifest = dict[str, Any]
_POD_PATHS = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


class Unresolved(NamedTuple):
    """A reference that leads nowhere."""

    object: str
    field: str
    message: str

    def __str__(self) -> str:
        """Give the line that is shown."""
        return f"{self.object} {self.field}: {self.message}"


class Names:
    """The objects of a unit by kind and name, and the keys of its ConfigMaps and Secrets."""

    def __init__(self, manifests: Iterable[Manifest], secret_declarations: Iterable[Manifest]) -> None:
        """Take the objects of the unit, and the ExternalSecrets that stand for Secrets which are made elsewhere."""
        self.manifests = list(manifests)
        self._objects = {(one["kind"], one["metadata"]["name"]): one for one in self.manifests}
        declared = [*self.manifests, *secret_declarations]
        self._secrets = dict(_secret_keys(one) for one in declared if one["kind"] in {"Secret", "ExternalSecret"})
        self._secrets |= {one["spec"]["secretName"]: set() for one in self.manifests if one["kind"] == "Certificate"}
        self.pods = list(_pods(self.manifests))

    def of_kind(self, kind: str) -> list[Manifest]:
        """Give the objects of a kind."""
        return [one for one in self.manifests if one["kind"] == kind]

    def get(self, kind: str, name: str) -> Manifest | None:
        """Find an object."""
        return self._objects.get((kind, name))

    def keys(self, kind: str, name: str) -> set[str] | None:
        """Give the keys of a ConfigMap or Secret, None when there is none of this name."""
        if kind == "Secret":
            return self._secrets.get(name)
        found = self.get(kind, name)
        return None if found is None else {*(found.get("data") or {}), *(found.get("binaryData") or {})}


def _secret_keys(manifest: Manifest) -> tuple[str, set[str]]:
    name = manifest["metadata"]["name"]
    if manifest["kind"] == "Secret":
        return name, {*(manifest.get("data") or {}), *(manifest.get("stringData") or {})}
    spec = manifest["spec"]
    target = spec.get("target") or {}
    templated = (target.get("template") or {}).get("data") or {}
    return target.get("name") or name, set(templated or (one["secretKey"] for one in spec.get("data") or ()))


def _pods(manifests: Iterable[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    for manifest in manifests:
        if manifest["kind"] in _POD_PATHS:
            template: Any = manifest
            for part in _POD_PATHS[manifest["kind"]]:
                template = template.get(part) or {}
            yield manifest, template


def unresolved(names: Names) -> list[Unresolved]:
    """Find all references that lead nowhere."""
    found = [one for manifest, template in names.pods for one in _of_pod(names, manifest, template.get("spec") or {})]
    for kind, check in _CHECKS.items():
        found += (one for manifest in names.of_kind(kind) for one in check(names, manifest))
    return found


def _title(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _of_pod(names: Names, manifest: Manifest, spec: Manifest) -> Iterator[Unresolved]:
    title = _title(manifest)
    account = spec.get("serviceAccountName", "default")
    if account != "default" and names.get("ServiceAccount", account) is None:
        yield Unresolved(title, "serviceAccountName", f"there is no ServiceAccount {account}")
    claims = {one["metadata"]["name"] for one in (manifest.get("spec") or {}).get("volumeClaimTemplates") or ()}
    volumes = {one["name"] for one in spec.get("volumes") or ()} | claims
    for volume in spec.get("volumes") or ():
        yield from _of_volume(names, title, volume)
    for pull in spec.get("imagePullSecrets") or ():
        yield from _key(names, title, "imagePullSecrets", "Secret", pull)
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        yield from _of_container(names, title, container, volumes)


def _of_volume(names: Names, title: str, volume: Manifest) -> Iterator[Unresolved]:
    field = f"volumes[{volume['name']}]"
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    if claim and names.get("PersistentVolumeClaim", claim) is None:
        yield Unresolved(title, field, f"there is no PersistentVolumeClaim {claim}")
    for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
        for kind, part, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            reference = source.get(part)
            if reference:
                named = {**reference, "name": reference.get(name) or reference.get("name")}
                items: list[Manifest] = reference.get("items") or [{}]
                for item in items:
                    yield from _key(names, title, field, kind, {**named, **item})


def _of_container(names: Names, title: str, container: Manifest, volumes: set[str]) -> Iterator[Unresolved]:
    field = f"containers[{container['name']}]"
    for mounted in container.get("volumeMounts") or ():
        if mounted["name"] not in volumes:
            yield Unresolved(title, f"{field}.volumeMounts", f"there is no volume {mounted['name']}")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        for kind, part in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            if part in source:
                yield from _key(names, title, f"{field}.env[{variable['name']}]", kind, source[part])
    for source in container.get("envFrom") or ():
        for kind, part in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if part in source:
                yield from _key(names, title, f"{field}.envFrom", kind, source[part])
    yield from _of_probes(title, field, container)


def _of_probes(title: str, field: str, container: Manifest) -> Iterator[Unresolved]:
    ports = {one.get("name") for one in container.get("ports") or ()}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for action in ("httpGet", "tcpSocket"):
            port = ((container.get(probe) or {}).get(action) or {}).get("port")
            if isinstance(port, str) and port not in ports:
                yield Unresolved(title, f"{field}.{probe}", f"there is no port {port}")


def _key(names: Names, title: str, field: str, kind: str, reference: Manifest) -> Iterator[Unresolved]:
    name, key = reference["name"], reference.get("key")
    keys = names.keys(kind, name)
    if keys is None and not reference.get("optional"):
        yield Unresolved(title, field, f"there is no {kind} {name}")
    elif keys is not None and key and key not in keys and not reference.get("optional"):
        yield Unresolved(title, field, f"{kind} {name} has no key {key}; it has {', '.join(sorted(keys)) or 'none'}")


def _selected_ports(names: Names, selector: Manifest) -> list[set[Any]]:
    """Give the ports, by name and number, of each pod that a selector selects."""
    found = []
    for _, template in names.pods:
        labels = (template.get("metadata") or {}).get("labels") or {}
        if all(labels.get(key) == value for key, value in selector.items()):
            containers = (template.get("spec") or {}).get("containers") or ()
            ports = [port for one in containers for port in one.get("ports") or ()]
            found.append({port.get("name") for port in ports} | {port["containerPort"] for port in ports})
    return found


def _of_service(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    spec = manifest["spec"]
    if not spec.get("selector"):
        return
    selected = _selected_ports(names, spec["selector"])
    if not selected:
        yield Unresolved(_title(manifest), "spec.selector", "selects no pod")
        return
    for port in spec.get("ports") or ():
        target = port.get("targetPort", port["port"])
        if not any(target in ports for ports in selected):
            field = f"spec.ports[{port.get('name', port['port'])}]"
            yield Unresolved(_title(manifest), field, f"no pod that it selects has port {target}")


def _backend(names: Names, title: str, field: str, name: str, port: Any) -> Iterator[Unresolved]:
    service = names.get("Service", name)
    if service is None:
        yield Unresolved(title, field, f"there is no Service {name}")
        return
    ports = service["spec"].get("ports") or ()
    if port not in {one["port"] for one in ports} | {one.get("name") for one in ports}:
        yield Unresolved(title, field, f"Service {name} has no port {port}")


def _of_ingress(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    for rule in manifest["spec"].get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            service = path["backend"]["service"]
            port = service["port"].get("name") or service["port"].get("number")
            field = f"spec.rules[{rule.get('host', '*')}]{path.get('path', '')}"
            yield from _backend(names, _title(manifest), field, service["name"], port)


def _of_ingress_route(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    for index, route in enumerate(manifest["spec"].get("routes") or ()):
        field = f"spec.routes[{index}]"
        for service in route.get("services") or ():
            yield from _backend(names, _title(manifest), field, service["name"], service.get("port"))
        for middleware in route.get("middlewares") or ():
            if names.get("Middleware", middleware["name"]) is None:
                yield Unresolved(_title(manifest), field, f"there is no Middleware {middleware['name']}")


def _of_autoscaler(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    target = manifest["spec"]["scaleTargetRef"]
    if names.get(target["kind"], target["name"]) is None:
        yield Unresolved(_title(manifest), "spec.scaleTargetRef", f"there is no {target['kind']} {target['name']}")


def _of_disruption_budget(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    selector = (manifest["spec"].get("selector") or {}).get("matchLabels") or {}
    if not _selected_ports(names, selector):
        yield Unresolved(_title(manifest), "spec.selector", "selects no pod")


def _of_stateful_set(names: Names, manifest: Manifest) -> Iterator[Unresolved]:
    name = manifest["spec"].get("serviceName")
    if name and names.get("Service", name) is None:
        yield Unresolved(_title(manifest), "spec.serviceName", f"there is no Service {name}")


_CHECKS = {
    "Service": _of_service,
    "Ingress": _of_ingress,
    "IngressRoute": _of_ingress_route,
    "HorizontalPodAutoscaler": _of_autoscaler,
    "PodDisruptionBudget": _of_disruption_budget,
    "StatefulSet": _of_stateful_set,
}
