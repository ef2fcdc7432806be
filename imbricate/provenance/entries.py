"""Which line of an entry made a change: what of it became a part of the value, or names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.difference import MISSING

if TYPE_CHECKING:
    from imbricate.documents.located import Located
    from imbricate.provenance.tracing import Change

_OF_IMAGES = ("newTag", "digest")  # people ask for the version more than for the registry


def line_in_entry(entry: tuple[int, Located], change: Change) -> int:
    """Give the line in an entry that names the changed key, else that of the text that came in; else its first."""
    line, node = entry
    if not node.pairs and not node.items:
        return line
    if isinstance(change.new, dict) and change.new:
        key, value = next(iter(change.new.items()))
        return line_in_entry(entry, change._replace(after=(*change.after, key), new=value))
    key = str(change.after[-1]) if change.after else ""
    new, old = (_text(value) for value in (change.new, change.old))
    scalars = list(node.scalars())
    for name, at, value in scalars:
        if name == key and value.text == new:
            return at
    came_in = [
        (name in _OF_IMAGES, len(one.text), at)
        for name, at, one in scalars
        if one.text and one.text in new and (one.text not in old or old == new)
    ]
    if came_in:
        return max(came_in)[2]
    named = (at for name, at, one in scalars if name == key or one.text.replace("/", ".").split(".")[-1] == key)
    return next(named, line)


def _text(value: object) -> str:
    if value is MISSING or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
