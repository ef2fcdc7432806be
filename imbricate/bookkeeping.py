"""What a build knows of a resource, as the annotations in which kustomize keeps it.

Programs get them with the resources and hand them back, and with them the history that references need. The names are
those of kustomize's api/internal/utils/annotations.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate import origins
from imbricate.documents import read_config
from imbricate.errors import DocumentError
from imbricate.resources import Resource
from imbricate.values import copy_of, text_of

if TYPE_CHECKING:
    from imbricate.resources import Source

_INTERNAL = "internal.config.kubernetes.io/"
_PREVIOUS = tuple(f"{_INTERNAL}{name}" for name in ("previousNamespaces", "previousNames", "previousKinds"))
_PREFIXES, _SUFFIXES = f"{_INTERNAL}prefixes", f"{_INTERNAL}suffixes"
_BEHAVIOR, _NEEDS_HASH = f"{_INTERNAL}generatorBehavior", f"{_INTERNAL}needsHashSuffix"
_ENABLED = "enabled"
UNSPECIFIED = "unspecified"


def annotated(resource: Resource) -> dict[str, Any]:
    """Give a copy of the manifest with the annotations of the user and of the build."""
    manifest: dict[str, Any] = copy_of(resource.manifest)
    annotations = {**annotations_of(manifest), **_notes(resource)}
    if annotations:
        manifest.setdefault("metadata", {})["annotations"] = annotations
    return manifest


def annotations_of(manifest: dict[str, Any]) -> dict[str, str]:
    """Give the annotations of an object as texts."""
    metadata = manifest.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return {text_of(name): text_of(value) for name, value in found.items()} if isinstance(found, dict) else {}


def set_annotations(manifest: dict[str, Any], annotations: dict[str, str]) -> None:
    """Put other annotations in place of those of an object; none leaves no empty map."""
    metadata = manifest["metadata"] if isinstance(manifest.get("metadata"), dict) else {}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
        manifest["metadata"] = metadata


def _notes(resource: Resource) -> dict[str, str]:
    notes = origins.texts(resource)
    if resource.previous:
        notes |= {
            name: ",".join(parts) for name, parts in zip(_PREVIOUS, zip(*resource.previous, strict=True), strict=True)
        }
    found = {
        _PREFIXES: ",".join(resource.prefixes),
        _SUFFIXES: ",".join(resource.suffixes),
        _BEHAVIOR: resource.behavior,
        _NEEDS_HASH: _ENABLED if resource.needs_hash else "",
    }
    return notes | {name: text for name, text in found.items() if text}


def restored(manifest: dict[str, Any], source: Source | None) -> Resource:
    """Make a resource of an object whose annotations tell its history; they are taken out of it.

    Raises DocumentError when they do not fit each other.
    """
    annotations = annotations_of(manifest)
    notes = {name: annotations.pop(name, "") for name in (*_PREVIOUS, _PREFIXES, _SUFFIXES, _BEHAVIOR, _NEEDS_HASH)}
    told = {name: annotations.pop(name, "") for name in (origins.ORIGIN, origins.TRANSFORMATIONS)}
    set_annotations(manifest, annotations)
    resource = Resource(manifest, source)
    resource.previous = _previous([_split(notes[name]) for name in _PREVIOUS], resource)
    resource.prefixes, resource.suffixes = _split(notes[_PREFIXES]), _split(notes[_SUFFIXES])
    resource.behavior, resource.needs_hash = notes[_BEHAVIOR], notes[_NEEDS_HASH] == _ENABLED
    resource.origin = _read(told[origins.ORIGIN], dict, origins.ORIGIN)
    resource.transformations = _read(told[origins.TRANSFORMATIONS], list, origins.TRANSFORMATIONS) or []
    return resource


def _split(text: str) -> list[str]:
    return text.split(",") if text else []


def _previous(columns: list[list[str]], resource: Resource) -> list[tuple[str, str, str]]:
    namespaces, names, kinds = columns
    if not len(namespaces) == len(names) == len(kinds):
        counts = ", ".join(f"{len(found)} in {name}" for name, found in zip(_PREVIOUS, columns, strict=True))
        raise DocumentError(
            "", None, None, f"annotations of {resource}: expected as many former ids in each, found {counts}"
        )
    return list(zip(namespaces, names, kinds, strict=True))


def _read(text: str, kind: type, name: str) -> Any:
    if not text:
        return None
    value = read_config(text, name)
    if not isinstance(value, kind):
        raise DocumentError("", None, None, f"annotation {name}: expected a {'map' if kind is dict else 'list'}")
    return value
