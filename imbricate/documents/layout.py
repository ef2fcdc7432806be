"""How a YAML text is laid out: styles, tags, anchors and comments beside its value, for writing it again.

The comments go where go-yaml v3 attaches them: a group of lines to what follows it, to what stands before it when a
blank line or a smaller indent follows, a comment at the end of a line to that line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml
from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent, StreamEndEvent

from imbricate.documents.compose import MAX_DEPTH, Event, Mark, parser_of
from imbricate.documents.resolve import plain_value, quoted_value, tagged_value
from imbricate.documents.scalars import Scalar, Value
from imbricate.errors import DocumentError

_YAML_TAGS = "tag:yaml.org,2002:"
_LINE_COMMENT = re.compile(r"(?:[|>][-+0-9]*)?[ \t]+(#.*)$")


@dataclass(slots=True)
class Entry:
    """One key or one item: what stands around its value."""

    column: int = 0
    in_list: bool = False
    key: Entry | None = None
    value: Value = None
    text: str = ""
    style: str = ""
    tag: str = ""
    anchor: str = ""
    alias: str = ""
    flow: bool = False
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    comment: str = ""


@dataclass(slots=True)
class _Group:
    """Comment lines that stand together."""

    column: int
    blank_before: bool
    lines: list[str] = field(default_factory=list)
    blank_after: bool = False


def _groups(lines: list[str]) -> list[_Group]:
    """Gather the comments of lines that hold nothing else; a smaller indent begins a new group."""
    groups: list[_Group] = []
    is_open = blank = False
    for line in lines:
        text = line.strip()
        if not text.startswith("#"):
            blank = not text
            if is_open:
                groups[-1].blank_after = True
            is_open = False
            continue
        column = len(line) - len(line.lstrip())
        if not is_open or column < groups[-1].column:
            groups.append(_Group(column, blank))
        groups[-1].lines.append(text)
        is_open, blank = True, False
    return groups


class Layout:
    """The value of the first document of a text, and by container the entries of its keys or items."""

    def __init__(self, text: str) -> None:
        """Read a text. Raises DocumentError for what is no YAML, has no content, or nests too deeply."""
        self.entries: dict[int, dict[Any, Entry]] = {}
        self.head: list[str] = []
        self.foot: list[str] = []
        self._keep: list[Value] = []
        self._lines = text.split("\n")
        self._last_line = -1
        self._last: dict[int, Entry] = {}
        self._anchors: dict[str, Value] = {}
        self.root = Entry()
        try:
            self._read(parser_of(text))
        except yaml.YAMLError as error:
            self._fail(f"expected YAML: {getattr(error, 'problem', error)}")

    @staticmethod
    def _fail(message: str) -> NoReturn:
        raise DocumentError("", None, None, message)

    def _read(self, parser: Any) -> None:
        self._get = parser.get_event
        self._get()
        if type(self._get()) is StreamEndEvent:
            self._fail("expected a document, found none")
        self._node(self._get(), self.root, 0)
        self._end_comments()

    def _node(self, event: Event, entry: Entry, depth: int) -> Value:
        if depth > MAX_DEPTH:
            self._fail(f"is nested more than {MAX_DEPTH} levels deep")
        kind = type(event)
        if kind is AliasEvent:
            entry.alias = event.anchor
            entry.value = self._anchors.get(event.anchor)
            self._last_line = event.end_mark.line
        elif kind is ScalarEvent:
            self._scalar(event, entry)
        else:
            entry.tag, entry.anchor, entry.flow = event.tag or "", event.anchor or "", event.flow_style
            if not entry.flow:
                entry.comment = self._comment_after(event.start_mark.line - 1, 0) if entry.key else ""
            children = self._map(event, depth) if kind is MappingStartEvent else self._list(event, depth)
            entry.value = children
            if entry.flow:
                entry.comment = self._comment_after(self._end.line, self._end.column)
        if entry.anchor:
            self._anchors[entry.anchor] = entry.value
        return entry.value

    def _scalar(self, event: Event, entry: Entry) -> None:
        entry.text, entry.style, entry.anchor = event.value, event.style or "", event.anchor or ""
        entry.tag = "" if event.tag in {None, "!"} else event.tag
        entry.value = self._meaning(entry)
        end = event.end_mark
        block = entry.style in {"|", ">"} and entry.style != ""
        self._last_line = end.line - 1 if block and end.column == 0 else end.line
        at = event.start_mark if block else end
        entry.comment = self._comment_after(at.line, at.column)

    @staticmethod
    def _meaning(entry: Entry) -> Value:
        if entry.tag and entry.tag != _YAML_TAGS + "str":
            try:
                return tagged_value(entry.tag, entry.text)
            except ValueError as error:
                raise DocumentError("", None, None, str(error)) from None
        return quoted_value(entry.text) if entry.style or entry.tag else plain_value(entry.text)

    def _map(self, start: Event, depth: int) -> Value:
        mapping: dict[Any, Value] = {}
        entries: dict[Any, Entry] = {}
        while isinstance(event := self._get(), ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
            start_mark, end_mark = _marks(event)
            if type(event) is not ScalarEvent:
                self._fail("expected a scalar for a map key")
            entry = Entry(start_mark.column)
            if not start.flow_style:
                self._comments_before(start_mark.line, entry, depth, opens=not entries)
            entry.key = Entry()
            self._scalar(event, entry.key)
            key = entry.key.text
            if key in entries:
                self._fail(f"found the key {key!r} for the second time in one map")
            value_event = self._get()
            mapping[key] = self._node(value_event, entry, depth + 1)
            if type(value_event) is not ScalarEvent and not entry.flow and not entry.alias:
                entry.comment = self._comment_after(end_mark.line, end_mark.column + 1)
            entries[key] = entry
        self._close(start, event, mapping, entries)
        return mapping

    def _list(self, start: Event, depth: int) -> Value:
        items: list[Value] = []
        entries: dict[Any, Entry] = {}
        while isinstance(event := self._get(), ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
            entry = Entry(start.start_mark.column, in_list=True)
            if not start.flow_style:
                self._comments_before(_marks(event)[0].line, entry, depth, opens=not entries)
            entries[len(items)] = entry
            items.append(self._node(event, entry, depth + 1))
        self._close(start, event, items, entries)
        return items

    def _close(self, start: Event, end: Event, value: Value, entries: dict[Any, Entry]) -> None:
        self._keep.append(value)
        self.entries[id(value)] = entries
        if start.flow_style:
            self._end = end.end_mark
            self._last_line = self._end.line

    def _comment_after(self, line: int, column: int) -> str:
        found = _LINE_COMMENT.match(self._lines[line], column) if 0 <= line < len(self._lines) else None
        return found[1].rstrip() if found else ""

    def _comments_before(self, line: int, entry: Entry, depth: int, *, opens: bool) -> None:
        for group in _groups(self._lines[self._last_line + 1 : line]):
            column, lines, blank_after = group.column, group.lines, group.blank_after
            owner = self._owner(column)
            if column > entry.column and owner is not None:
                owner.after += [*lines, ""] if owner.in_list or blank_after else lines
            elif not self._last and blank_after:
                self.head += [*lines, ""]
            else:
                entry.before += [*lines, ""] if blank_after else lines
        if opens and depth and entry.before[-1:] == [""]:
            entry.before.pop()
        self._last_line = max(self._last_line, line - 1)
        self._last = {column: one for column, one in self._last.items() if column < entry.column}
        self._last[entry.column] = entry

    def _owner(self, column: int) -> Entry | None:
        fitting = [known for known in self._last if known <= column]
        return self._last[max(fitting)] if fitting else None

    def _end_comments(self) -> None:
        for group in _groups(self._lines[self._last_line + 1 :]):
            owner = self._owner(group.column)
            if group.blank_before or owner is None or group.column == 0:
                self.foot += ["", *group.lines] if group.blank_before else group.lines
            else:
                owner.after += group.lines

    def kind_of(self, entry: Entry) -> str:
        """Name the YAML type that a scalar had: str, int, float, bool, null or timestamp."""
        return type_name(plain_value(entry.text)) if not entry.style else "str"


def _marks(event: Event) -> tuple[Mark, Mark]:
    return event.start_mark, event.end_mark


def type_name(value: Value) -> str:
    """Name the YAML type of a scalar."""
    if type(value) is Scalar:
        return "timestamp" if isinstance(value.value, str) else type_name(value.value)
    names = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "str")
