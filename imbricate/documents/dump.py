"""Values → text as kyaml's RNode.String() gives it (go-yaml v3's encoder): keys keep their order, nothing folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.documents.face import BREAKS, face, fits_a_block, literal, quoted, reads_as_syntax
from imbricate.documents.resolve import is_string_to_v2, plain_value
from imbricate.documents.scalars import Quoted, Scalar, Value, scalar_text

if TYPE_CHECKING:
    from collections.abc import Callable

    Put = Callable[[str], None]

_SIMPLE_KEY_BYTES = 128


def dump_node(value: Value) -> str:
    """Write a value as one YAML document: maps in the order of the dict, lists not indented under their key."""
    parts: list[str] = []
    _node(value, "", 0, parts.append)
    return "".join(parts)


def _node(value: Value, lead: str, indent: int, put: Put) -> None:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            _pair(scalar_text(key), child, lead, indent, put)
            lead = " " * indent
    elif isinstance(value, list) and value:
        for child in value:
            _node(child, lead + "- ", indent + 2, put)
            lead = " " * indent
    else:
        put(lead + _inline(value, indent) + "\n")


def _pair(key: str, value: Value, lead: str, indent: int, put: Put) -> None:
    pad = " " * indent
    if len(key.encode()) > _SIMPLE_KEY_BYTES or BREAKS.search(key):
        put(f"{lead}? {_inline(key, indent + 2)}\n")
        _node(value, f"{pad}: ", indent + 2, put)
    elif isinstance(value, dict) and value:
        put(f"{lead}{_inline(key, indent)}:\n")
        _node(value, pad + "  ", indent + 2, put)
    elif isinstance(value, list) and value:
        put(f"{lead}{_inline(key, indent)}:\n")
        _node(value, pad, indent, put)
    else:
        put(f"{lead}{_inline(key, indent)}: {_inline(value, indent + 2)}\n")


def _inline(value: Value, indent: int) -> str:
    if isinstance(value, Quoted) and not is_string_to_v2(value):
        return quoted(value)
    if isinstance(value, str):
        return _string(value, indent)
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return value.text if type(value) is Scalar else scalar_text(value)


def _string(text: str, indent: int) -> str:
    if "\n" in text:
        return literal(text, " " * indent) if fits_a_block(text.replace("\t", "x")) else quoted(text)
    if not isinstance(plain_value(text), str):
        return quoted(text)
    if face(text)[:1] == '"' and "\t" not in text and text.isprintable():
        # Only go-yaml v2 quotes it, for what it means in YAML 1.1.
        return "'" + text.replace("'", "''") + "'" if reads_as_syntax(text) else text
    return face(text)
