"""References of pods: what a pod names in its own namespace must be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate.nearest import nearest
from tasks.checks.findings import Problem, Related
from tasks.checks.objects import ANY_KEY, Pod, elements, field, group_of, mapping, name_of, namespace_of
from tasks.checks.registry import unit_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.checks.findings import Manifest, Path
    from tasks.checks.objects import Container, Objects
    from tasks.checks.subject import Subject

_GROUP = "References"
_VARIABLE = re.compile(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_BUILT_IN = ("", "apps", "autoscaling", "batch", "policy")


def missing(what: str, name: object, known: Iterable[str]) -> str:
    """Say that something is not there, and what is called nearly like it."""
    near = nearest(str(name), [one for one in known if one])
    return f"there is no {what} {name}" + (f"; did you mean {near}?" if near else "")


class _Use:
    """A reference of an object to a ConfigMap or Secret, and maybe to a key of it."""

    def __init__(
        self, manifest: Manifest, path: Path, reference: Manifest, name: str = "name", key: str = "key"
    ) -> None:
        self.manifest, self.path, self.reference = manifest, path, reference
        self.name_field, self.key_field = name, key
        self.name, self.key = str(reference.get(name) or ""), reference.get(key)

    def problems(self, objects: Objects, kind: str) -> Iterator[Problem]:
        """Give what is wrong with it: no such object, no such key; of one that is optional, what is a typing error."""
        place = namespace_of(self.manifest)
        keys = objects.keys(kind, self.name, place)
        if self.reference.get("optional") and not (keys and nearest(str(self.key), keys)):
            return
        if keys is None:
            message = missing(kind, self.name, objects.names(kind, place))
            yield Problem(message, self.manifest, (*self.path, self.name_field))
        elif self.key and self.key not in keys and ANY_KEY not in keys:
            near = nearest(str(self.key), keys)
            message = f"{kind} {self.name} has no key {self.key}; it has {', '.join(sorted(keys)) or 'none'}"
            owner = objects.get(kind, self.name, place)
            part = "data" if near in mapping(owner, "data") else "binaryData"
            related = (Related(f"its key {near}", owner, (part, near)),) if near and owner else ()
            yield Problem(message, self.manifest, (*self.path, self.key_field), related=related)


def _uses(pod: Pod, kind: str) -> Iterator[_Use]:
    """Give all references of a pod to ConfigMaps, or to Secrets."""
    prefix = "configMap" if kind == "ConfigMap" else "secret"
    for one in pod.containers:
        for path, variable in elements(one.value, "env"):
            reference = field(variable, "valueFrom", f"{prefix}KeyRef")
            if isinstance(reference, dict):
                yield _Use(pod.manifest, (*one.path, *path, "valueFrom", f"{prefix}KeyRef"), reference)
        for path, source in elements(one.value, "envFrom"):
            if isinstance(source.get(f"{prefix}Ref"), dict):
                yield _Use(pod.manifest, (*one.path, *path, f"{prefix}Ref"), source[f"{prefix}Ref"])
    for path, volume in elements(pod.template, "spec", "volumes"):
        yield from _of_volume(pod, (*pod.path, *path), volume, prefix)
        for inner, source in elements(volume, "projected", "sources"):
            yield from _of_volume(pod, (*pod.path, *path, *inner), source, prefix)
    if kind == "Secret":
        for path, pull in elements(pod.template, "spec", "imagePullSecrets"):
            yield _Use(pod.manifest, (*pod.path, *path), pull)


def _of_volume(pod: Pod, path: Path, source: Manifest, prefix: str) -> Iterator[_Use]:
    reference = source.get(prefix)
    if not isinstance(reference, dict):
        return
    name = "secretName" if "secretName" in reference else "name"
    yield _Use(pod.manifest, (*path, prefix), reference, name, "")
    for inner, item in elements(reference, "items"):
        named = {**item, name: reference.get(name), "optional": reference.get("optional")}
        use = _Use(pod.manifest, (*path, prefix, *inner), named, name)
        use.name_field = "key"  # a name that is not there has been said of the volume
        yield use


@unit_rule("config-key", _GROUP, fix="correct the name or the key, or add it to the configMapGenerator")
def config_key(subject: Subject) -> Iterator[Problem]:
    """Every ConfigMap that a pod reads is there, with the keys that it reads.

    A pod whose ConfigMap or key is missing never starts.
    """
    for pod in subject.objects.pods:
        for use in _uses(pod, "ConfigMap"):
            yield from _once(use, subject.objects, "ConfigMap")


@unit_rule("secret-key", _GROUP, fix="correct the name or the key, or declare it in base/<system>/secrets")
def secret_key(subject: Subject) -> Iterator[Problem]:
    """Every Secret that is read is declared, with the keys that are read.

    Declared is what an ExternalSecret or a Certificate makes, or an operator for its object. Custom resources name
    Secrets as {name, key}.
    """
    for pod in subject.objects.pods:
        for use in _uses(pod, "Secret"):
            yield from _once(use, subject.objects, "Secret")
    for manifest in subject.objects.manifests:
        group = group_of(manifest)
        if group not in _BUILT_IN and not group.endswith(".k8s.io") and manifest["kind"] != "ExternalSecret":
            for path, reference in _selectors(manifest.get("spec"), ("spec",)):
                kind = "ConfigMap" if "configmap" in str(path[-1]).lower() else "Secret"
                yield from _Use(manifest, path, reference).problems(subject.objects, kind)


def _once(use: _Use, objects: Objects, kind: str) -> Iterator[Problem]:
    """Give the problems of a use; that the object of a volume is not there is said once, not for each item."""
    is_item = use.name_field == "key"
    if not is_item or objects.keys(kind, use.name, namespace_of(use.manifest)) is not None:
        yield from use.problems(objects, kind)


def _selectors(value: object, path: Path) -> Iterator[tuple[Path, Manifest]]:
    """Give the maps that are a name and a key and nothing else."""
    if isinstance(value, dict):
        if {"name", "key"} <= value.keys() <= {"name", "key", "optional"}:
            yield path, value
            return
        for key, one in value.items():
            yield from _selectors(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _selectors(one, (*path, index))


@unit_rule("service-account", _GROUP, fix="add the ServiceAccount, or correct the name")
def service_account(subject: Subject) -> Iterator[Problem]:
    """Every ServiceAccount that a pod or a binding names is there.

    Without it no pod is made, which shows only in the events of its ReplicaSet.
    """
    objects = subject.objects
    for pod in objects.pods:
        name = pod.spec.get("serviceAccountName") or "default"
        if name != "default" and objects.get("ServiceAccount", name, pod.namespace) is None:
            message = missing("ServiceAccount", name, objects.names("ServiceAccount", pod.namespace))
            yield Problem(message, pod.manifest, pod.at("serviceAccountName"))
    made_by_operators = {name_of(one) for one in objects.of_kind("Cluster")}
    for binding in objects.of_kind("RoleBinding", "ClusterRoleBinding"):
        for path, one in elements(binding, "subjects"):
            place, name = one.get("namespace") or namespace_of(binding), str(one.get("name"))
            if one.get("kind") != "ServiceAccount" or place not in objects.namespaces or name == "default":
                continue
            if objects.get("ServiceAccount", name, place) is None and name not in made_by_operators:
                message = missing("ServiceAccount", name, objects.names("ServiceAccount", place))
                yield Problem(f"{message} in {place}", binding, (*path, "name"))


@unit_rule("volume", _GROUP, fix="correct the name, or add the volume")
def volume(subject: Subject) -> Iterator[Problem]:
    """Every volume that a container mounts is one of its pod's, and every volume is mounted.

    The API server refuses the first; the second is left over, or a mount was forgotten.
    """
    for pod in subject.objects.pods:
        claims = {
            str(field(one, "metadata", "name")) for _, one in elements(pod.manifest, "spec", "volumeClaimTemplates")
        }
        volumes = {str(one.get("name")): (*pod.path, *path) for path, one in elements(pod.template, "spec", "volumes")}
        mounted = set()
        for one in pod.containers:
            for part in ("volumeMounts", "volumeDevices"):
                for path, mount in elements(one.value, part):
                    mounted.add(str(mount.get("name")))
                    if mount.get("name") not in {*volumes, *claims}:
                        message = missing("volume", mount.get("name"), [*volumes, *claims])
                        yield Problem(message, pod.manifest, (*one.path, *path, "name"))
        for name in volumes.keys() - mounted:
            yield Problem(f"no container mounts volume {name}", pod.manifest, volumes[name], fix="mount or remove it")


@unit_rule("claim", _GROUP, fix="correct the name, or add the PersistentVolumeClaim")
def claim(subject: Subject) -> Iterator[Problem]:
    """Every PersistentVolumeClaim that a pod mounts is there, or made from a template of its StatefulSet.

    A pod whose claim is missing waits for ever.
    """
    objects = subject.objects
    made = {
        f"{field(one, 'metadata', 'name')}-{name_of(manifest)}-"
        for manifest in objects.of_kind("StatefulSet")
        for _, one in elements(manifest, "spec", "volumeClaimTemplates")
    }
    for pod in objects.pods:
        for path, one in elements(pod.template, "spec", "volumes"):
            name = field(one, "persistentVolumeClaim", "claimName")
            if (
                not name
                or objects.get("PersistentVolumeClaim", name, pod.namespace)
                or name.rstrip("0123456789") in made
            ):
                continue
            message = missing("PersistentVolumeClaim", name, objects.names("PersistentVolumeClaim", pod.namespace))
            yield Problem(message, pod.manifest, (*pod.path, *path, "persistentVolumeClaim", "claimName"))


@unit_rule("variable", _GROUP, fix="correct the name, or move the variable before the one that uses it")
def variable(subject: Subject) -> Iterator[Problem]:
    """Every $(VARIABLE) in the value of a variable is one that the container has, and stands before it.

    One that is not is left as it is written, and a service connects as `$(PASSWORD)`.
    """
    for pod in subject.objects.pods:
        for one in pod.containers:
            known = _given(subject.objects, pod, one)
            if known is not None:
                yield from _unknown_variables(pod, one, known)


def _unknown_variables(pod: Pod, container: Container, known: set[str]) -> Iterator[Problem]:
    for path, entry in elements(container.value, "env"):
        for name in _VARIABLE.findall(str(entry.get("value") or "")):
            if name not in known:
                message = missing("variable before it called", name, known)
                yield Problem(message, pod.manifest, (*container.path, *path, "value"))
        known.add(str(entry.get("name")))


def _given(objects: Objects, pod: Pod, container: Container) -> set[str] | None:
    """Give the variables that a container takes from whole ConfigMaps and Secrets; None when they are not known."""
    found: set[str] = set()
    for _, source in elements(container.value, "envFrom"):
        for kind, part in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if part in source:
                keys = objects.keys(kind, str(field(source, part, "name")), pod.namespace)
                if keys is None or ANY_KEY in keys:
                    return None
                found |= {f"{source.get('prefix') or ''}{key}" for key in keys}
    return found
