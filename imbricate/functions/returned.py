"""What a program gives back: text → resources → the ResMap (kustomize: api/internal/plugins/utils).

A resource that is known by its current id is changed, another one is new, and one that does not come back is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.bookkeeping import UNSPECIFIED, annotated, annotations_of, restored, set_annotations
from imbricate.documents import json_value, write_document
from imbricate.errors import DocumentError
from imbricate.manifests import read_manifests
from imbricate.resources import Source
from imbricate.values import is_null, kind_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbricate.decode import Where
    from imbricate.resources import ResMap, Resource

ID = "kustomize.config.k8s.io/id"
_NEEDS_HASH, _BEHAVIOR = "kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior"
_BEHAVIORS = {"create", "merge", "replace"}
_TRUE, _FALSE = {"1", "t", "T", "TRUE", "true", "True"}, {"0", "f", "F", "FALSE", "false", "False"}
_VALIDATED_BY = "validated-by"
_PATHS = {"config.kubernetes.io/path", "internal.config.kubernetes.io/path"}


def identified(resource: Resource) -> dict[str, Any]:
    """Give the manifest as a transformer gets it: with its history and its id in annotations."""
    manifest = annotated(resource)
    group, version, kind = resource.gvk
    parts = {"group": group, "kind": kind, "name": resource.name, "namespace": resource.namespace, "version": version}
    text = write_document({name: part for name, part in parts.items() if part})
    manifest.setdefault("metadata", {})["annotations"] = {**annotations_of(manifest), ID: text}
    return manifest


def manifests_of(output: bytes, where: Where) -> list[dict[str, Any]]:
    """Read the objects that a program printed. Raises DocumentError."""
    manifests = read_manifests(output, _shown(where))
    for manifest in manifests:
        metadata = manifest.get("metadata")
        found = metadata.get("annotations") if isinstance(metadata, dict) else None
        if not is_null(found) and not isinstance(found, dict):
            message = f"annotations of {text_of(manifest['kind'])}: expected a map, found {kind_of(found)}"
            raise DocumentError(_shown(where), None, None, message)
    return manifests


def _shown(where: Where) -> str:
    return f"{where.file}: {where.field}: output"


def resources_of(manifests: Iterable[dict[str, Any]], where: Where) -> list[Resource]:
    """Make resources of objects that a program printed.

    Raises KustomizationError when two have one id, or their history does not fit.
    """
    resources: list[Resource] = []
    keys = set()
    for index, manifest in enumerate(manifests):
        try:
            resource = restored(manifest, Source(_shown(where), index))
        except DocumentError as error:
            raise where.error(error.message) from None
        if resource.key in keys:
            raise where.error(f"printed {resource.id} twice")
        keys.add(resource.key)
        resources.append(resource)
    return resources


def generated(resources: list[Resource], where: Where) -> list[Resource]:
    """Follow the annotations by which a generator asks for a hash or a behavior."""
    for resource in resources:
        annotations = annotations_of(resource.manifest)
        wish = annotations.pop(_NEEDS_HASH, "false")
        behavior = annotations.pop(_BEHAVIOR, "")
        if wish not in _TRUE | _FALSE:
            raise where.error(f"{resource}: annotation {_NEEDS_HASH}: expected true or false, found {wish!r}")
        set_annotations(resource.manifest, annotations)
        resource.needs_hash = resource.needs_hash or wish in _TRUE
        resource.behavior = behavior if behavior in _BEHAVIORS else UNSPECIFIED
    return resources


def without_id(manifest: dict[str, Any]) -> dict[str, Any]:
    """Take the annotation out that told a transformer the id."""
    annotations = annotations_of(manifest)
    annotations.pop(ID, None)
    set_annotations(manifest, annotations)
    return manifest


def take(resources: ResMap, returned: list[Resource], where: Where) -> None:
    """Change a ResMap into what a transformer returned. Raises KustomizationError for an id that means several."""
    kept = {resource.key for resource in returned}
    for resource in returned:
        known = resources.with_id(resource.id)
        if len(known) > 1:
            raise where.error(f"{resource.id} means {len(known)} resources")
        if known:
            _become(known[0], resource)
            resources.rekey(known[0])
        else:
            resources.append(resource)
    for resource in resources:
        if resource.key not in kept:
            resources.remove(resource)


def _become(known: Resource, resource: Resource) -> None:
    """Take over all that annotations tell; what vars refer to is noted elsewhere and stays."""
    known.manifest, known.links = resource.manifest, []
    known.previous, known.prefixes, known.suffixes = resource.previous, resource.prefixes, resource.suffixes
    known.needs_hash, known.behavior = resource.needs_hash, resource.behavior
    known.origin, known.transformations = resource.origin, resource.transformations


def check_unchanged(resources: ResMap, returned: list[Resource], where: Where) -> None:
    """Refuse what a validator changed; what it adds or leaves out has no effect.

    The label `validated-by` may be added, and stays. Raises KustomizationError.
    """
    for resource in returned:
        for known in resources.with_id(resource.id):
            labels = resource.manifest["metadata"].get("labels")
            label = labels.pop(_VALIDATED_BY, None) if isinstance(labels, dict) else None
            if _content(known) != _content(resource):
                raise where.error(f"a validator must not change the resources: it changed {known}")
            if label is not None:
                known.manifest["metadata"].setdefault("labels", {})[_VALIDATED_BY] = label


def _content(resource: Resource) -> Any:
    manifest = json_value(annotated(resource))
    metadata = manifest["metadata"]
    found = {name: text for name, text in annotations_of(manifest).items() if name not in _PATHS}
    labels = {name: text for name, text in (metadata.get("labels") or {}).items() if name != _VALIDATED_BY}
    return {**manifest, "metadata": {**metadata, "annotations": found, "labels": labels}}
