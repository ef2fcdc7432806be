"""Lines of YAML files: where a field of a kustomization stands, and what an error's message is about."""

from __future__ import annotations

import re
from pathlib import Path

from imbricate.documents.located import Located, locate_config
from tasks.checks.findings import Place

_WITH_LINE = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+)\b")
_OF_FIELD = re.compile(r"(?P<file>[^\s:]+): (?P<field>[\w.\[\]\"/-]+): ")
_FIRST_FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def located(file: str) -> Located | None:
    """Locate the values of a file's first document, None when it cannot be read."""
    try:
        return locate_config(Path(file).read_text())
    except (OSError, UnicodeError):
        return None


def line_of_field(file: str, field: str) -> int | None:
    """Give the line of a field, `patches[2].path`, or of what of the way to it is there."""
    steps = tuple(int(index) if index else name for name, index in _STEP.findall(field))
    return line_at(located(file), steps)


def line_at(node: Located | None, steps: tuple[str | int, ...]) -> int | None:
    """Give the line of a path, or of what of the way to it is there."""
    if node is None:
        return None
    line = node.line
    for step in steps:
        found = node.child(step)
        if found is None:
            break
        line, node = found
    return line


def place_of(message: str) -> Place | None:
    """Find what a message is about: file:line, file and field, or the first file in it; None where it names none."""
    found = _WITH_LINE.match(message)
    if found:
        return Place(found["file"], int(found["line"]))
    found = _OF_FIELD.match(message)
    if found and Path(found["file"]).is_file():
        return Place(found["file"], line_of_field(found["file"], found["field"]))
    found = _FIRST_FILE.search(message)
    return Place(found[0]) if found else None
