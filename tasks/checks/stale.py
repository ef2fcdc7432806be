"""What differs between a rendered file and what its overlay renders: object by object, field by field, masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate import ImbricateError
from imbricate.difference import MISSING, Masked, compare, path_text
from imbricate.documents import read_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.difference import ObjectChange

_LONGEST = 60


def differences(before: str, after: str) -> tuple[str, ...]:
    """Compare what is there with what is rendered: a line for each difference; at least one."""
    try:
        old = [one for one in read_resources(before, "") if isinstance(one, dict)]
        new = [one for one in read_resources(after, "") if isinstance(one, dict)]
        changes = compare(old, new).changes
    except (ImbricateError, KeyError, TypeError, AttributeError) as error:
        return (f"line 1: no list of objects: {error}",)
    found = tuple(f"{_place(before, change)}{text}" for change in changes for text in _texts(change))
    return found or (f"line {_first_line(before, after)}: only the text differs: order, quotes or comments",)


def _texts(change: ObjectChange) -> Iterator[str]:
    title = str(change.identity)
    if not change.edits:
        yield f"{title}: {change.kind} by the overlay"
    for edit in change.edits:
        yield f"{title} {path_text(edit.path)}: {_shown(edit.before)} -> {_shown(edit.after)}"


def _shown(value: object) -> str:
    if value is MISSING:
        return "(none)"
    text = repr(value) if isinstance(value, str) or not isinstance(value, Masked) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _place(text: str, change: ObjectChange) -> str:
    """Give the line on which the object that differs has its name."""
    if change.before is None:
        return ""
    kind, name = re.escape(change.before.kind), re.escape(change.before.name)
    start = 0
    for part in text.split("\n---\n"):
        if re.search(rf"^kind: {kind}$", part, re.MULTILINE):
            found = re.search(rf"^  name: [\"']?{name}[\"']?$", part, re.MULTILINE)
            if found:
                return f"line {start + part.count(chr(10), 0, found.start()) + 1}: "
        start += part.count("\n") + 2
    return ""


def _first_line(before: str, after: str) -> int:
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 1)
