"""Strategic merge of a patch into a manifest, as kyaml's merge2 and walk packages do it (not as the API server does).

In: target and patch as values, and the schemas of kinds. Out: the merged target, changed in place, or MISSING when the
patch deletes it. The patch is consumed: parts of it become parts of the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.associative import (
    NOTHING,
    element_with,
    key_values,
    remove_elements,
    set_element,
    unify_values,
    valid_keys,
    with_rest,
)
from imbricate.errors import MergeError
from imbricate.values import is_null, is_scalar, kind_of, restyled, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imbricate.schema import Schema, Schemas

MISSING = NOTHING
DIRECTIVE = "$patch"

_Path = tuple[str, ...]


def strategic_merge(
    target: dict[str, Any], patch: dict[str, Any], schemas: Schemas, described: Mapping[int, Schema] | None = None
) -> Any:
    """Merge `patch` into `target`; `described` gives single values, by identity, a schema of their own.

    Raises MergeError when the two do not fit, with the field's path.
    """
    return _Merge(schemas, described or {}).walk(target, patch, None, ())


def _absent(value: Any) -> bool:
    return value is MISSING or is_null(value)


class _Keyed(NamedTuple):
    """A list that merges: the key texts of all elements, the keys, the elements' schema, and where it stands."""

    rows: list[tuple[str, ...]]
    keys: tuple[str, ...]
    schema: Schema | None
    path: _Path


class _Merge:
    def __init__(self, schemas: Schemas, described: Mapping[int, Schema]) -> None:
        self._schemas = schemas
        self._described = described

    def walk(self, target: Any, patch: Any, schema: Schema | None, path: _Path) -> Any:
        if self._described:
            schema = self._described.get(id(target)) or self._described.get(id(patch)) or schema
        if schema is None:
            schema = self._schema_of(target) or self._schema_of(patch)
        lead = patch if _absent(target) else target
        if isinstance(lead, dict) or _absent(lead):
            _require_kind(dict, target, patch, path)
            return self._map(target, patch, schema, path)
        if isinstance(lead, list):
            _require_kind(list, target, patch, path)
            return self._list(target, patch, schema, path)
        _require_kind(None, target, patch, path)
        return target if patch is MISSING else MISSING if is_null(patch) else patch

    def _schema_of(self, value: Any) -> Schema | None:
        """Objects with apiVersion and kind bring their schema, also inside of others."""
        if not isinstance(value, dict) or "kind" not in value or "apiVersion" not in value:
            return None
        return self._schemas.of_kind(text_of(value["apiVersion"]), text_of(value["kind"]))

    def _map(self, target: Any, patch: Any, schema: Schema | None, path: _Path) -> Any:
        merged = _merged_map(target, patch, path)
        if not isinstance(merged, dict):
            return merged
        changes = patch if isinstance(patch, dict) else {}
        for name in sorted(merged.keys() | changes.keys(), key=str):
            below = schema.field(name) if schema else None
            value = self.walk(merged.get(name, MISSING), changes.get(name, MISSING), below, (*path, name))
            _set_field(merged, name, value)
        return merged

    def _list(self, target: Any, patch: Any, schema: Schema | None, path: _Path) -> Any:
        keys = schema.merge_keys if schema else None
        if keys is None:
            return target if patch is MISSING else MISSING if is_null(patch) else patch
        merged = _merged_list(target, patch, path)
        if merged is MISSING:
            return MISSING
        rows = list(dict.fromkeys(_rows(patch, merged, keys)))
        if not rows:
            return merged
        if len(keys) > 1:
            unify_values(rows)
        elements = schema.elements() if schema else None
        return self._elements(merged, patch, _Keyed(rows, keys or ("",), elements, path))

    def _elements(self, target: list[Any], patch: Any, keyed: _Keyed) -> list[Any]:
        merged: list[Any] = []
        valid = keyed.keys
        for row in keyed.rows:
            valid, values = valid_keys(keyed.rows, row, keyed.keys)
            element = self._element(target, patch, (valid, values), keyed)
            if _absent(element) or element == {}:
                remove_elements(target, valid, values)
            else:
                _complete_keys(element, valid, values)
                set_element(merged, element, valid, values)
        return with_rest(merged, target, valid)

    def _element(self, target: list[Any], patch: Any, named: tuple[_Path, _Path], keyed: _Keyed) -> Any:
        keys, values = valid_keys([named[1]], named[1], named[0])
        ours, theirs = element_with(target, keys, values), element_with(patch, keys, values)
        return self.walk(ours, theirs, keyed.schema, (*keyed.path, f"[{','.join(values)}]"))


def _merged_map(target: Any, patch: Any, path: _Path) -> Any:
    """Decide what the fields are merged into: the target, or the patch where it is new or replaces."""
    if _absent(target):
        if patch is MISSING:
            # A null that is spelled out stays; an empty one goes (kustomize#4628).
            return target if target is not MISSING and text_of(target) else MISSING
        if is_null(patch):
            return MISSING
        directive = _map_directive(patch, path, lenient=True)
        return MISSING if directive == "delete" else patch
    if patch is MISSING:
        return target
    if is_null(patch):
        return MISSING
    directive = _map_directive(patch, path)
    return MISSING if directive == "delete" else patch if directive == "replace" else target


def _map_directive(patch: dict[str, Any], path: _Path, *, lenient: bool = False) -> str:
    if DIRECTIVE not in patch:
        return "merge"
    directive = text_of(patch[DIRECTIVE])
    if directive in {"delete", "replace", "merge"}:
        del patch[DIRECTIVE]
    elif not lenient:
        raise _unknown_directive(directive, path)
    return directive


def _unknown_directive(directive: str, path: _Path) -> MergeError:
    where = ".".join(path) or "the patch"
    return MergeError(f"{where}: unknown patch strategy {directive!r} in {DIRECTIVE}; known: delete, merge, replace")


def _merged_list(target: Any, patch: Any, path: _Path) -> Any:
    if _absent(target):
        return MISSING if _absent(patch) else patch
    if patch is MISSING:
        return target
    if is_null(patch):
        return MISSING
    directive = _list_directive(patch, path)
    return MISSING if directive == "delete" else patch if directive == "replace" else target


def _list_directive(patch: list[Any], path: _Path) -> str:
    """Read the directive of a list: an element that is nothing but `$patch`. Only the first one counts."""
    marked = next((one for one in patch if isinstance(one, dict) and DIRECTIVE in one), None)
    if marked is None or len(marked) > 1:
        return "merge"
    directive = text_of(marked[DIRECTIVE])
    if directive not in {"delete", "replace", "merge"}:
        raise _unknown_directive(directive, path)
    remove_elements(patch, (DIRECTIVE,), (directive,))
    return directive


def _rows(patch: Any, target: list[Any], keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give the key texts of all elements, the patch's first: that is the order of the result."""
    for elements in (patch, target):
        if isinstance(elements, list):
            yield from key_values(elements, keys) if keys else ((text_of(one),) for one in elements)


def _complete_keys(element: Any, keys: tuple[str, ...], values: tuple[str, ...]) -> None:
    if isinstance(element, dict):
        for key, value in zip(keys, values, strict=False):
            if value and key not in element:
                element[key] = untagged(None, value)


def _set_field(mapping: dict[str, Any], name: str, value: Any) -> None:
    if value is MISSING:
        mapping.pop(name, None)
        return
    old = mapping.get(name, MISSING)
    if old is not value:
        mapping[name] = restyled(old, value) if old is not MISSING and is_scalar(value) and is_scalar(old) else value


def _require_kind(kind: type | None, target: Any, patch: Any, path: _Path) -> None:
    for value in (target, patch):
        fits = is_scalar(value) if kind is None else isinstance(value, kind)
        if not fits and not _absent(value):
            expected = kind_of(target if value is patch else patch)
            raise MergeError(f"{'.'.join(path) or 'the patch'}: expected {expected}, found {kind_of(value)}")
