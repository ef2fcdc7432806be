"""The last touches to metadata: local objects are left out, annotations become texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.documents import plain_value
from imbricate.errors import FieldSpecError
from imbricate.values import kind_of, text_of

if TYPE_CHECKING:
    from imbricate.resources import ResMap

LOCAL_CONFIG = "config.kubernetes.io/local-config"
_INTERNAL = "internal.config.kubernetes.io/"
HELM_GENERATED = f"{_INTERNAL}helm-generated"
# What kustomize notes in annotations while it builds, and takes out of the input with them.
BUILD_ANNOTATIONS = frozenset(
    {
        *(
            _INTERNAL + name
            for name in (
                "previousKinds",
                "previousNames",
                "prefixes",
                "suffixes",
                "previousNamespaces",
                "allowNameChange",
                "allowKindChange",
                "refBy",
                "generatorBehavior",
                "needsHashSuffix",
                "path",
                "index",
                "seqindent",
                "id",
                "annotations-migration-resource-id",
            )
        ),
        "config.kubernetes.io/path",
        "config.kubernetes.io/index",
        "config.k8s.io/id",
        HELM_GENERATED,
    }
)


def is_helm_generated(manifest: dict[str, Any]) -> bool:
    """Tell whether an object is marked as made by helm, which cares for its namespace."""
    return text_of(_annotations(manifest).get(HELM_GENERATED)) == "true"


def checked_key(name: str) -> str:
    """Give a name for a new key. Raises FieldSpecError for one that YAML would not read as text, as kustomize does."""
    if not isinstance(plain_value(name), str):
        raise FieldSpecError(f"expected a name, found {name!r}, which YAML reads as {kind_of(plain_value(name))}")
    return name


def drop_local(resources: ResMap) -> None:
    """Take out the objects that are annotated as local, whatever the value unless it is false."""
    for resource in resources:
        annotations = _annotations(resource.manifest)
        if LOCAL_CONFIG in annotations and text_of(annotations[LOCAL_CONFIG]) != "false":
            resources.remove(resource)


def annotations_as_text(resources: ResMap) -> None:
    """Make the values of annotations strings, as they are spelled; an empty map of annotations goes."""
    for resource in resources:
        make_text(resource.manifest, leave_out=BUILD_ANNOTATIONS)


def make_text(manifest: dict[str, Any], leave_out: frozenset[str] = frozenset()) -> None:
    """Make the values of one object's annotations strings. Raises FieldSpecError for a key that is none."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict) or "annotations" not in metadata:
        return
    found = _annotations(manifest).items()
    annotations = {checked_key(name): text_of(value) for name, value in found if name not in leave_out}
    if annotations:
        metadata["annotations"] = annotations
    else:
        del metadata["annotations"]


def _annotations(manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = manifest.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
