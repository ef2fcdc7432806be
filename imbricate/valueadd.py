"""ValueAddTransformer: one value written to a field, or into the file path that a field holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.errors import FieldPathError
from imbricate.fieldpaths import find_places
from imbricate.fieldspecs import split_path
from imbricate.transformers import METADATA_NAMESPACE, set_namespace_of
from imbricate.values import EMPTY_NULL, is_scalar, kind_of, text_of, untagged

if TYPE_CHECKING:
    from imbricate.resources import Resource


def add_value(resource: Resource, value: str, field_path: str, position: int) -> None:
    """Write `value` to a field, made where it is missing. Raises FieldPathError when the path does not fit.

    With a position above zero the field holds a file path, and the value becomes its part of that number.
    """
    if field_path == METADATA_NAMESPACE:
        set_namespace_of(resource, value)
        return
    for place in find_places(resource.manifest, split_path(field_path), lambda: EMPTY_NULL):
        _write(value, position, *place)


def _write(value: str, position: int, container: Any, key: Any) -> None:
    old = container[key]
    if not is_scalar(old):
        raise FieldPathError(f"{key}: expected a scalar, found {kind_of(old)}")
    text = _with_part(text_of(old), position - 1, value) if position > 0 else value
    container[key] = untagged(old, text)


def _with_part(path: str, position: int, part: str) -> str:
    """Insert a part into a file path; one that is absolute stays so."""
    parts = [one for one in path.split("/") if one]
    parts.insert(position, part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
