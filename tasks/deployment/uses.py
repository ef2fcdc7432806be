"""Which Secrets the workloads of a rendered system use, and which of them they can do without."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.connection import Manifest


class Use(NamedTuple):
    """A Secret that workloads of a namespace use; `where` names one of them.

    `is_optional`: all of them can do without it. `optional_keys`: those that all who name them can do without.
    """

    namespace: str
    name: str
    is_optional: bool
    optional_keys: tuple[str, ...]
    where: str


class _Mention(NamedTuple):
    namespace: str
    name: str
    key: str  # empty: all of the Secret
    is_optional: bool
    where: str


def uses(manifests: Iterable[Manifest]) -> list[Use]:
    """Find what pods of all workloads and their service accounts mention."""
    mentions = defaultdict(list)
    for manifest in manifests:
        for mention in _mentions(manifest):
            mentions[mention.namespace, mention.name].append(mention)
    return [_use(found) for _, found in sorted(mentions.items())]


def _use(mentions: list[_Mention]) -> Use:
    first = mentions[0]
    needed = {one.key for one in mentions if not one.is_optional}
    optional = sorted({one.key for one in mentions if one.key} - needed) if "" not in needed else []
    return Use(first.namespace, first.name, not needed, tuple(optional), first.where)


def _mentions(manifest: Manifest) -> Iterator[_Mention]:
    namespace = manifest["metadata"].get("namespace", "default")
    where = f"{manifest['kind']}/{manifest['metadata']['name']}"
    if manifest["kind"] == "ServiceAccount":
        for secret in manifest.get("imagePullSecrets", ()):  # pods start without, where nobody asks for credentials
            yield _Mention(namespace, secret["name"], "", is_optional=True, where=where)
    spec = _pod_spec(manifest)
    if spec is None:
        return
    for name, key, optional in _named(spec):
        yield _Mention(namespace, name, key, bool(optional), where)


def _pod_spec(manifest: Manifest) -> dict[str, Any] | None:
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "Pod":
        return dict(spec)
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    return template.get("spec") if isinstance(template, dict) else None


def _named(spec: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Give each Secret that a pod names, with the key, or none for the whole of it, and whether it may be missing."""
    for container in [*spec.get("initContainers", ()), *spec.get("containers", ())]:
        for variable in container.get("env", ()):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                yield reference["name"], reference["key"], reference.get("optional", False)
        for source in container.get("envFrom", ()):
            if "secretRef" in source:
                yield source["secretRef"]["name"], "", source["secretRef"].get("optional", False)
    for volume in spec.get("volumes", ()):
        sources = [volume, *volume.get("projected", {}).get("sources", ())]
        for secret in (source["secret"] for source in sources if "secret" in source):
            yield secret.get("secretName") or secret["name"], "", secret.get("optional", False)
    for secret in spec.get("imagePullSecrets", ()):
        yield secret["name"], "", False
