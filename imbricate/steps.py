"""What every stage of a build shares: the layer and the field specs it works with, and the report of what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imbricate.decode import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imbricate.configuration import TransformerConfig
    from imbricate.layers import Layer
    from imbricate.resources import ResMap, Resource
    from imbricate.schema import SchemasInEffect


class Applied(NamedTuple):
    """One entry of a kustomization, applied: its field (`patches[2]`) and the resources that it meant.

    None means that the entry is about every resource; an empty sequence that it matched nothing.
    """

    field: str
    resources: Sequence[Resource] | None = None


class Context(NamedTuple):
    """What a transformer may look at: its layer, the field specs in effect there, the schemas of kinds."""

    layer: Layer
    config: TransformerConfig
    schemas: SchemasInEffect

    def where(self, field: str = "") -> Where:
        """Give the place of a field of the layer's kustomization, for messages."""
        return Where(self.layer.file, field)


if TYPE_CHECKING:
    Transformer = Callable[[ResMap, Context], Iterator[Applied]]
