"""From the events of a YAML parser to values: one document, aliases copied, merge keys applied, limits kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from imbricate.documents.scalars import Value, scalar_text
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

# The events, marks and parsers of PyYAML have no common annotated types: libyaml's are made in C.
Event = Any
Mark = Any
Parser = Any

MERGE_KEY = "<<"
MERGE_TAG = "tag:yaml.org,2002:merge"
STR_TAG = "tag:yaml.org,2002:str"
MAX_DEPTH = 200
MAX_COPIED_NODES = 200_000
MAX_COPIED_TEXT = 20_000_000
_OPEN = object()
_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parser_of(text: str) -> Parser:
    """Make a parser that gives the events of a text: libyaml's where PyYAML has it, as `CLoader`."""
    make: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    # libyaml takes no subclass of str.
    return make(str(text))


class MergeKey(str):
    """What `scalar` of a composer gives for a merge key; where no key stands it is a string."""

    __slots__ = ()


class Composer:
    """Reads one document of a stream.

    `scalar` turns the composer and an event into a value, or a MergeKey; `pairs` makes a map of the list of its
    keys and values in turn, each with its event; `items` makes a list of such a list.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the reader's parts, passed once
        self,
        text: str,
        file: str,
        first_line: int,
        scalar: Callable[..., Value],
        pairs: Callable[..., Value],
        items: Callable[..., Value],
    ) -> None:
        """Take the name of the file and the number of lines that stand before the text."""
        self._text = text
        self._has_escaped_slash = "\\/" in text
        self.file = file
        self.first_line = first_line
        self._scalar = scalar
        self._pairs = pairs
        self._items = items
        self._anchors: dict[str, Any] = {}
        self._copied_nodes = 0
        self._copied_text = 0
        # Whether of a key that stands twice in a map the first counts, rather than none.
        self.takes_first = False

    def fail(self, mark: Mark, message: str) -> NoReturn:
        """Raise a DocumentError at a mark of the parser."""
        line, column = (None, None) if mark is None else (mark.line + 1 + self.first_line, mark.column + 1)
        raise DocumentError(self.file, line, column, message)

    def refuse(self, error: yaml.YAMLError) -> NoReturn:
        """Raise the DocumentError for an error of the parser."""
        if isinstance(error, MarkedYAMLError):
            self.fail(error.problem_mark or error.context_mark, f"expected YAML: {error.problem}")
        position = getattr(error, "position", 0)
        # libyaml counts bytes, PyYAML's own reader characters.
        in_characters = getattr(error, "encoding", "") == "unicode"
        before = self._text[:position] if in_characters else self._text.encode()[:position].decode(errors="ignore")
        line, column = before.count("\n") + 1 + self.first_line, len(before) - before.rfind("\n")
        raise DocumentError(
            self.file, line, column, f"expected text, found the character U+{getattr(error, 'character', 0):04X}"
        )

    def check_version(self, start: Event) -> None:
        """Refuse the start event of a document that says %YAML and not 1.1."""
        if start.version not in (None, (1, 1)):
            self.fail(start.start_mark, "expected %YAML 1.1, found %YAML " + ".".join(map(str, start.version)))

    def check_escapes(self, event: Event) -> None:
        """Refuse in double quotes what libyaml takes and go-yaml does not: an escaped slash, half a character."""
        text = event.value
        if not text.isascii() and _SURROGATE.search(text):
            self.fail(
                event.start_mark,
                "expected the escape of a whole character, found one of a surrogate (\\ud800 to \\udfff)",
            )
        if self._has_escaped_slash and _ESCAPED_SLASH.search(self._text, event.start_mark.index, event.end_mark.index):
            self.fail(event.start_mark, "found the escape \\/, which YAML 1.1 does not have; expected a bare /")

    def check_flow(self, items: list[Any]) -> None:
        """Refuse what libyaml takes within [] and {} and go-yaml does not: a plain scalar with a question mark."""
        for value, event in items:
            if type(value) is str and "?" in value[1:] and type(event) is ScalarEvent and not event.style:
                self.fail(
                    event.start_mark, f"found {value!r} within [] or {{}}; expected quotes around a text with a ?"
                )

    def document(self) -> Value:
        """Read the first document of the text, None when there is none. Raises DocumentError."""
        try:
            parser = parser_of(self._text)
            parser.get_event()
            event = parser.get_event()
            if type(event) is StreamEndEvent:
                return None
            self.check_version(event)
            return self.compose(parser)
        except yaml.YAMLError as error:
            self.refuse(error)

    def compose(self, parser: Parser) -> Value:
        """Read the content of a document whose start event has been taken, up to its end event."""
        get = parser.get_event
        stack: list[tuple[Any, ...]] = []
        items: list[Any] = []
        while True:
            event = get()
            kind = type(event)
            if kind is ScalarEvent:
                value = self._scalar(self, event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = value
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    self.fail(event.start_mark, f"is nested more than {MAX_DEPTH} levels deep")
                stack.append((items, event))
                items = []
                if event.anchor is not None:
                    self._anchors[event.anchor] = _OPEN
                continue
            elif kind is AliasEvent:
                value = self._alias(event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                done = items
                items, start = stack.pop()
                value = self._items(self, done, start) if kind is SequenceEndEvent else self._pairs(self, done, start)
                if start.anchor is not None:
                    self._anchors[start.anchor] = value
                event = start
            else:
                return items[0][0] if items else None
            items.append((value, event))

    def _alias(self, event: Event) -> Value:
        name = event.anchor
        if name not in self._anchors:
            self.fail(event.start_mark, f"found the alias *{name}, expected an anchor &{name} before it")
        value = self._anchors[name]
        if value is _OPEN:
            self.fail(event.start_mark, f"found the alias *{name} inside of what &{name} names")
        return self.copied(value, event.start_mark)

    def copied(self, value: Value, mark: Mark) -> Value:
        """Copy a value for a second place. Raises DocumentError when a document grows out of proportion by that."""
        self._copied_nodes += 1
        if self._copied_nodes > MAX_COPIED_NODES or self._copied_text > MAX_COPIED_TEXT:
            self.fail(mark, "grows out of proportion when its aliases are replaced by what they stand for")
        if isinstance(value, dict):
            return {key: self.copied(child, mark) for key, child in value.items()}
        if isinstance(value, list):
            return [self.copied(child, mark) for child in value]
        self._copied_text += len(scalar_text(value))
        return value
