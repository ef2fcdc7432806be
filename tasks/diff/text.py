"""A report as text for a terminal or a log: a line a unit, below it its objects and their fields."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasks.diff.lines import Line, field_lines, title, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.diff.changes import Report, UnitChange

_COLOURS = {"+": "32", "-": "31", "~": "33", "@": "36", "!": "31", "#": "1"}


def wants_colour(asked: str) -> bool:
    """Decide on colour: `always`, `never`, or `auto`: on a terminal that has some, unless NO_COLOR is set."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def text(report: Report, *, colour: bool) -> str:
    """Give the text, which ends with a line feed."""
    lines = [f"{report.before} → {report.after}"] if report.differing else []
    for change in report.differing:
        lines += [painted(line, colour=colour) for line in unit_lines(change)]
    return "\n".join([*lines, report.summary]) + "\n"


def unit_lines(change: UnitChange) -> Iterator[Line]:
    """Give the lines of a unit, indented."""
    yield Line("#", f"{change.unit.name}: {change.summary}")
    for old, new, number in change.comparison.namespaces:
        objects = f"{number} object{'' if number == 1 else 's'}"
        yield Line("~", f"  ~ namespace: {visible(old)} → {visible(new)} ({objects})")
    for one in change.comparison.changes:
        mark, shown = title(one)
        yield Line(mark, f"  {mark} {shown}")
        for line in field_lines(one, in_pairs=False):
            yield Line(line.mark, f"      {line.mark} {line.text}".rstrip())
    yield from (Line("!", f"  ! {visible(line)}") for line in change.refused)


def painted(line: Line, *, colour: bool) -> str:
    """Give the text of a line, in the colour of its mark if that is wanted."""
    code = _COLOURS.get(line.mark)
    return f"\x1b[{code}m{line.text}\x1b[0m" if colour and code else line.text
