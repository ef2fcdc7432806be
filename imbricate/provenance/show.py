"""An explanation as text, one line a change from the origin to the end, or as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from imbricate.difference import MISSING, Masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.provenance.explanation import Explanation, FieldChange, Link
    from imbricate.provenance.texts import Place

_LONGEST = 60
_PLAIN = re.compile(r"[\w./:@%+=,()$-][\w./:@%+=,()$ -]*")
_OTHER_TYPES = re.compile(r"true|false|null|~|yes|no|on|off|[-+.\d][\d_.eExXoO:+-]*|\.?inf|\.?nan", re.IGNORECASE)
# What a terminal would not show, or obey.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
Row = tuple[str, str, str]


def as_text(explanation: Explanation) -> str:
    """Give the chain as aligned lines: where, what became of the value, by which entry."""
    rows = [row for link in explanation.links for row in _rows(link, explanation.field)]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows]
    return "\n".join([_heading(explanation), *lines]) + "\n"


def _heading(explanation: Explanation) -> str:
    heading = _visible(f"{explanation.title}: {explanation.field}" if explanation.field else explanation.title)
    if explanation.is_removed:
        return f"{heading} was removed"
    if isinstance(explanation.value, dict | list):
        return heading
    return f"{heading} = {_short(explanation.value)}"


def _rows(link: Link, field: str) -> Iterator[Row]:
    for change in link.changes:
        at = _place(change.place)
        entry = f"{link.step}, {link.entry}" if link.entry and str(link.entry) != at else link.step
        entry += f", {change.note}" if change.note else ""
        yield at, _visible(_change(change, field)), _visible(entry)


def _place(place: Place | None) -> str:
    return _visible(str(place)) if place else "(build)"


def _change(change: FieldChange, field: str) -> str:
    what = f"{change.field}: " if change.field != field and change.field else ""
    if not change.field:
        return "removed" if change.new is MISSING else "made"
    if change.old is MISSING:
        return what + _short(change.new)
    if _is_same(change):
        return f"{what}the same"
    new = "removed" if change.new is MISSING else _short(change.new)
    return f"{what}{_short(change.old)} → {new}"


def _is_same(change: FieldChange) -> bool:
    return type(change.old) is type(change.new) and bool(change.old == change.new)


def _short(value: Any) -> str:
    """Give a value on one line, cut in the middle when it is long."""
    text = _visible(_flow(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, Masked):
        return repr(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _OTHER_TYPES.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _visible(text: str) -> str:
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def as_json(explanation: Explanation) -> str:
    """Give the chain as JSON."""
    return json_text(as_map(explanation))


def json_text(value: Any) -> str:
    """Write what `as_map` gives; a secret becomes a text that says it is masked."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=repr) + "\n"


def as_map(explanation: Explanation) -> dict[str, Any]:
    """Give the chain as what JSON can hold, but for masked values; a value that is not there has no key."""
    return {
        "object": explanation.title,
        "field": explanation.field,
        "removed": explanation.is_removed,
        **_present(value=explanation.value),
        "links": [_link(link) for link in explanation.links],
    }


def _link(link: Link) -> dict[str, Any]:
    changes = [
        {
            "field": one.field,
            **_present(old=one.old, new=one.new),
            "place": _as_map(one.place),
            **({"note": one.note} if one.note else {}),
        }
        for one in link.changes
    ]
    return {"step": link.step, "entry": _as_map(link.entry), "changes": changes}


def _as_map(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place else None


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not MISSING}
