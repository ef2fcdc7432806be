"""The last touches to metadata: local objects are left out, annotations become texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.values import text_of

if TYPE_CHECKING:
    from imbricate.resources import ResMap

LOCAL_CONFIG = "config.kubernetes.io/local-config"


def drop_local(resources: ResMap) -> None:
    """Take out the objects that are annotated as local, whatever the value unless it is false."""
    for resource in resources:
        annotations = _annotations(resource.manifest)
        if LOCAL_CONFIG in annotations and text_of(annotations[LOCAL_CONFIG]) != "false":
            resources.remove(resource)


def annotations_as_text(resources: ResMap) -> None:
    """Make the values of annotations strings, as they are spelled; an empty map of annotations goes."""
    for resource in resources:
        metadata = resource.manifest.get("metadata")
        if isinstance(metadata, dict) and "annotations" in metadata:
            annotations = {name: text_of(value) for name, value in _annotations(resource.manifest).items()}
            if annotations:
                metadata["annotations"] = annotations
            else:
                del metadata["annotations"]


def _annotations(manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = manifest.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
