"""Values → text as kyaml's RNode.String() gives it (go-yaml v3's encoder): keys keep their order, nothing folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.documents.face import face, fits_a_block, is_simple_key, literal, quoted, reads_as_syntax
from imbricate.documents.resolve import is_string_to_v2, plain_value
from imbricate.documents.scalars import Quoted, Scalar, Value, scalar_text

if TYPE_CHECKING:
    from collections.abc import Callable


def dump_node(value: Value) -> str:
    """Write a value as one YAML document: maps in the order of the dict, lists not indented under their key."""
    return write_block(value, list, _inline)


def write_block(
    value: Value, keys_of: Callable[[dict[Any, Value]], list[Any]], inline: Callable[[Value, int], str]
) -> str:
    """Write a value in block style, lists not indented under their key.

    `keys_of` gives the keys of a map in their order, `inline` what stands on the line of a key or a dash: a scalar or
    an empty collection, given the indent of further lines.
    """
    parts: list[str] = []
    _Block(keys_of, inline, parts.append).node(value, "", 0)
    return "".join(parts)


class _Block(NamedTuple):
    keys_of: Callable[[dict[Any, Value]], list[Any]]
    inline: Callable[[Value, int], str]
    put: Callable[[str], None]

    def node(self, value: Value, lead: str, indent: int) -> None:
        if isinstance(value, dict) and value:
            for key in self.keys_of(value):
                self._pair(scalar_text(key), value[key], lead, indent)
                lead = " " * indent
        elif isinstance(value, list) and value:
            for child in value:
                self.node(child, lead + "- ", indent + 2)
                lead = " " * indent
        else:
            self.put(f"{lead}{self.inline(value, indent)}\n")

    def _pair(self, key: str, value: Value, lead: str, indent: int) -> None:
        if not is_simple_key(key):
            self.put(f"{lead}? {self.inline(key, indent + 2)}\n")
            self.node(value, f"{' ' * indent}: ", indent + 2)
        elif isinstance(value, dict | list) and value:
            self.put(f"{lead}{self.inline(key, indent)}:\n")
            inner = indent if isinstance(value, list) else indent + 2
            self.node(value, " " * inner, inner)
        else:
            self.put(f"{lead}{self.inline(key, indent)}: {self.inline(value, indent + 2)}\n")


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
