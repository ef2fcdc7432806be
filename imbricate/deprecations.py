"""Fields of a kustomization that kustomize would rather not have: a warning for each that is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.decode import snake_case
from imbricate.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPRECATED = {
    "bases": "resources",
    "commonLabels": "labels",
    "imageTags": "images",
    "patchesJson6902": "patches",
    "patchesStrategicMerge": "patches",
    "vars": "replacements",
}


def deprecations(layer: Layer) -> Iterator[str]:
    """Give a warning for each deprecated field of a tree of layers, in the order of loading."""
    for field, instead in _DEPRECATED.items():
        if getattr(layer.kustomization, snake_case(field)) is not None:
            yield f"# Warning: {layer.file}: {field} is deprecated; use {instead}"
    for entries in (layer.resources, layer.components):
        for _, entry in entries:
            if isinstance(entry, Layer):
                yield from deprecations(entry)
