"""The field of a rendered workload that is behind what the cluster says: a message → a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.connection import Manifest
    from tasks.deployment.errors import Path

_POD: Path = ("spec", "template", "spec")
_VOLUME = re.compile(r'volume "(?P<name>[^"]+)"')
_MISSING = re.compile(r"""couldn't find key (?P<key>\S+) in (?P<kind>\w+) (?:\S+/)?(?P<name>[\w.-]+)""")
_ABSENT = re.compile(r"""(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found""", re.IGNORECASE)
# What a message has in it, and the field of the pod that it is about.
_OF_POD = (
    ("serviceaccount", "serviceAccountName"),
    ("node affinity", "affinity"),
    ("node selector", "nodeSelector"),
    ("topology spread", "topologySpreadConstraints"),
)
_OF_CONTAINER: tuple[tuple[str, Path], ...] = (
    ("Insufficient cpu", ("resources", "requests", "cpu")),
    ("Insufficient memory", ("resources", "requests", "memory")),
    ("exceeded quota", ("resources",)),
    ("violates PodSecurity", ("securityContext",)),
    ("ephemeral-storage", ("resources", "limits", "ephemeral-storage")),
)


def container_path(manifest: Manifest, name: str) -> Path:
    """Give where a container is; nothing of one that somebody else has put into the pod."""
    for kind in ("containers", "initContainers"):
        for index, one in enumerate(_pod(manifest).get(kind) or ()):
            if one["name"] == name:
                return (*_POD, kind, index)
    return ()


def of_message(manifest: Manifest, message: str) -> Path:
    """Give the field that the scheduler, the quota, an admission or an eviction speaks of."""
    for text, field in _OF_POD:
        if text in message and field in _pod(manifest):
            return (*_POD, field)
    for text, fields in _OF_CONTAINER:
        if text in message:
            return (*_POD, "containers", 0, *fields)
    return claim(manifest, message)


def claim(manifest: Manifest, message: str) -> Path:
    """Give the volume that a message is about; where it says that it is full, its limit."""
    found = _VOLUME.search(message)
    for index, volume in enumerate(_pod(manifest).get("volumes") or ()):
        path: Path = (*_POD, "volumes", index)
        if found and volume["name"] == found["name"]:
            return _limit(volume, path) or path
    return ()


def reference(manifest: Manifest, container: Path, message: str) -> Path:
    """Give the variable that names a key, a Secret or a ConfigMap which is not there."""
    missing, absent = _MISSING.search(message), _ABSENT.search(message)
    for path, source in _sources(_at(manifest, container), container):
        if missing and (source.get("key"), source.get("name")) == (missing["key"], missing["name"]):
            return (*path, "key")
        if absent and not missing and source.get("name") == absent["name"]:
            return (*path, "name")
    return container


def _sources(container: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, variable in enumerate(container.get("env") or ()):
        for kind in ("secretKeyRef", "configMapKeyRef"):
            if kind in (variable.get("valueFrom") or {}):
                yield (*path, "env", index, "valueFrom", kind), variable["valueFrom"][kind]
    for index, source in enumerate(container.get("envFrom") or ()):
        for kind in ("secretRef", "configMapRef"):
            if kind in source:
                yield (*path, "envFrom", index, kind), source[kind]


def started_by(manifest: Manifest, container: Path) -> Path:
    """Give what a container that ends was started by: its command, else its image."""
    found = _at(manifest, container)
    name = next((one for one in ("command", "args") if one in found), "image")
    return (*container, name) if container else ()


def limited_volume(manifest: Manifest, container: Path) -> Path:
    """Give the limit of the first volume of a container that has one."""
    mounted = [one["name"] for one in _at(manifest, container).get("volumeMounts") or ()]
    for index, volume in enumerate(_pod(manifest).get("volumes") or ()):
        limit = _limit(volume, (*_POD, "volumes", index))
        if volume["name"] in mounted and limit:
            return limit
    for index, template in enumerate(manifest["spec"].get("volumeClaimTemplates") or ()):
        if template["metadata"]["name"] in mounted:
            return ("spec", "volumeClaimTemplates", index, "spec", "resources", "requests", "storage")
    return (*container, "volumeMounts") if container else ()


def _limit(volume: dict[str, Any], path: Path) -> Path:
    return (*path, "emptyDir", "sizeLimit") if "sizeLimit" in (volume.get("emptyDir") or {}) else ()


def _pod(manifest: Manifest) -> dict[str, Any]:
    return _at(manifest, _POD)


def _at(manifest: Manifest, path: Path) -> dict[str, Any]:
    found: Any = manifest if path else {}
    for step in path:
        found = found[step]
    return dict(found)
