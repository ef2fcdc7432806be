"""What a strategic merge patch must know of a kind: which of its lists merge, and by which keys.

Out: `Schema`s, from the built-in tables or from an OpenAPI document that a kustomization brings (`openapi.path`), which
then stands instead of the built-in ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imbricate.schema_tables import CLUSTER_SCOPED, DEFINITIONS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFINITION_OF = {kind: definition for definition, kinds in KINDS.items() for kind in kinds}
_MAX_REFERENCES = 100
BUILT_IN_VERSION = "v1.21.2"


class Schema(Protocol):
    """The schema of one value."""

    @property
    def merge_keys(self) -> tuple[str, ...] | None:
        """Give the keys by which the elements of this list merge, `()` for scalars; None: a patch replaces the list."""

    def field(self, name: str) -> Schema | None:
        """Give the schema of a field of this map, None where nothing is known."""

    def elements(self) -> Schema | None:
        """Give the schema of the elements of this list, None where nothing is known."""


class Schemas(Protocol):
    """A set of kinds."""

    def of_kind(self, api_version: str, kind: str) -> Schema | None:
        """Give the schema of a kind, None when it is not known."""


def is_cluster_scoped(api_version: str, kind: str) -> bool:
    """Tell whether a kind certainly has no namespace; an unknown kind counts as namespaced (kyaml: openapi)."""
    return f"{api_version}/{kind}" in CLUSTER_SCOPED


class TableSchema(NamedTuple):
    """A schema of the built-in tables."""

    definition: str
    merge_keys: tuple[str, ...] | None = None

    def field(self, name: str) -> TableSchema | None:
        """Look the field up in this definition."""
        described = DEFINITIONS.get(self.definition, {}).get(name)
        return None if described is None else _described(described)

    def elements(self) -> TableSchema | None:
        """Give the definition without the list around it."""
        return TableSchema(self.definition) if self.definition else None


@lru_cache(maxsize=512)
def _described(text: str) -> TableSchema:
    keys, bracket, definition = text.rpartition("]")
    if not bracket:
        return TableSchema(text)
    listed = keys[1:]
    merge_keys = None if not listed else () if listed == "=" else tuple(listed.split(","))
    return TableSchema(definition.strip(), merge_keys)


class BuiltInSchemas:
    """The kinds of Kubernetes v1.21.2, as kustomize knows them."""

    def of_kind(self, api_version: str, kind: str) -> TableSchema | None:
        """Give the schema of a built-in kind."""
        definition = _DEFINITION_OF.get(f"{api_version}/{kind}")
        return TableSchema(definition) if definition else None


class OpenApiSchema(NamedTuple):
    """A schema of an OpenAPI v2 document."""

    body: dict[str, Any]
    definitions: dict[str, Any]

    @property
    def merge_keys(self) -> tuple[str, ...] | None:
        """Read the patch strategy and the merge keys."""
        strategy = self.body.get("x-kubernetes-patch-strategy")
        if not isinstance(strategy, str) or "merge" not in strategy.split(","):
            return None
        keys = self.body.get("x-kubernetes-list-map-keys")
        if isinstance(keys, list):
            return tuple(str(key) for key in keys)
        key = self.body.get("x-kubernetes-patch-merge-key")
        return (key,) if isinstance(key, str) else ()

    def field(self, name: str) -> OpenApiSchema | TableSchema | None:
        """Give the schema of a property, or of the values of a map."""
        properties = self.body.get("properties")
        body = properties.get(name) if isinstance(properties, dict) else None
        return self._resolved(body if body is not None else self.body.get("additionalProperties"))

    def elements(self) -> OpenApiSchema | TableSchema | None:
        """Give the schema of the items of an array."""
        return self._resolved(self.body.get("items")) if self.body.get("type") in ("array", ["array"]) else None

    def _resolved(self, body: Any) -> OpenApiSchema | TableSchema | None:
        for _ in range(_MAX_REFERENCES):
            if not isinstance(body, dict):
                return None
            reference = body.get("$ref")
            if not isinstance(reference, str) or not reference:
                return OpenApiSchema(body, self.definitions)
            name = reference.rpartition("/")[2]
            if not self.definitions:
                # A comment brings none of its own.
                return TableSchema(name.rpartition(".")[2])
            body = self.definitions.get(name)
        return None


class OpenApiSchemas:
    """The kinds that an OpenAPI v2 document defines by `x-kubernetes-group-version-kind`."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Take a document with `definitions`."""
        definitions = document.get("definitions")
        self._definitions: dict[str, Any] = definitions if isinstance(definitions, dict) else {}
        self._by_kind = dict(self._kinds())

    def _kinds(self) -> list[tuple[tuple[str, str], OpenApiSchema]]:
        found = []
        for body in self._definitions.values():
            kinds = body.get("x-kubernetes-group-version-kind") if isinstance(body, dict) else None
            for one in kinds if isinstance(kinds, list) else ():
                group, version, kind = (str(one.get(part) or "") for part in ("group", "version", "kind"))
                api_version = f"{group}/{version}" if group else version
                found.append(((api_version, kind), OpenApiSchema(body, self._definitions)))
        return found

    def of_kind(self, api_version: str, kind: str) -> OpenApiSchema | TableSchema | None:
        """Give the schema of a kind of this document; the Kustomization kind stays built in."""
        schema = self._by_kind.get((api_version, kind))
        if schema is None and api_version.startswith("kustomize.config.k8s.io/"):
            return BuiltInSchemas().of_kind(api_version, kind)
        return schema


BUILT_IN = BuiltInSchemas()


def is_known(api_version: str, kind: str) -> bool:
    """Tell whether a kind is built in."""
    return f"{api_version}/{kind}" in _DEFINITION_OF or is_cluster_scoped(api_version, kind)


class SchemasInEffect:
    """The kinds in effect at each moment of a build.

    The first `openapi` that a build meets counts. The root's stands alone; one of a base comes on top of the built-in
    kinds if these were in use before: by a strategic merge, or by a resource whose kind is not built in (kyaml keeps
    one global schema and loads the built-in part only when it is first needed).
    """

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._chosen: Schemas | None = None
        self._built_in_is_used = False
        self._values: list[Any] = []
        self.described: dict[int, Schema] = {}

    def describe(self, described: Iterable[tuple[Any, dict[str, Any]]]) -> None:
        """Take the schemas that comments give single values."""
        for value, body in described:
            # Kept, so that its identity stays its own.
            self._values.append(value)
            self.described[id(value)] = OpenApiSchema(body, {})

    def choose(self, schemas: Schemas | None) -> None:
        """Take the kinds that a layer brings, unless an earlier one did."""
        if self._chosen is None and schemas is not None:
            self._chosen = _Both(schemas, BUILT_IN) if self._built_in_is_used else schemas

    def note(self, api_version: str, kind: str) -> None:
        """Note a resource: one of an unknown kind makes the built-in kinds be loaded."""
        if self._chosen is None and not self._built_in_is_used:
            self._built_in_is_used = not is_known(api_version, kind)

    def of_kind(self, api_version: str, kind: str) -> Schema | None:
        """Give the schema of a kind."""
        if self._chosen is None:
            self._built_in_is_used = True
            return BUILT_IN.of_kind(api_version, kind)
        return self._chosen.of_kind(api_version, kind)


class _Both(NamedTuple):
    first: Schemas
    second: Schemas

    def of_kind(self, api_version: str, kind: str) -> Schema | None:
        return self.first.of_kind(api_version, kind) or self.second.of_kind(api_version, kind)
