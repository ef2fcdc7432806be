"""A quick reader of what most files hold: block maps and lists, with scalars that are plain, quoted or literal.

It gives what the careful reader gives, or nothing: whoever calls it turns to the careful one for everything else, such
as anchors, tags, tabs, odd indents, a key that stands twice, and every mistake, which only that one can explain.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imbricate.documents.flow_text import Dialect, OtherSyntaxError, read_flow, refuse
from imbricate.documents.resolve import LONGEST_WORD, is_prose
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from imbricate.documents.scalars import Value

    # Of a line: the column where it begins, the width of its dash, its key, what follows the key, or else the rest.
    # What is not there is None.
    Parts = tuple[int, int, Any, Any, Any]

_LINE = re.compile(r"""(\ *)(-\ +)?(?:([A-Za-z_][\w./-]*|"[^"\\\n]+"|'[^'\n]+'):(?:\ +(.+))?|(.+))?""", re.VERBOSE)
_PLAIN = re.compile(r"""(?:[^\s\-?:,\[\]{}#&*!|>'"%@`<]|-(?=[^\s]))""")
_NOT_IN_PLAIN = re.compile(r":(?: |$)")
_COMMENT = re.compile(r" +#.*$| +$")
_QUOTED = re.compile(r"""("[^"\\]*"|'(?:[^']|'')*')(?:\ +\#.*|\ *)$""", re.VERBOSE)
_ANY_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+\'""", re.DOTALL)
_END_OF_LINE = re.compile(r"(?: +#.*| *)$", re.MULTILINE)
_LITERAL = re.compile(r"\|([+-]?)(?: +#.*| *)$")
_BLANKS_ALONE = re.compile("^ +$", re.MULTILINE)
_CONTINUATION = re.compile(r"[A-Za-z0-9(]")
_MEMO_ENTRIES = 50_000
_MEMO_TEXT = 200
_MEMO_LINE = 80
_MAX_KEY = 100
_MAX_DEPTH = 50
_lines: dict[str, Parts] = {}


def read_block(text: str, dialect: Dialect) -> Value:
    """Read a document that is a map or a list in block style. Gives None when it is for the careful reader."""
    if not text.replace("\n", "").isprintable():
        return None
    try:
        return _Reader(text, dialect).read() or None
    except (OtherSyntaxError, DocumentError):
        return None


class _Reader:
    def __init__(self, text: str, dialect: Dialect) -> None:
        self._text = text
        self._dialect = dialect
        # Where the last scalar ends that takes more than one line.
        self._end = 0

    def read(self) -> Value:  # noqa: C901, PLR0912, PLR0915 - the one hot loop: calls would cost more than the work
        """Go through all lines. `top` is the innermost open collection, `column` where its entries stand."""
        scalars, keys = self._dialect.scalars, self._dialect.keys
        null = self._dialect.plain("")
        root: Any = {}
        top: Any = root
        column = 0
        stack: list[tuple[int, Any]] = []
        key: Any = None
        last: str | None = None
        pending = False
        known = _lines
        begin = end = 0
        for line in self._text.split("\n"):
            begin, end = end, end + len(line) + 1
            if begin < self._end:
                continue
            start, dash, name, value, other = known.get(line) or _parts(line)
            if name is None and (other is None or other[0] == "#"):
                last = refuse() if dash else None
                continue
            if pending:
                pending = False
                if start > column or (dash and start == column):
                    if len(stack) > _MAX_DEPTH:
                        refuse()
                    new: Any = [] if dash else {}
                    top[key] = new
                    stack.append((column, top))
                    column, top = start, new
            elif start > column:
                top[key], last = self._continued(last, line)
                continue
            while start < column:
                column, top = stack.pop()
            if not dash:
                if type(top) is list and stack:
                    column, top = stack.pop()
                if name is None or start != column or type(top) is list:
                    last = None if other == "---" and not root and start == 0 else refuse()
                    continue
            else:
                if top is root and not root and start == 0:
                    root = top = []
                if type(top) is dict or start != column:
                    refuse()
                if name is None:
                    key, last = len(top), other
                    found = scalars.get(other)
                    top.append(self._value(other, end, column) if found is None else found)
                    continue
                stack.append((column, top))
                column = start + dash
                item: dict[str, Value] = {}
                top.append(item)
                top = item
            if name not in keys:
                name = self._key(name)
            if name in top:
                refuse()
            key, last = name, value
            found = null if value is None else scalars.get(value)
            pending = value is None or (found is None and (value[0] == "#" or value.isspace()))
            top[name] = null if pending else self._value(value, end, column) if found is None else found
        return root

    def _key(self, name: str) -> str:
        if name[0] in "\"'":
            name = name[1:-1]
        elif isinstance(self._dialect.plain(name), str) and len(self._dialect.keys) < _MEMO_ENTRIES:
            self._dialect.keys.add(name)
        else:
            refuse()
        return refuse() if name == "<<" or len(name) > _MAX_KEY else name

    def _value(self, text: str, end: int, column: int) -> Value:
        """Read what follows a key or a dash, up to the end of its line."""
        if len(text) > LONGEST_WORD and is_prose(text):
            return text
        first = text[0]
        if first in "[{":
            return self._flow(text)
        if first == "|":
            return self._literal(text, end, column)
        quoted = _QUOTED.match(text) if first in "\"'" else None
        if quoted:
            body = quoted[1][1:-1]
            value = self._dialect.quoted(body if first == '"' else body.replace("''", "'"))
        elif first in "\"'":
            return self._open_quotes(end - 1 - len(text), column)
        else:
            plain = _COMMENT.sub("", text)
            if not _PLAIN.match(text) or _NOT_IN_PLAIN.search(plain):
                refuse()
            value = self._dialect.plain(plain)
        if len(text) <= _MEMO_TEXT and len(self._dialect.scalars) < _MEMO_ENTRIES:
            self._dialect.scalars[text] = value
        return value

    def _flow(self, text: str) -> Value:
        text = _COMMENT.sub("", text)
        try:
            return read_flow(text, self._dialect)
        except OtherSyntaxError:
            return self._carefully(text) if text[-1] in "]}" else refuse()

    def _carefully(self, text: str) -> Value:
        # Within brackets, so that it is not taken for a document of its own; the last shows that they stayed closed.
        found = self._dialect.flow(f"[{text}\n, last]")
        return found[0] if found[1:] == ["last"] else refuse()

    def _open_quotes(self, start: int, column: int) -> Value:
        """Read a quoted scalar with escapes or of several lines, which are indented more than its key."""
        found = _ANY_QUOTED.match(self._text, start)
        if found is None or not _END_OF_LINE.match(self._text, found.end()) or _less_indented(column).search(found[0]):
            refuse()
        self._end = found.end()
        return self._carefully(found[0])

    def _literal(self, text: str, start: int, column: int) -> Value:
        header = _LITERAL.match(text)
        following = _less_indented(column).search(self._text, start - 1)
        self._end = following.start() + 1 if following else len(self._text)
        block = self._text[start : self._end]
        body = block.lstrip("\n")
        indent = len(body) - len(body.lstrip(" "))
        odd = header is None or not body.endswith("\n") or _BLANKS_ALONE.search(block)
        if odd or indent == 0 or _less_indented(indent - 1).search(block):
            refuse()
        return self._dialect.quoted(_chomped(_without_indent(block, indent), header[1] if header else ""))

    def _continued(self, last: str | None, line: str) -> tuple[Value, str]:
        """Read a further line of a plain scalar."""
        more = line.strip()
        if last is None or not _PLAIN.match(last) or not _CONTINUATION.match(more):
            refuse()
        text = f"{last.rstrip()} {more}"
        if " #" in text or _NOT_IN_PLAIN.search(text):
            refuse()
        return self._dialect.plain(text), text


def _parts(line: str) -> Parts:
    """Take a line apart; the parts of short ones are remembered, since most stand in many files."""
    found = _LINE.fullmatch(line)
    if found is None:
        refuse()
    indent, dash, name, value, other = found.groups()
    parts = len(indent), len(dash or ""), name, value, other
    if len(line) <= _MEMO_LINE and len(_lines) < _MEMO_ENTRIES:
        _lines[line] = parts
    return parts


@lru_cache(maxsize=128)
def _less_indented(column: int) -> re.Pattern[str]:
    """Give the pattern of a line, with the break before it, that begins in this column or before."""
    return re.compile(rf"\n {{0,{column}}}[^ \n]")


def _without_indent(block: str, indent: int) -> str:
    return ("\n" + block).replace("\n" + " " * indent, "\n")[1:]


def _chomped(text: str, chomping: str) -> str:
    if chomping == "+":
        return text
    return text.rstrip("\n") + ("" if chomping == "-" else "\n")
