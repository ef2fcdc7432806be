"""What manifests are made of, and the few questions that every stage asks of a value.

A value is a dict, a list, or a scalar. Plain Python scalars stand for the canonical spelling; `Scalar` keeps a spelling
that cannot be derived (`0x1F`, `1.50`, `~`), `Quoted` a string that was quoted although it need not be.
"""

from __future__ import annotations

import math
from typing import Any

from imbricate.documents import (
    Folded,
    Quoted,
    Scalar,
    folded_value,
    is_string_to_v2,
    json_float_text,
    json_value,
    plain_value,
    scalar_text,
)

Value = Any
Mapping = dict[str, Any]

EMPTY_NULL = Scalar("", None)
# A tuple: a union would be made anew at each question.
COLLECTIONS = (dict, list)
# From here on Go spells a float with an exponent (strconv, format g).
_EXPONENTS_FROM = 1e6


def is_null(value: Value) -> bool:
    """Tell whether a value is a YAML null in any spelling."""
    return value is None or (type(value) is Scalar and value.value is None)


def is_empty(value: Value) -> bool:
    """Tell whether a value is a null, an empty map or an empty list (kyaml: IsNilOrEmpty)."""
    return is_null(value) or (isinstance(value, COLLECTIONS) and not value)


def is_scalar(value: Value) -> bool:
    """Tell whether a value is neither a map nor a list."""
    return not isinstance(value, COLLECTIONS)


def text_of(value: Value) -> str:
    """Give the text of a scalar as it is spelled; a map or a list has none (kyaml: Node.Value)."""
    if type(value) is str:
        return value
    return "" if isinstance(value, COLLECTIONS) else str(scalar_text(value))


def copy_of(value: Value) -> Value:
    """Copy maps and lists all the way down; scalars are shared, they never change."""
    if isinstance(value, dict):
        return {key: copy_of(child) if isinstance(child, COLLECTIONS) else child for key, child in value.items()}
    if isinstance(value, list):
        return [copy_of(child) if isinstance(child, COLLECTIONS) else child for child in value]
    return value


MOST_COPIED = 1_000_000


def grows_out_of_proportion(value: Value) -> bool:
    """Tell whether a value has more parts than anybody means to copy: one that is copied into itself doubles."""
    pending, count = [value], 0
    while pending:
        one = pending.pop()
        if isinstance(one, COLLECTIONS):
            pending += one.values() if isinstance(one, dict) else one
        count += 1
        if count > MOST_COPIED:
            return True
    return False


def is_quoted(value: Value) -> bool:
    """Tell whether a scalar stands in quotes: it says so, or without them it would be no string."""
    if not isinstance(value, str):
        return False
    return isinstance(value, Quoted) or not isinstance(plain_value(value), str)


def restyled(old: Value, new: Value) -> Value:
    """Give `new` in the style of the scalar that it replaces, as kyaml's FieldSetter does.

    A number set over a quoted string becomes a string; a string stays one.
    """
    if is_quoted(old):
        return quoted_as(old, text_of(new))
    return str(new) if isinstance(new, Quoted) else new


def untagged(old: Value, text: str) -> Value:
    """Give what a bare text means in the place of `old`: a string where that was quoted, else what it reads as."""
    return quoted_as(old, text) if is_quoted(old) else plain_value(text)


def quoted_as(old: Value, text: str) -> Quoted:
    """Give a string in the quotes, or the folded block, of the scalar that it replaces."""
    return folded_value(text) if isinstance(old, Folded) else Quoted(text)


def kind_of(value: Value) -> str:
    """Name what a value is, for messages."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if is_null(value):
        return "null"
    if isinstance(value, Scalar):
        value = value.value
    return {bool: "a boolean", int: "a number", float: "a number"}.get(type(value), "a string")


def go_text(value: float) -> str:
    """Give a number or a boolean as Go prints it (strconv, format g)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else scalar_text(value)


def through_json(value: Value) -> Value:
    """Give a value as YAML reads the JSON that kustomize makes of it: spellings are gone, whole floats are integers."""
    if isinstance(value, dict):
        return {key: through_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [through_json(child) for child in value]
    value = json_value(value)
    return plain_value(json_float_text(value)) if isinstance(value, float) and math.isfinite(value) else value


def decoded_json(value: Value) -> Value:
    """Give a value as Go decodes its JSON where it knows no type: every number is a 64 bit float.

    As such it is spelled from there on, so that 1000000 is 1e+06 (kyaml: RNode.UnmarshalJSON).
    """
    if isinstance(value, dict):
        return {key: decoded_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [decoded_json(child) for child in value]
    value = json_value(value)
    if isinstance(value, str):
        return Quoted(value) if "\n" in value or not is_string_to_v2(value) else value
    return _as_float(value) if type(value) is int or type(value) is float else value


def _as_float(value: float) -> float:
    is_negative_zero = value == 0 and math.copysign(1, value) < 0
    is_whole = abs(value) < _EXPONENTS_FROM and value == int(value) and not is_negative_zero
    return int(value) if is_whole else float(value)
