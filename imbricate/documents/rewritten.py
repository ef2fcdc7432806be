"""Values → text as kyaml writes again what kustomize has printed: the styles of go-yaml v2, written by go-yaml v3.

It is what a function reads: keys in the order of the output, long lines left whole, lists not indented.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate.documents.face import BREAKS, LITERAL, NO_BREAK, ODD, after_json, face, literal
from imbricate.documents.keyorder import sorted_keys
from imbricate.documents.scalars import Scalar, Value, json_value
from imbricate.documents.write import SIMPLE_KEY_BYTES, write_document

if TYPE_CHECKING:
    from collections.abc import Callable

    Put = Callable[[str], None]


_LINE_START = re.compile("[\u2028\u2029](?=[^\u2028\u2029])")


class Single(str):
    """A string that is written in single quotes, as kyaml writes the annotations that it sets."""

    __slots__ = ()


class Ordered(dict[str, Value]):
    """A map whose keys keep their order, since kyaml has added some at its end."""

    __slots__ = ()


def rewrite(value: Value) -> str:
    """Write a value as one document. Raises DocumentError as `write_document` does."""
    write_document(_plain(value))  # refuses what cannot be printed
    parts: list[str] = []
    _node(value, "", 0, parts.append)
    return "".join(parts).replace(NO_BREAK + "\n", "")


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list) else value


def _node(value: Value, lead: str, indent: int, put: Put) -> None:
    if isinstance(value, dict) and value:
        for key in value if isinstance(value, Ordered) else sorted_keys(list(value)):
            _pair(key, value[key], lead, indent, put)
            lead = " " * indent
    elif isinstance(value, list) and value:
        for child in value:
            _node(child, lead + "- ", indent + 2, put)
            lead = " " * indent
    else:
        put(f"{lead}{_inline(value, indent)}\n")


def _pair(key: str, value: Value, lead: str, indent: int, put: Put) -> None:
    pad = " " * indent
    if len(key.encode()) > SIMPLE_KEY_BYTES or BREAKS.search(key):
        put(f"{lead}? {_inline(key, indent + 2)}\n")
        _node(value, f"{pad}: ", indent + 2, put)
    elif isinstance(value, dict | list) and value:
        put(f"{lead}{_inline(key, indent)}:\n")
        inner = indent if isinstance(value, list) else indent + 2
        _node(value, " " * inner, inner, put)
    else:
        put(f"{lead}{_inline(key, indent)}: {_inline(value, indent + 2)}\n")


def _inline(value: Value, indent: int) -> str:
    if isinstance(value, Single):
        return "'" + value.replace("'", "''") + "'"
    value = value.value if type(value) is Scalar else value
    if not isinstance(value, str):
        return write_document(value).rstrip("\n")
    text = after_json(json_value(value))
    if text == "<<":
        return "!!merge <<"
    found = face(text)
    if found == LITERAL:
        return literal(text, " " * indent)
    return _indented(text, " " * indent) if found == ODD else found


def _indented(text: str, pad: str) -> str:
    """Give a string in single quotes, in which U+2028 and U+2029 end a line."""
    return "'" + _LINE_START.sub(lambda sign: sign[0] + pad, text.replace("'", "''")) + "'"
