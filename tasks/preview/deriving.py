"""The overlay of a preview: what the first environment renders, in a namespace and under hosts of its own.

In: a composed unit, the preview's name. Out: the text of a kustomization.yaml on top of that unit's overlay. It names
each field that holds a host or the namespace; one that has changed since fails the rendering, as its old value is
tested.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate.resources import ResMap, Resource

HEADER = "# Written by doit preview; gone with doit preview {number} close=yes.\n"
COMPONENT = "components/preview"
_TO_ROOT = "../../../"
_HOSTS_OF_ROUTES = re.compile(r"Host\(([^)]*)\)")
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


class PreviewError(Exception):
    """What cannot be previewed; the text is one line."""


class Renaming(NamedTuple):
    """What is called differently in a preview: the namespace, and each host."""

    name: str
    namespace: str
    hosts: dict[str, str]

    @property
    def new_namespace(self) -> str:
        """Give the namespace of the preview."""
        return f"{self.namespace}-{self.name}"

    def text(self, value: str, key: str) -> str:
        """Give a string as it is in the preview; `key` is that of the field, or of the list, that it stands in."""
        if key in {_NAMESPACE_LABEL, "matchNames"} and value == self.namespace:
            return self.new_namespace
        for old, new in self.hosts.items():
            value = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)", new, value)
        value = re.sub(rf"(?<=\.){re.escape(self.namespace)}(?=\.svc\b)", self.new_namespace, value)
        return re.sub(rf"(?<=/ns/){re.escape(self.namespace)}(?=/)", self.new_namespace, value)


def derived(unit: str, resources: ResMap, name: str, expires: str, *, has_component: bool) -> str:
    """Give the kustomization of a preview of `unit` (`dev/shop`). Raises PreviewError if it could not stand alone."""
    renaming = _renaming(unit, resources, name)
    patches: list[dict[str, Any]] = [_marked(renaming.namespace, name, expires)]
    patches += [patch for resource in resources if (patch := _patch(resource, renaming))]
    kustomization: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": renaming.new_namespace,
        "resources": [f"../../{unit}"],
    }
    if has_component:
        kustomization["components"] = [f"{_TO_ROOT}{COMPONENT}"]
    return HEADER.format(number=name.replace("-", "=")) + _written(kustomization | {"patches": patches})


def _renaming(unit: str, resources: ResMap, name: str) -> Renaming:
    wide = [one for one in resources if one.id.is_cluster_scoped]
    namespaces = [one.name for one in wide if one.gvk.kind == "Namespace"]
    used = {one.namespace for one in resources if not one.id.is_cluster_scoped}
    if len(namespaces) != 1 or used - set(namespaces):
        found = ", ".join(sorted({*namespaces, *used})) or "none"
        raise PreviewError(f"{unit}: a preview needs a system with one namespace, which it has itself; found: {found}")
    shared = next((one for one in wide if one.gvk.kind != "Namespace"), None)
    if shared is not None:
        raise PreviewError(f"{unit}: {shared} is cluster-wide: a preview would change that of the environment")
    hosts = {host: _suffixed(host, name) for host in sorted(_hosts(resources))}
    return Renaming(name, namespaces[0], hosts)


def _suffixed(host: str, name: str) -> str:
    label, dot, domain = host.partition(".")
    return f"{label}-{name}{dot}{domain}"


def _hosts(resources: Iterable[Resource]) -> Iterator[str]:
    for resource in resources:
        spec = resource.manifest.get("spec") or {}
        if resource.gvk.kind == "Ingress":
            yield from (rule["host"] for rule in spec.get("rules") or () if rule.get("host"))
            yield from (host for tls in spec.get("tls") or () for host in tls.get("hosts") or ())
        elif resource.gvk.kind == "IngressRoute":
            for route in spec.get("routes") or ():
                for listed in _HOSTS_OF_ROUTES.findall(route.get("match", "")):
                    yield from re.findall(r"[`\"']([^`\"']+)[`\"']", listed)
        elif resource.gvk.kind == "Certificate":
            yield from spec.get("dnsNames") or ()


def _marked(namespace: str, name: str, expires: str) -> dict[str, Any]:
    """Say on the Namespace whose it is and until when; kube-janitor, if it is there, deletes it then."""
    annotations = {"janitor/expires": expires, "janitor/ttl": None}
    patch = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace, "labels": {"preview": name}, "annotations": annotations},
    }
    return {"patch": _written(patch)}


def _patch(resource: Resource, renaming: Renaming) -> dict[str, Any] | None:
    fields = [one for one in _strings(resource.manifest, (), "") if one[0][:1] != ("metadata",)]
    changes = [
        operation
        for path, key, old in fields
        if (new := renaming.text(old, key)) != old
        for operation in _replaced(path, old, new)
    ]
    if not changes:
        return None
    name = resource.previous_ids[-1].name if resource.needs_hash else resource.name
    gvk = {"group": resource.gvk.group, "version": resource.gvk.version, "kind": resource.gvk.kind}
    target = {key: value for key, value in gvk.items() if value} | {"name": name.replace(".", r"\.")}
    return {"target": target, "patch": _written(changes)}


def _replaced(path: tuple[str, ...], old: str, new: str) -> tuple[dict[str, str], dict[str, str]]:
    pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)
    return {"op": "test", "path": pointer, "value": old}, {"op": "replace", "path": pointer, "value": new}


def _strings(value: Any, path: tuple[str, ...], key: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Give each string with its path, and the key of the field or list that it stands in."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _strings(below, (*path, str(name)), str(name))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _strings(below, (*path, str(number)), key)


def _written(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as people do, as a block."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
