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

    # Of a line: the column where it begins, the width of its dash, its key, the text behind these, and the value of
    # that if it is a scalar that ends there. What is not there is None.
    Parts = tuple[int, int, Any, Any, Any]

_LINE = re.compile(
    r"""(\ *+)(-\ ++)?(?:([A-Za-z_.][\w./-]*+|"[^"\\\n]++"|'[^'\n]++'):(?:\ +(.+)|\ )?|(.+))?""", re.VERBOSE
)
_PLAIN = re.compile(r"""(?:[^\s\-?:,\[\]{}#&*!|>'"%@`<]|-(?=[^\s]))""")
_NOT_IN_PLAIN = re.compile(r":(?: |$)")
_COMMENT = re.compile(r" +#.*$| +$")
_QUOTED = re.compile(r"""("[^"\\]*"|'(?:[^']|'')*')(?:\ +\#.*|\ *)$""", re.VERBOSE)
_ANY_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+\'""", re.DOTALL)
_END_OF_LINE = re.compile(r"(?: +#.*| *)$", re.MULTILINE)
_LITERAL = re.compile(r"\|([+-]?)(?: +#.*| *)$")
_BLANKS_ALONE = re.compile("^ +$", re.MULTILINE)
_MEMO_ENTRIES = 50_000
_MEMO_LINE = 80
_MAX_KEY = 100
_MAX_DEPTH = 50


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
        self._lines = text.split("\n")
        self._dialect = dialect
        # A line, and where in the text it begins.
        self._place = 0, 0

    def read(self) -> Value:  # noqa: C901, PLR0912, PLR0915 - the one hot loop: calls would cost more than the work
        """Go through all lines. `top` is the innermost open collection, `column` where its entries stand."""
        known, null = self._dialect.lines, self._dialect.plain("")
        root: Any = {}
        top: Any = root
        column = following = 0
        stack: list[tuple[int, Any]] = []
        key: Any = None
        last: str | None = None
        pending = False
        for index, line in enumerate(self._lines):
            if index < following:
                continue
            start, dash, name, text, value = known.get(line) or self._parts(line)
            if name is None and (text is None or text[0] == "#"):
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
                    last = None if text == "---" and not root and start == 0 else refuse()
                    continue
            else:
                if top is root and not root and start == 0:
                    root = top = []
                if type(top) is dict or start != column:
                    refuse()
                if name is None:
                    key, last = len(top), text
                    if value is None:
                        value, following = self._value(text, index, column)
                    top.append(value)
                    continue
                stack.append((column, top))
                column = start + dash
                item: dict[str, Value] = {}
                top.append(item)
                top = item
            if name in top:
                refuse()
            key, last = name, text
            if value is not None:
                top[name] = value
            elif text is None:
                top[name], pending = null, True
            else:
                top[name], following = self._value(text, index, column)
        return root

    def _parts(self, line: str) -> Parts:
        """Take a line apart; the parts of short ones are remembered, since most stand in many files."""
        found = _LINE.fullmatch(line)
        if found is None:
            refuse()
        indent, dash, name, text, rest = found.groups()
        if name is None:
            text = rest
        else:
            name = self._key(name)
            if text is not None and (text[0] == "#" or text.isspace()):
                text = None
        value = self._scalar(text) if text and text[0] != "#" else None
        parts = len(indent), len(dash or ""), name, text, value
        if len(line) <= _MEMO_LINE and len(self._dialect.lines) < _MEMO_ENTRIES:
            self._dialect.lines[line] = parts
        return parts

    def _key(self, name: str) -> str:
        if name[0] in "\"'":
            name = name[1:-1]
        elif not isinstance(self._dialect.plain(name), str):
            refuse()
        return refuse() if name == "<<" or len(name) > _MAX_KEY else name

    def _scalar(self, text: str) -> Value:
        """Read a scalar that ends with its line. Gives None for what may be none."""
        if len(text) > LONGEST_WORD and is_prose(text):
            return text
        first = text[0]
        if first in "[{|":
            return None
        if first in "\"'":
            quoted = _QUOTED.match(text)
            body = quoted[1][1:-1] if quoted else None
            return body if body is None else self._dialect.quoted(body if first == '"' else body.replace("''", "'"))
        plain = _COMMENT.sub("", text)
        return self._dialect.plain(plain) if _PLAIN.match(text) and not _NOT_IN_PLAIN.search(plain) else None

    def _value(self, text: str, line: int, column: int) -> tuple[Value, int]:
        """Read what follows a key or a dash where it is more than `_scalar` reads; give also the line after it."""
        first = text[0]
        if first in "[{":
            return self._flow(text), 0
        if first not in "|\"'":
            return self._null(text), 0
        end = self._end_of(line)
        read = self._literal if first == "|" else self._open_quotes
        value, lines = read(text, end, column)
        return value, line + lines + 1

    def _null(self, text: str) -> Value:
        """Read a scalar that is no text, so that `_scalar` seemed to find none."""
        return refuse() if self._dialect.plain(_COMMENT.sub("", text)) is not None else None

    def _end_of(self, line: int) -> int:
        """Give where in the text the line after this one begins."""
        known, begin = self._place
        begin += sum(map(len, self._lines[known : line + 1])) + line + 1 - known
        self._place = line + 1, begin
        return begin

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

    def _open_quotes(self, text: str, end: int, column: int) -> tuple[Value, int]:
        """Read a quoted scalar with escapes or of several lines, which are indented more than its key."""
        found = _ANY_QUOTED.match(self._text, end - 1 - len(text))
        if found is None or not _END_OF_LINE.match(self._text, found.end()) or _less_indented(column).search(found[0]):
            refuse()
        return self._carefully(found[0]), found[0].count("\n")

    def _literal(self, text: str, end: int, column: int) -> tuple[Value, int]:
        header = _LITERAL.match(text)
        following = _less_indented(column).search(self._text, end - 1)
        block = self._text[end : following.start() + 1 if following else len(self._text)]
        body = block.lstrip("\n")
        indent = len(body) - len(body.lstrip(" "))
        odd = header is None or not body.endswith("\n") or _BLANKS_ALONE.search(block)
        if odd or indent == 0 or _less_indented(indent - 1).search(block):
            refuse()
        value = self._dialect.quoted(_chomped(_without_indent(block, indent), header[1] if header else ""))
        return value, block.count("\n")

    def _continued(self, last: str | None, line: str) -> tuple[Value, str]:
        """Read a further line of a plain scalar, which may begin with any sign (libyaml: scan_plain_scalar)."""
        more = line.strip()
        if last is None or not _PLAIN.match(last):
            refuse()
        if " #" in last or " #" in more or _NOT_IN_PLAIN.search(more) or _NOT_IN_PLAIN.search(last):
            refuse()
        text = f"{last.rstrip()} {more}"
        return self._dialect.plain(text), text


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
