"""The ResourceList that a KRM function reads, and what it prints, read (kyaml: runtimeutil.FunctionFilter).

In: manifests with the annotations of the build. Out: text with `items` and `functionConfig`, where each item has an
index and an id in annotations; on the way back these are taken out, and an item without a path gets one.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from imbricate.bookkeeping import annotations_of, set_annotations
from imbricate.documents.keyorder import sorted_keys
from imbricate.documents.rewritten import Ordered, Single, rewrite
from imbricate.values import text_of

if TYPE_CHECKING:
    from imbricate.decode import Where

LOCAL_CONFIG = "config.kubernetes.io/local-config"
_INTERNAL, _LEGACY = "internal.config.kubernetes.io/", "config.kubernetes.io/"
_MIGRATION_ID = f"{_INTERNAL}annotations-migration-resource-id"
_LEGACY_ID = "config.k8s.io/id"
_FILE_NOTES = tuple((f"{_LEGACY}{name}", f"{_INTERNAL}{name}") for name in ("path", "index"))
_ADDED = (
    f"{_LEGACY}index",
    f"{_INTERNAL}index",
    f"{_INTERNAL}seqindent",
    _MIGRATION_ID,
    f"{_INTERNAL}id",
    _LEGACY_ID,
)


def request_of(items: list[dict[str, Any]], config: dict[str, Any], where: Where) -> bytes:
    """Give what a function reads: the items, and its configuration.

    Raises KustomizationError for an item with two paths, DocumentError for what cannot be printed.
    """
    for item in items:
        path, other = _paths(item)
        if path and other and path != other:
            raise where.error(f"cannot be given {_named(item)}: it has the paths {path!r} and {other!r} in annotations")
    numbered = [_numbered(item, index) for index, item in enumerate(items)]
    listed = Ordered(apiVersion="config.kubernetes.io/v1", kind="ResourceList", items=numbered, functionConfig=config)
    return rewrite(listed).encode("utf-8", "surrogatepass")


def local(config: dict[str, Any]) -> dict[str, Any]:
    """Give a configuration with the annotation that keeps it out of the output of a build."""
    return _with(config, {LOCAL_CONFIG: "true"})


def _numbered(item: dict[str, Any], index: int) -> dict[str, Any]:
    present = annotations_of(item)
    added: dict[str, str] = {}
    for legacy, internal in _FILE_NOTES:
        known = present.get(internal) or present.get(legacy)
        if known:
            added |= {name: known for name in (legacy, internal) if not present.get(name)}
    added |= dict.fromkeys(_ADDED[:2], str(index)) | {_MIGRATION_ID: str(index)}
    return _with(item, added | dict.fromkeys(_ADDED[4:], str(index + 1)))


def _with(item: dict[str, Any], added: dict[str, str]) -> dict[str, Any]:
    """Give a copy with annotations set: those that are there keep place and style, others follow in single quotes."""
    metadata = Ordered(_sorted(item.get("metadata") or {}))
    annotations = Ordered(_sorted(metadata.get("annotations") or {}))
    annotations.update({name: text if name in annotations else Single(text) for name, text in added.items()})
    metadata["annotations"] = annotations
    whole = Ordered(_sorted(item))
    whole["metadata"] = metadata
    return whole


def _sorted(mapping: dict[str, Any]) -> dict[str, Any]:
    return mapping if isinstance(mapping, Ordered) else {key: mapping[key] for key in sorted_keys(list(mapping))}


def received(manifest: dict[str, Any], items: list[dict[str, Any]], where: Where) -> dict[str, Any]:
    """Take the notes of the exchange out of an object that was printed, and give it a path if it has none.

    Raises KustomizationError for annotations that name two paths; where one of them is that of the item that was
    given, the other one counts.
    """
    annotations = annotations_of(manifest)
    given = annotations.get(_MIGRATION_ID, "")
    for name in _ADDED:
        annotations.pop(name, None)
    known = _paths(items[int(given)]) if given.isdecimal() and int(given) < len(items) else ()
    paths = [path for path in _paths(manifest) if path] or [_default_path(manifest)]
    changed = [path for path in paths if path not in known] or paths
    if len(set(changed)) > 1:
        raise where.error(f"printed {_named(manifest)} with the paths {changed[0]!r} and {changed[1]!r} in annotations")
    set_annotations(manifest, annotations | dict.fromkeys(_FILE_NOTES[0], changed[0]))
    return manifest


def _paths(manifest: dict[str, Any]) -> tuple[str, str]:
    annotations = annotations_of(manifest)
    legacy, internal = _FILE_NOTES[0]
    return annotations.get(internal, ""), annotations.get(legacy, "")


def _default_path(manifest: dict[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    name = f"{text_of(manifest['kind']).lower()}_{text_of(metadata.get('name', ''))}.yaml"
    return posixpath.normpath(posixpath.join(text_of(metadata.get("namespace", "")), name))


def _named(manifest: dict[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    return f"{text_of(manifest['kind'])}/{text_of(metadata.get('name', ''))}"
