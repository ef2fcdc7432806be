"""A report as Markdown for a pull request: a folded block a unit, within what GitHub takes.

GitHub takes comments of 65,536 characters. What does not fit is left out line by line, each unit by its fair share, and
it is said how many lines are missing.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from tasks.diff.lines import field_lines, title, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.diff.changes import Report, UnitChange

MOST = 65_000
_HEAD = "### {before} → {after}\n\n**{summary}**\n"
_NOTE = "\n{count} more {what} would not fit into a comment; `{command}` shows all.\n"
_RESERVE = 200


def markdown(report: Report, command: str, *, head: str = "", most: int = MOST) -> str:
    """Give the Markdown, of at most `most` bytes; `command` is what shows all of it; `head` replaces the usual one."""
    head = head or _HEAD.format(
        before=escape(visible(report.before)), after=escape(visible(report.after)), summary=report.summary
    )
    head += "".join(f"\n> {escape(visible(line))}\n" for line in report.warnings)
    blocks = _blocks(report.differing, command, most - _size(head) - _RESERVE)
    missing = len(report.differing) - len(blocks)
    note = _NOTE.format(count=missing, what="units", command=command) if missing else ""
    return head + "".join(blocks) + note


def _blocks(changes: tuple[UnitChange, ...], command: str, most: int) -> list[str]:
    """Give the blocks that fit; what a short one leaves over is for the longer ones."""
    whole = [_block(change, command, most, is_open=len(changes) == 1) for change in changes]
    blocks: dict[int, str] = {}
    for done, number in enumerate(sorted(range(len(changes)), key=lambda number: _size(whole[number]))):
        block = whole[number]
        share = most // (len(changes) - done)
        if _size(block) > share:
            block = _block(changes[number], command, share, is_open=len(changes) == 1)
        if block:
            blocks[number] = block
            most -= _size(block)
    return [blocks[number] for number in sorted(blocks)]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _block(change: UnitChange, command: str, most: int, *, is_open: bool) -> str:
    """Give the folded block of a unit, empty if there is no room for a line of it."""
    lines = list(_lines(change))
    ticks = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    name, summary = escape(change.unit.name), escape(change.summary)
    start = f"\n<details{' open' if is_open else ''}><summary><b>{name}</b>: {summary}</summary>\n\n{ticks}diff\n"
    end = f"{ticks}\n{{note}}\n</details>\n"
    note = _NOTE.format(count=len(lines), what="lines", command=command)
    if _size(start + end + note) > most:
        return ""
    fitting = _fitting(lines, most - _size(start + end))
    if len(fitting) < len(lines):
        fitting = _fitting(lines, most - _size(start + end + note))
        note = _NOTE.format(count=len(lines) - len(fitting), what="lines", command=command)
    else:
        note = ""
    return start + "".join(f"{line}\n" for line in fitting) + end.format(note=note)


def _fitting(lines: list[str], most: int) -> list[str]:
    used = 0
    for number, line in enumerate(lines):
        used += _size(line) + 1
        if used > most:
            return lines[:number]
    return lines


def _lines(change: UnitChange) -> Iterator[str]:
    for old, new, number in change.comparison.namespaces:
        yield f"! namespace: {visible(old)} → {visible(new)} ({number} objects)"
    for one in change.comparison.changes:
        mark, shown = title(one)
        yield f"{mark} {shown}" if mark != "~" else f"@@ {shown} @@"
        for line in field_lines(one, in_pairs=True):
            yield f"{'!' if line.mark == '~' else line.mark} {line.text}".rstrip()
    yield from (f"! {visible(line)}" for line in change.refused)
