"""What becomes of a folded block scalar (>) when kustomize writes it and reads it again, as it does for every resource.

go-yaml v3's emitter decides whether a line break must be doubled by the first line of the whole text, not by the line
that follows; so breaks before indented lines multiply, and a text that begins with a blank loses some.
"""

from __future__ import annotations

import re

from imbricate.documents.face import chomping, fits_a_block
from imbricate.documents.scalars import Folded

_LINES = re.compile("[\n\u2028\u2029]+|[^\n\u2028\u2029]+")
_LINE_ENDS = frozenset("\n\u2028\u2029")


def folded_value(text: str) -> Folded:
    """Give a string in the style of a folded block."""
    return Folded(text, _refolded(text) if "\n" in text[:-1] else text)


def _refolded(text: str) -> str:
    if not fits_a_block(text.replace("\t", "x")):
        return text
    from imbricate.documents.compose import parser_of  # noqa: PLC0415 - most builds need no PyYAML

    parser = parser_of(folded(text, "  "))
    for _ in ("start of the stream", "start of the document"):
        parser.get_event()
    return str(parser.get_event().value)


def folded(text: str, indent: str) -> str:
    """Give a string as go-yaml v3 writes it in a folded block."""
    begins_blank = text.lstrip("".join(_LINE_ENDS))[:1] in {"", " ", "\t"}
    parts = [">", "2" if text[0] in _LINE_ENDS or text[0] == " " else "", chomping(text), "\n"]
    indented = True
    for number, found in enumerate(_LINES.finditer(text)):
        run = found[0]
        if run[0] not in _LINE_ENDS:
            indented = run[0] in " \t"
            parts += indent, run
        else:
            parts += "\n" if number and not indented and not begins_blank and run[0] == "\n" else "", run
    return "".join(parts)
