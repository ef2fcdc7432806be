"""Edits inside of text that holds YAML or JSON, such as a file in a ConfigMap, for replacements.

The first part of a path that leads to such a text is where it is entered; the text is written back in its own style.
See setValueInStructuredData in kustomize's api/filters/replacement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.documents import Quoted
from imbricate.errors import DocumentError, FieldPathError
from imbricate.fieldpaths import MISSING, find_places, look_up
from imbricate.values import is_null, is_scalar, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbricate.documents.restyle import StructuredText

    Setter = Callable[[tuple[Any, Any]], None]


def set_in_text(manifest: dict[str, Any], names: tuple[str, ...], setter: Setter, made: Any) -> bool:
    """Set a field below a scalar whose text is structured; tell whether there was one that has the field.

    `made` gives the value for what is missing, as for `find_places`. What kustomize cannot write back it silently
    leaves as it was, and so do we.
    """
    found = _entered(manifest, names)
    if found is None:
        return False
    depth, structured = found
    try:
        places = find_places(structured.value, names[depth:], made)
        for place in places:
            setter(place)
        if places:
            _write_back(manifest, names[:depth], structured.text())
    except FieldPathError:
        return False
    except DocumentError:
        return True
    return bool(places)


def _entered(manifest: dict[str, Any], names: tuple[str, ...]) -> tuple[int, StructuredText] | None:
    from imbricate.documents.restyle import StructuredText  # noqa: PLC0415 - few replacements go into texts

    for depth in range(1, len(names)):
        try:
            value = look_up(manifest, names[:depth])
        except FieldPathError:
            continue
        if value is MISSING or not is_scalar(value) or is_null(value):
            continue
        try:
            return depth, StructuredText(text_of(value))
        except DocumentError:
            continue
    return None


def _write_back(manifest: dict[str, Any], names: tuple[str, ...], text: str) -> None:
    for container, key in find_places(manifest, names):
        container[key] = Quoted(text)
