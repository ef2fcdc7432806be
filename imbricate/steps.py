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


class Cause(NamedTuple):
    """What made or changed objects: a field of a layer's kustomization (`patches[2]`), and the plugin that it is there.

    `field` is empty for what a build does by itself once all layers are done. `path` is that of a file of resources;
    `config` the configuration of a plugin that has one of its own.
    """

    layer: Layer
    field: str
    plugin: str
    path: str = ""
    config: Resource | None = None


class Observer:
    """Is told of each step of a composition right after it; this one does not listen."""

    def loaded(self, resource: Resource, cause: Cause) -> None:
        """Hear of an object that was read."""

    def generated(self, resource: Resource, replaced: Resource | None, cause: Cause) -> None:
        """Hear of an object that was made, and the one that it replaced or was merged into."""

    def applied(self, resources: ResMap, touched: Sequence[Resource] | None, cause: Cause) -> None:
        """Hear that a step is done; `touched` are the objects that it meant, None means all of them."""


SILENT = Observer()

if TYPE_CHECKING:
    Transformer = Callable[[ResMap, Context], Iterator[Applied]]
