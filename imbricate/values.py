"""What manifests are made of, and the few questions that every stage asks of a value.

A value is a dict, a list, or a scalar. Plain Python scalars stand for the canonical spelling; `Scalar` keeps a spelling
that cannot be derived (`0x1F`, `1.50`, `~`), `Quoted` a string that was quoted although it need not be.
"""

from __future__ import annotations

from typing import Any

from imbricate.documents import Quoted, Scalar, json_value, plain_value, scalar_text

Value = Any
Mapping = dict[str, Any]

EMPTY_NULL = Scalar("", None)


def is_null(value: Value) -> bool:
    """Tell whether a value is a YAML null in any spelling."""
    return value is None or (type(value) is Scalar and value.value is None)


def is_empty(value: Value) -> bool:
    """Tell whether a value is a null, an empty map or an empty list (kyaml: IsNilOrEmpty)."""
    return is_null(value) or (isinstance(value, dict | list) and not value)


def is_scalar(value: Value) -> bool:
    """Tell whether a value is neither a map nor a list."""
    return not isinstance(value, dict | list)


def text_of(value: Value) -> str:
    """Give the text of a scalar as it is spelled; a map or a list has none (kyaml: Node.Value)."""
    return value if isinstance(value, str) else "" if isinstance(value, dict | list) else scalar_text(value)


def copy_of(value: Value) -> Value:
    """Copy maps and lists all the way down; scalars are shared, they never change."""
    if isinstance(value, dict):
        return {key: copy_of(child) if isinstance(child, dict | list) else child for key, child in value.items()}
    if isinstance(value, list):
        return [copy_of(child) if isinstance(child, dict | list) else child for child in value]
    return value


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
        return Quoted(text_of(new))
    return str(new) if isinstance(new, Quoted) else new


def untagged(old: Value, text: str) -> Value:
    """Give what a bare text means in the place of `old`: a string where that was quoted, else what it reads as."""
    return Quoted(text) if is_quoted(old) else plain_value(text)


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
    """Give a value as it is after a passage through JSON in Go: spellings are gone, whole floats are integers.

    Integers above 2**53 lose digits, as they do in kustomize, which reads JSON numbers as 64 bit floats.
    """
    if isinstance(value, dict):
        return {key: through_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [through_json(child) for child in value]
    return _json_scalar(json_value(value))


def _json_scalar(value: Value) -> Value:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else _json_scalar(float(value))
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    return str(value)
