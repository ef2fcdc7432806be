"""A quick reader of simple collections in brackets: on one line, of plain words, numbers and simple quoted strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbricate.documents.scalars import Value

_KEY = re.compile(r" *([A-Za-z_][\w./-]*): +")
_SCALAR = re.compile(r"""([A-Za-z0-9_./][\w./@=+-]*|"[^"\\]*"|'[^']*') *(?=[,\]}])""")
_COMMA = re.compile(r" *, *")
_WORDS = re.compile(r"\[ *[A-Za-z0-9_./][\w./@=+-]*+(?: *+, *+[A-Za-z0-9_./][\w./@=+-]*+)*+ *\]", re.ASCII)
_MAX_DEPTH = 20


class Dialect(NamedTuple):
    """What scalars mean: plain ones, quoted ones, and by the careful reader what is written in brackets.

    `lines` remembers what was read before; it belongs to the dialect alone.
    """

    plain: Callable[[str], Value]
    quoted: Callable[[str], Value]
    flow: Callable[[str], Value]
    lines: dict[str, Any]


class OtherSyntaxError(Exception):
    """The text holds something that the quick readers do not read."""


def refuse() -> NoReturn:
    """Leave a text to the careful reader."""
    raise OtherSyntaxError


def read_flow(text: str, dialect: Dialect) -> Value:
    """Read a collection that ends with the text. Raises OtherSyntaxError when it is for the careful reader."""
    if _WORDS.fullmatch(text):
        return [dialect.plain(word.strip()) for word in text[1:-1].split(",")]
    value, end = _value(text, 0, dialect, 0)
    return value if end == len(text) else refuse()


def _value(text: str, start: int, dialect: Dialect, depth: int) -> tuple[Value, int]:
    first = text[start : start + 1]
    if first in ("[", "{"):
        if depth > _MAX_DEPTH:
            refuse()
        return (_list if first == "[" else _map)(text, start + 1, dialect, depth + 1)
    found = _SCALAR.match(text, start) or refuse()
    word = found[1]
    return (dialect.quoted(word[1:-1]) if word[0] in "\"'" else dialect.plain(word)), found.end()


def _list(text: str, start: int, dialect: Dialect, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    position = _after_blanks(text, start)
    if text[position : position + 1] == "]":
        return items, position + 1
    while True:
        value, position = _value(text, position, dialect, depth)
        items.append(value)
        position = _after_blanks(text, position)
        if text[position : position + 1] == "]":
            return items, position + 1
        position = (_COMMA.match(text, position) or refuse()).end()


def _map(text: str, start: int, dialect: Dialect, depth: int) -> tuple[dict[str, Value], int]:
    mapping: dict[str, Value] = {}
    position = _after_blanks(text, start)
    if text[position : position + 1] == "}":
        return mapping, position + 1
    while True:
        found = _KEY.match(text, position) or refuse()
        key = found[1]
        if key in mapping or not isinstance(dialect.plain(key), str):
            refuse()
        mapping[key], position = _value(text, found.end(), dialect, depth)
        position = _after_blanks(text, position)
        if text[position : position + 1] == "}":
            return mapping, position + 1
        position = (_COMMA.match(text, position) or refuse()).end()


def _after_blanks(text: str, position: int) -> int:
    while text[position : position + 1] == " ":
        position += 1
    return position
