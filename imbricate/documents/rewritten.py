"""Values → text as kyaml writes again what kustomize has printed: the styles of go-yaml v2, written by go-yaml v3.

It is what a function reads: keys in the order of the output, long lines left whole, lists not indented.
"""

from __future__ import annotations

import re

from imbricate.documents.dump import write_block
from imbricate.documents.face import LITERAL, NO_BREAK, ODD, after_json, face, literal
from imbricate.documents.keyorder import sorted_keys
from imbricate.documents.scalars import Value, json_value
from imbricate.documents.write import write_document

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
    return write_block(value, _keys, _inline).replace(NO_BREAK + "\n", "")


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list) else value


def _keys(mapping: dict[str, Value]) -> list[str]:
    return list(mapping) if isinstance(mapping, Ordered) else sorted_keys(list(mapping))


def _inline(value: Value, indent: int) -> str:
    if isinstance(value, Single):
        return "'" + value.replace("'", "''") + "'"
    value = json_value(value)
    if not isinstance(value, str):
        return write_document(value).rstrip("\n")
    text = after_json(value)
    if text == "<<":
        return "!!merge <<"
    found = face(text)
    if found == LITERAL:
        return literal(text, " " * indent)
    return _indented(text, " " * indent) if found == ODD else found


def _indented(text: str, pad: str) -> str:
    """Give a string in single quotes, in which U+2028 and U+2029 end a line."""
    return "'" + _LINE_START.sub(lambda sign: sign[0] + pad, text.replace("'", "''")) + "'"
