"""A change as lines, each with a mark: what text and Markdown have in common.

Marks are `~` changed, `+` added, `-` removed, `@` a place, and a space for what is the same.
"""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from imbricate.difference import MISSING, Masked, path_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.difference import Edit, ObjectChange

_LONGEST = 160
_FLOW = 90
_AROUND = 40
_PLAIN = re.compile(r"[\w./:@%+=,()$-][\w./:@%+=,()$ -]*")
_OTHER_TYPES = re.compile(r"true|false|null|~|yes|no|on|off|[-+.\d][\d_.eExXoO:+-]*|\.?inf|\.?nan", re.IGNORECASE)
# Control characters, and those that turn the direction of what follows: they could make a terminal or a page show
# something else than is there.
_UNSEEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Line(NamedTuple):
    """A line, and what it tells."""

    mark: str
    text: str


def title(change: ObjectChange) -> Line:
    """Give the line that names an object."""
    identity = change.identity
    mark = {"added": "+", "removed": "-"}.get(change.kind, "~")
    if change.kind != "renamed" or change.before is None:
        return Line(mark, visible(str(identity)))
    place = f" in {identity.namespace}" if identity.namespace else ""
    users = ", ".join(one.title for one in change.used_by)
    used = f" (used by {users})" if users else " (used by nothing)"
    return Line(mark, visible(f"{change.before.title} → {identity.name}{place}{used}"))


def field_lines(change: ObjectChange, *, in_pairs: bool) -> Iterator[Line]:
    """Give the lines of the fields; `in_pairs`: the old and the new value on a line of each."""
    for edit in change.edits:
        yield from _edit_lines(edit, in_pairs=in_pairs)


def _edit_lines(edit: Edit, *, in_pairs: bool) -> Iterator[Line]:
    path = visible(path_text(edit.path))
    if edit.kind == "moved":
        yield Line("~", f"{path}: moved from {edit.path[-1].before} to {edit.path[-1].after}")  # type: ignore[union-attr]
    elif _is_text(edit.before) and _is_text(edit.after) and "\n" in edit.before + edit.after:
        yield Line("~", f"{path}:")
        yield from _text_lines(edit.before, edit.after)
    elif edit.before is MISSING or edit.after is MISSING:
        value = edit.after if edit.before is MISSING else edit.before
        yield from _value_lines("+" if edit.before is MISSING else "-", path, value)
    elif isinstance(edit.before, dict | list) or isinstance(edit.after, dict | list) or in_pairs:
        yield from _value_lines("-", path, edit.before)
        yield from _value_lines("+", path, edit.after)
    else:
        old, new = _shortened(scalar(edit.before), scalar(edit.after))
        yield Line("~", f"{path}: {old} → {new}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text_lines(old: str, new: str) -> Iterator[Line]:
    before, after = (text.split("\n") for text in (old, new))
    for line in list(unified_diff(before, after, lineterm="", n=3))[2:]:
        yield Line(line[0], visible(line[1:] if line[0] != "@" else line))


def _value_lines(mark: str, path: str, value: Any) -> Iterator[Line]:
    """Give a value on one line if it fits, else as YAML below its path."""
    if isinstance(value, str) and "\n" in value:
        yield Line(mark, f"{path}:")
        yield from (Line(mark, f"  {visible(line)}") for line in value.split("\n"))
        return
    if not isinstance(value, dict | list) or len(_flow(value)) <= _FLOW:
        yield Line(mark, f"{path}: {_middle_cut(_flow(value))}")
        return
    yield Line(mark, f"{path}:")
    written = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    yield from (Line(mark, f"  {visible(line)}") for line in written.splitlines())


class _Dumper(yaml.SafeDumper):
    """Writes plain values, and masked ones as what may be shown of them."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


_Dumper.add_representer(Masked, lambda dumper, value: dumper.represent_str(repr(value)))


def scalar(value: Any) -> str:
    """Give a scalar on one line; a string is in quotes where it could be read as something else."""
    if isinstance(value, str):
        bare = _PLAIN.fullmatch(value) and not _OTHER_TYPES.fullmatch(value) and not re.search(":? $|: |:$", value)
        return value if bare else visible(json.dumps(value, ensure_ascii=False))
    return repr(value) if isinstance(value, Masked) else json.dumps(value, default=repr)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]" if isinstance(value, list) else scalar(value)


def _shortened(old: str, new: str) -> tuple[str, str]:
    """Cut what two long texts have in common before and after the place where they differ."""
    if len(old) + len(new) <= _LONGEST:
        return old, new
    start = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    least = min(len(old), len(new)) - start
    end = next((at for at in range(least) if old[-1 - at] != new[-1 - at]), least)
    head, tail = max(0, start - _AROUND), max(0, end - _AROUND)
    cut = [f"{'…' if head else ''}{text[head : len(text) - tail]}{'…' if tail else ''}" for text in (old, new)]
    return _middle_cut(cut[0]), _middle_cut(cut[1])


def _middle_cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def visible(text: str) -> str:
    """Replace what a terminal or a page would not show, or obey, by its escape."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
