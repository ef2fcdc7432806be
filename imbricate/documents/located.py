"""Text → where each value of it stands: for messages that name lines, not for values.

Aliases are followed to what they stand for and merge keys to what they bring in, so a line is that of the text that
really holds the value. A text that cannot be read so has no lines; whoever builds from it has said why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from imbricate.documents.compose import MERGE_KEY, parser_of
from imbricate.documents.resource_text import split_documents
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK_HEADER = re.compile(r"[|][-+0-9]*")
_END: Any = object()


class Located:
    """A value and its line, from 1: a map (`pairs`, each key with its own line), a list (`items`) or a scalar (`text`).

    `first` is the line on which the text of a literal block begins, None for any other scalar.
    """

    __slots__ = ("first", "items", "line", "pairs", "text")

    def __init__(self, line: int) -> None:
        """Take the line; the rest is filled in while reading."""
        self.line = line
        self.text = ""
        self.first: int | None = None
        self.pairs: dict[str, tuple[int, Located]] = {}
        self.items: list[Located] = []

    def child(self, step: str | int) -> tuple[int, Located] | None:
        """Give a field or an element with its line, None when there is none."""
        if isinstance(step, str):
            return self.pairs.get(step)
        return (self.items[step].line, self.items[step]) if 0 <= step < len(self.items) else None

    def at(self, steps: tuple[str | int, ...]) -> tuple[int, Located] | None:
        """Give what stands at a path with its line, None when there is nothing."""
        found: tuple[int, Located] | None = (self.line, self)
        for step in steps:
            found = found[1].child(step) if found else None
        return found

    def scalars(self) -> Iterator[tuple[str, int, Located]]:
        """Give each scalar below with the key that it stands under and the line of that, in the order of the text."""
        for key, (line, value) in self.pairs.items():
            yield from value.scalars() if value.pairs or value.items else ((key, line, value),)
        for value in self.items:
            yield from value.scalars() if value.pairs or value.items else (("", value.line, value),)


def locate_config(text: str) -> Located:
    """Locate the first document of a text."""
    return _read(text, 0)


def locate_objects(text: str) -> list[Located]:
    """Locate the objects of a file in the order in which `manifests` gives them: empty ones dropped, lists opened."""
    try:
        parts = split_documents(text.replace("\r\n", "\n"), "")
    except DocumentError:
        return []
    found = [_read(part, line) for part, line in parts]
    if len(found) == 1 and _text(found[0], "kind") in {"List", "ResourceList"} and "items" in found[0].pairs:
        found = list(found[0].pairs["items"][1].items)
    pending = [one for one in found if one.pairs]
    objects = []
    while pending:
        one = pending.pop(0)
        if _text(one, "kind").endswith("List") and "items" in one.pairs:
            pending += one.pairs["items"][1].items
        else:
            objects.append(one)
    return objects


def _text(node: Located, key: str) -> str:
    return node.pairs[key][1].text if key in node.pairs else ""


def _read(text: str, first_line: int) -> Located:
    try:
        found = _Reader(text, first_line).value()
    except (yaml.YAMLError, KeyError, RecursionError):
        return Located(first_line + 1)
    return Located(first_line + 1) if found is _END else found


class _Reader:
    def __init__(self, text: str, first_line: int) -> None:
        self._get = parser_of(text).get_event
        self._lines = text.split("\n")
        self._first_line = first_line + 1
        self._anchors: dict[str, Located] = {}

    def value(self) -> Any:
        """Read the next value; _END at the end of a map, a list or the stream."""
        event = self._get()
        while event is not None and not isinstance(
            event,
            AliasEvent | ScalarEvent | MappingStartEvent | SequenceStartEvent | MappingEndEvent | SequenceEndEvent,
        ):
            event = self._get()
        if event is None or isinstance(event, MappingEndEvent | SequenceEndEvent):
            return _END
        if isinstance(event, AliasEvent):
            return self._anchors[str(event.anchor)]
        return self._new(event)

    def _new(self, event: Any) -> Located:
        node = Located(event.start_mark.line + self._first_line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(event, ScalarEvent):
            node.text = event.value
            node.first = self._first_of_block(event)
        elif isinstance(event, SequenceStartEvent):
            node.items = list(iter(self.value, _END))
        else:
            self._fill(node)
        return node

    def _first_of_block(self, event: Any) -> int | None:
        """Give the line after the header of a literal block: its text is there line by line."""
        if event.style != "|":
            return None
        header: int = event.start_mark.line
        while header < len(self._lines) and not _BLOCK_HEADER.search(self._lines[header], event.start_mark.column):
            header += 1
        return header + 1 + self._first_line

    def _fill(self, node: Located) -> None:
        merged: list[Located] = []
        for key in iter(self.value, _END):
            value = self.value()
            if key.text == MERGE_KEY:
                merged += value.items or [value]
            else:
                node.pairs[key.text] = (key.line, value)
        for one in merged:
            node.pairs = {**one.pairs, **node.pairs}
