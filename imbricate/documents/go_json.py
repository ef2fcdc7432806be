"""Values → JSON as Go's encoding/json writes it: sorted keys, no blanks, < > & U+2028 U+2029 escaped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imbricate.documents.floats import json_float_text
from imbricate.documents.scalars import Value, json_value, scalar_text
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = str.maketrans(
    {sign: f"\\u{ord(sign):04x}" for sign in (*map(chr, range(0x20)), *"<>&\u2028\u2029")}
    | {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)


def go_json(value: Value) -> str:
    """Write a value as JSON. Raises DocumentError for an infinity, a NaN, and a value that JSON does not have."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def _write(value: Value, put: Callable[[str], None]) -> None:
    if isinstance(value, str):
        put(json_string(value))
    elif isinstance(value, dict):
        separator = "{"
        for key in sorted(value, key=scalar_text):  # by code points, which UTF-8 keeps in order
            put(separator + json_string(scalar_text(key)) + ":")
            _write(value[key], put)
            separator = ","
        put("}" if value else "{}")
    elif isinstance(value, list):
        separator = "["
        for item in value:
            put(separator)
            _write(item, put)
            separator = ","
        put("]" if value else "[]")
    else:
        put(_scalar(value))


def _scalar(value: Value) -> str:
    value = json_value(value)
    if isinstance(value, str):
        return json_string(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise DocumentError("", None, None, f"expected a number that JSON can hold, found {scalar_text(value)}")
        return json_float_text(value)
    return scalar_text(value)


def json_string(text: str) -> str:
    """Quote a string as Go does."""
    return f'"{text.translate(_ESCAPES)}"'
