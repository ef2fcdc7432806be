"""From the events of a YAML parser to values: one document, aliases copied, merge keys applied, limits kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from imbricate.documents.scalars import Value, scalar_text
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 200
MAX_COPIED_NODES = 200_000
MAX_COPIED_TEXT = 20_000_000

PARSER: type[Any] = getattr(yaml, "CParser", None) or yaml.Loader
_NO_KEY = object()
MERGE = object()
"""What `scalar` of a composer gives for a merge key."""


class Composer:
    """Reads one document of a stream.

    `scalar` turns an event into a value, or MERGE; `pairs` makes a map of a list of (key, value, event of the key).
    """

    def __init__(self, file: str, first_line: int, scalar: Callable[[Any], Value], pairs: Callable[..., Value]) -> None:
        """Take the name of the file and the number of lines that stand before the text."""
        self.file = file
        self.first_line = first_line
        self._scalar = scalar
        self._pairs = pairs
        self._anchors: dict[str, Any] = {}
        self._copied_nodes = 0
        self._copied_text = 0

    def fail(self, mark: Any, message: str) -> NoReturn:
        """Raise a DocumentError at a mark of the parser."""
        line, column = (None, None) if mark is None else (mark.line + 1 + self.first_line, mark.column + 1)
        raise DocumentError(self.file, line, column, message)

    def compose(self, parser: Any) -> Value:
        """Read the content of a document whose start event has been taken, up to its end event."""
        get = parser.get_event
        stack: list[tuple[Any, ...]] = []
        items: list[Any] = []
        anchor_of_open: str | None = None
        while True:
            event = get()
            kind = type(event)
            if kind is ScalarEvent:
                value = self._scalar(event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = value
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    self.fail(event.start_mark, f"is nested more than {MAX_DEPTH} levels deep")
                stack.append((items, event))
                items = []
                if event.anchor is not None:
                    self._anchors[event.anchor] = _NO_KEY
                continue
            elif kind is AliasEvent:
                value = self._alias(event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                done = items
                items, start = stack.pop()
                value = [one for one, _ in done] if kind is SequenceEndEvent else self._pairs(self, done, start)
                if start.anchor is not None:
                    self._anchors[start.anchor] = value
                event = start
            else:
                return items[0][0] if items else None
            items.append((value, event))

    def _alias(self, event: Any) -> Value:
        name = event.anchor
        if name not in self._anchors:
            self.fail(event.start_mark, f"found the alias *{name}, expected an anchor &{name} before it")
        value = self._anchors[name]
        if value is _NO_KEY:
            self.fail(event.start_mark, f"found the alias *{name} inside of what &{name} names")
        return self.copied(value, event.start_mark)

    def copied(self, value: Value, mark: Any) -> Value:
        """Copy a value for a second place. Raises DocumentError when a document grows out of proportion by that."""
        self._copied_nodes += 1
        if self._copied_nodes > MAX_COPIED_NODES or self._copied_text > MAX_COPIED_TEXT:
            self.fail(mark, "grows out of proportion when its aliases are replaced by what they stand for")
        if isinstance(value, dict):
            return {key: self.copied(child, mark) for key, child in value.items()}
        if isinstance(value, list):
            return [self.copied(child, mark) for child in value]
        self._copied_text += len(scalar_text(value)) if value is not MERGE else 0
        return value
