"""How go-yaml v2 presents one string: plain, 'single', "double" or as a literal block, and where a long line folds."""

from __future__ import annotations

import re

from imbricate.documents.resolve import is_string_to_v2

WIDTH = 80
_SIMPLE_KEY_BYTES = 128
_INDICATORS = frozenset("#,[]{}&*!|>'\"%@`")
_BLANK = frozenset(" \t")
_NEXT_LINES = re.compile(" *\x85[ \x85]*")
# Compiled when a text needs them: these take milliseconds.
_REFUSED = "[\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]"
_UNPRINTABLE = "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
_ESCAPED = '[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|["\\\\\u2028\u2029]'
BREAKS = re.compile("[\n\r\x85\u2028\u2029]")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_NAMED = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}
_ODD_BLANKS = re.compile(" [\u2028\u2029]|[\u2028\u2029] ")
_LINE_ENDS = frozenset("\n\u2028\u2029")
_LINE_START = re.compile("([\n\u2028\u2029])([^\n\u2028\u2029])")
LITERAL = "|"
ODD = "'"
NO_BREAK = "\0"


def is_simple_key(key: str) -> bool:
    """Tell whether a key can stand before a colon on its line; another one needs a line of its own."""
    return len(key.encode()) <= _SIMPLE_KEY_BYTES and not BREAKS.search(key)


def after_json(text: str) -> str:
    """Give a string as it comes out of kustomize's passage through JSON, which it reads as YAML.

    There U+0085 is a line break, and folds. Raises ValueError for a control character, which YAML refuses.
    """
    refused = re.search(_REFUSED, text)
    if refused:
        raise ValueError(f"found the character U+{ord(refused[0]):04X}, which YAML cannot hold")
    return _NEXT_LINES.sub(lambda found: "\n" * (found[0].count("\x85") - 1) or " ", text)


def face(text: str) -> str:  # noqa: PLR0911 - one return for each style
    """Give a string as it stands on one line: plain or in quotes; LITERAL when it is to stand as a block.

    ODD stands for a string with the line separators U+2028 and U+2029, which go into single quotes as they are.
    """
    if not text:
        return '""'
    if not text.isprintable() or not text.isascii():
        if "\n" in text:
            return LITERAL if fits_a_block(text) else quoted(text)
        if _has_unprintable(text):
            return quoted(text)
    if not is_string_to_v2(text) or _is_base60(text):
        return quoted(text)
    if "\u2028" in text or "\u2029" in text:
        return quoted(text) if _ODD_BLANKS.search(text) else ODD
    if text[0] == " " or text[-1] == " " or reads_as_syntax(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def quoted(text: str) -> str:
    """Give a string in double quotes; after a leading byte order mark every character is escaped."""
    if text.isascii() and text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if text[:1] == "\ufeff":
        return '"' + "".join(map(_escape, text)) + '"'
    return '"' + re.sub(_ESCAPED, lambda found: _escape(found[0]), text) + '"'


def _escape(sign: str) -> str:
    code = ord(sign)
    hexadecimal = f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
    return _NAMED.get(sign, hexadecimal)


def reads_as_syntax(text: str) -> bool:
    """Tell whether a plain text would be read as something else than one scalar."""
    first = text[0]
    return (
        first in _INDICATORS
        or (first in "?-:" and (len(text) == 1 or text[1] in _BLANK))
        or text[-1] == ":"
        or ": " in text
        or " #" in text
        or text.startswith(("---", "..."))
    )


def _has_unprintable(text: str) -> bool:
    plain = text.isascii() and text.replace("\n", "").isprintable()
    return not plain and re.search(_UNPRINTABLE, text) is not None


def fits_a_block(text: str) -> bool:
    """Tell whether a text with line breaks can be a literal block."""
    if text[-1] == " " or " \n" in text or _has_unprintable(text):
        return False
    return " \u2028" not in text and " \u2029" not in text


def _is_base60(text: str) -> bool:
    return ":" in text and text[0] in "0123456789+-" and _BASE60.match(text) is not None


def chomping(text: str) -> str:
    """Give what the header of a block scalar says of the line breaks at its end."""
    if text[-1] not in _LINE_ENDS:
        return "-"
    return "+" if len(text) == 1 or text[-2] in _LINE_ENDS else ""


def literal(text: str, indent: str) -> str:
    """Give a string as a literal block, header and lines, without a line break at the end.

    It ends in NO_BREAK where go-yaml does not go on to a new line either.
    """
    digit = "2" if text[0] in _LINE_ENDS or text[0] == " " else ""
    chomp = chomping(text)
    body = _LINE_START.sub(lambda found: found[1] + indent + found[2], "\n" + text)
    return f"|{digit}{chomp}" + (body[:-1] if text[-1] == "\n" else body + NO_BREAK if chomp != "-" else body)


def single_with_separators(text: str, column: int, indent: str) -> str:
    """Give a string with U+2028 or U+2029 in single quotes: they end a line, so the next sign is indented."""
    parts = ["'"]
    column += 1
    fresh = False
    for at, sign in enumerate(text):
        if sign in "\u2028\u2029":
            parts.append(sign)
            column, fresh = 0, True
            continue
        if sign == " " and column > WIDTH and 0 < at < len(text) - 1 and " " not in (text[at - 1], text[at + 1]):
            parts.append("\n" + indent)
            column = len(indent)
            continue
        written = (indent if fresh else "") + ("''" if sign == "'" else sign)
        parts.append(written)
        column, fresh = column + len(written), False
    return "".join(parts) + "'"


def fold_prose(text: str, column: int, indent: str) -> str:
    """Break a plain text whose words stand apart by one blank, as `fold` does."""
    lines = []
    start, width, last = 0, WIDTH + 1 - len(indent), len(text) - 1
    at = text.find(" ", max(0, WIDTH + 1 - column))
    while 0 < at < last:
        lines.append(text[start:at])
        start = at + 1
        at = text.find(" ", start + max(0, width))
    lines.append(text[start:])
    return f"\n{indent}".join(lines)


def fold(text: str, column: int, indent: str) -> str:
    """Break a plain or quoted text that starts in `column` at single blanks beyond the width, greedily."""
    quote = text[0] if text[0] in "'\"" else ""
    first, last = (2, len(text) - 3) if quote else (0, len(text) - 1)
    parts: list[str] = []
    start = 0
    at = text.find(" ", max(0, WIDTH + 1 - column))
    while at >= 0:
        precedes = text[at + 1 : at + 2] == " "
        if (at > 0 and text[at - 1] == " ") or not first <= at <= last or (precedes and quote != '"'):
            at = text.find(" ", at + 1)
            continue
        parts += text[start:at], "\n", indent, "\\" if precedes else ""
        start = at + 1
        at = text.find(" ", start + max(0, WIDTH + 1 - len(indent) - precedes))
    parts.append(text[start:])
    return "".join(parts)
