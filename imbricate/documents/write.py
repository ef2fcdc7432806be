"""Values → text: the bytes that `kustomize build` prints (JSON, then sigs.k8s.io/yaml with go-yaml v2's emitter)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn

from imbricate.documents.face import (
    LITERAL,
    NO_BREAK,
    ODD,
    WIDTH,
    after_json,
    face,
    fold,
    fold_prose,
    is_simple_key,
    literal,
    single_with_separators,
)
from imbricate.documents.floats import float_text, json_float_text
from imbricate.documents.go_json import json_string
from imbricate.documents.keyorder import sorted_keys
from imbricate.documents.resolve import LONGEST_WORD, config_value, is_prose
from imbricate.documents.scalars import EMPTY_IN_FLOW, Folded, Scalar, Value, scalar_text
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Put = Callable[[str], None]

LONGEST_JSON_KEY = 1024
_MEMO_ENTRIES = 50_000
_MEMO_TEXT = 200
NEXT_LINE = "\x85"
_SPECIAL = (LITERAL, ODD, NEXT_LINE)
_FULL = WIDTH + 1
# What is longer seldom stands twice.
_LONG = 60
_faces: dict[str, str] = {}
_orders: dict[tuple[str, ...], list[tuple[str, str]]] = {}


def write(documents: Iterable[Value]) -> str:
    """Write documents as `kustomize build` does, with `---` lines between them.

    Raises DocumentError, with the path of the field, for what kustomize cannot print: an infinity or NaN, a map key
    that is no string, a control character.
    """
    return "---\n".join([write_document(document) for document in documents])


def write_document(value: Value) -> str:
    """Write one document. Raises DocumentError as `write` does."""
    parts: list[str] = []
    try:
        _node(value, "", 0, parts.append)
    except ValueError as error:
        raise DocumentError("", None, None, f"{_path_of_fault(value)}{error}") from None
    except RecursionError:
        raise DocumentError("", None, None, "is nested too deeply to be written") from None
    text = "".join(parts)
    return text.replace(NO_BREAK + "\n", "") if NO_BREAK in text else text


def _path_of_fault(value: Value) -> str:
    """Give the path of the innermost part that cannot be written, with a colon; nothing for the whole."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    unread: list[str] = []
    for key, child in children:
        try:
            _node(child, "", 0, unread.append)
        except ValueError:
            step = f"[{key}]" if isinstance(value, list) else scalar_text(key)
            rest = _path_of_fault(child)
            return f"{step}{'' if rest[:1] in ('[', '') else '.'}{rest}" if rest else f"{step}: "
    return ""


def _node(value: Value, lead: str, indent: int, put: Put) -> None:
    """Write a value whose first line begins with `lead`, which is as wide as the indent of the others."""
    if type(value) is dict and value:
        _map(value, lead, indent, put)
    elif type(value) is list and value:
        _list(value, lead + "- ", indent, put)
    else:
        put(lead + _inline(value, len(lead), indent) + "\n")


def _map(mapping: dict[str, Value], lead: str, indent: int, put: Put) -> None:
    pad = " " * indent
    for key, label in _orders.get(tuple(mapping)) or _ordered(mapping):
        value = mapping[key]
        kind = type(value)
        if not label:
            _long_key(key, value, lead, indent, put)
        elif kind is str:
            prose = len(value) > _LONG and is_prose(value)
            text = value if prose else _faces.get(value) or _face(value)
            line = f"{lead}{label} {text}\n"
            if len(line) <= _FULL and (len(text) > 1 or text not in _SPECIAL):
                put(line)
            elif prose:
                put(f"{lead}{label} {fold_prose(text, len(lead) + len(label) + 1, pad + '  ')}\n")
            else:
                put(f"{lead}{label} {_block_or_fold(value, text, len(lead) + len(label) + 1, indent + 2)}\n")
        elif kind is dict and value:
            put(f"{lead}{label}\n")
            _map(value, pad + "  ", indent + 2, put)
        elif kind is list and value:
            put(f"{lead}{label}\n")
            _list(value, pad + "- ", indent, put)
        else:
            put(f"{lead}{label} {_inline(value, len(lead) + len(label) + 1, indent + 2)}\n")
        lead = pad


def _list(items: list[Value], lead: str, indent: int, put: Put) -> None:
    pad = " " * indent + "- "
    for value in items:
        kind = type(value)
        if kind is dict and value:
            _map(value, lead, indent + 2, put)
        elif kind is list and value:
            _list(value, lead + "- ", indent + 2, put)
        else:
            put(f"{lead}{_inline(value, len(lead), indent + 2)}\n")
        lead = pad


def _inline(value: Value, column: int, indent: int) -> str:
    """Give what follows a key or a dash: a scalar, folded or as a block where need be, or an empty map or list."""
    if type(value) is Scalar:
        value = "" if value is EMPTY_IN_FLOW else value.value
    if isinstance(value, str):
        if type(value) is Folded:
            value = value.written
        text = _faces.get(value) or _face(value)
        return (
            text if column + len(text) < _FULL and text not in _SPECIAL else _block_or_fold(value, text, column, indent)
        )
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return _int_text(value)
    if isinstance(value, float):
        return _float_text(value)
    if value in ({}, []):
        return "{}" if value == {} else "[]"
    raise TypeError(f"expected a dict, a list, a plain scalar or a Scalar, found {type(value).__name__}")


def _block_or_fold(value: str, text: str, column: int, indent: int) -> str:
    pad = " " * indent
    if text == NEXT_LINE:
        return _inline(after_json(value), column, indent)
    if text == LITERAL:
        return literal(value, pad)
    return single_with_separators(value, column, pad) if text == ODD else fold(text, column, pad)


def _int_text(value: int) -> str:
    return str(value) if -(2**63) <= value < 2**64 else float_text(float(value))


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"expected a number that JSON can hold, found {float_text(value)}")
    # What reads like an integer in JSON is one from there on.
    again = config_value(json_float_text(value))
    return float_text(again) if isinstance(again, float) else str(again)


def _face(value: str) -> str:
    if len(value) > LONGEST_WORD and is_prose(value):
        text = value
    else:
        text = face(value) if value.isprintable() or value == after_json(value) else NEXT_LINE
    if len(value) <= _MEMO_TEXT:
        if len(_faces) >= _MEMO_ENTRIES:
            _faces.clear()
        _faces[value] = text
    return text


def _ordered(mapping: dict[str, Value]) -> list[tuple[str, str]]:
    """Give the keys in the order of the output, each with its label; "" for one that needs a line of its own."""
    for key in mapping:
        if not isinstance(key, str):
            _refuse_key(key)
    order = [(key, _label(key)) for key in sorted_keys(list(mapping))]
    if len(_orders) >= _MEMO_ENTRIES:
        _orders.clear()
    _orders[tuple(mapping)] = order
    return order


def _label(key: str) -> str:
    if after_json(key) != key:
        raise ValueError("found the line break U+0085 in a map key")
    if len(json_string(key)) > LONGEST_JSON_KEY:
        raise ValueError(
            f"expected a map key of at most {LONGEST_JSON_KEY} characters in JSON, found one of {len(key)}"
        )
    return face(key) + ":" if is_simple_key(key) else ""


def _refuse_key(key: Value) -> NoReturn:
    raise ValueError(f"expected a string for a map key, found {scalar_text(key) or 'null'}; put it in quotes")


def _long_key(key: str, value: Value, lead: str, indent: int, put: Put) -> None:
    pad = " " * indent
    put(f"{lead}? {_inline(key, len(lead) + 2, indent + 2)}\n")
    _node(value, f"{pad}: ", indent + 2, put)
