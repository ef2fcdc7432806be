"""An impact as text, Markdown, JSON, or the names of the units alone."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tasks.diff.as_json import unit_as_json, written
from tasks.diff.changes import Report
from tasks.diff.lines import Line, visible
from tasks.diff.markdown import markdown as folded
from tasks.diff.text import painted, unit_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.impact.reach import Impact, UnitImpact

VERSION = 1
_MOST_FILES = 100
_MOST_NAMED = 3


def names(impact: Impact) -> str:
    """Give the names of the units that are there, one a line."""
    return "".join(f"{one.unit.name}\n" for one in impact.units if one.exists)


def text(impact: Impact, *, colour: bool) -> str:
    """Give the text, which ends with a line feed."""
    lines = [Line(" ", summary(impact))]
    for one in impact.units:
        lines += _unit_lines(one)
    for name, files, users in impact.images:
        lines.append(Line("#", f"image {name}: {', '.join(unit.name for unit in users) or 'no unit has it'}"))
        lines += [Line(" ", f"  {visible(file)}") for file in files]
    if impact.unreached:
        lines.append(Line("#", "reach no unit and no image:"))
        lines += [Line(" ", f"  {visible(file)}") for file in impact.unreached]
    return "".join(f"{painted(line, colour=colour)}\n" for line in lines)


def summary(impact: Impact) -> str:
    """Give the total in words."""
    counts = [(len(impact.files), "file", "changed"), (len(impact.units), "unit", "reached")]
    counts += [(len(impact.images), "image", "to build")] if impact.images else []
    told = ", ".join(f"{number} {what}{'' if number == 1 else 's'} {done}" for number, what, done in counts)
    return f"since {impact.since}: {told}"


def _unit_lines(one: UnitImpact) -> Iterator[Line]:
    first, *rest = unit_lines(one.change)
    yield first._replace(text=f"{one.unit.name}: {_outcome(one)}")
    by_way: dict[tuple[str, ...], list[str]] = {}
    for reason in one.reasons:
        by_way.setdefault(reason.through, []).append(reason.file)
    for through, files in by_way.items():
        more = f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else ""
        named = ", ".join(files[:_MOST_NAMED])
        yield Line(" ", visible(f"  {named}{more} ({' < '.join(through)})"))
    yield from rest
    yield from (Line("~", f"  ~ {visible(title)}") for title in one.declared)


def _outcome(one: UnitImpact) -> str:
    if one.note:
        return visible(one.note)
    if not one.exists:
        return "removed"
    return one.change.summary if one.change.differs else "renders the same"


def markdown(impact: Impact, command: str) -> str:
    """Give the Markdown for a pull request: which file reaches what, then a folded block a unit."""
    reached: dict[str, list[str]] = {file: [] for file in impact.files}
    for one in impact.units:
        for file in dict.fromkeys(reason.file for reason in one.reasons):
            reached[file].append(one.unit.name)
    for name, files, _ in impact.images:
        for file in files:
            reached[file].append(f"image {name}")
    rows = [f"| {_cell(file)} | {_cell(', '.join(found)) or 'nothing'} |\n" for file, found in reached.items()]
    more = f"\n{len(rows) - _MOST_FILES} more files; `{command}` shows all.\n" if len(rows) > _MOST_FILES else ""
    table = "| file | reaches |\n|---|---|\n" + "".join(rows[:_MOST_FILES]) + more if rows else ""
    notes = tuple(f"{one.unit.name}: {one.note}" for one in impact.units if one.note)
    report = Report("then", "now", tuple(one.change for one in impact.units), notes)
    return folded(report, command, head=f"### {escape(visible(summary(impact)))}\n\n{table}")


def _cell(content: str) -> str:
    return escape(visible(content)).replace("|", "\\|").replace("`", "\\`")


def as_json(impact: Impact) -> str:
    """Give the JSON; docs/reference/impact.md describes it."""
    return written(
        {
            "version": VERSION,
            "since": {"ref": impact.since.asked, "commit": impact.since.id},
            "files": list(impact.files),
            "units": [_unit(one) for one in impact.units],
            "images": [
                {"name": name, "files": list(files), "units": [unit.name for unit in users]}
                for name, files, users in impact.images
            ],
            "unreached": list(impact.unreached),
        }
    )


def _unit(one: UnitImpact) -> dict[str, object]:
    reasons = [{"file": reason.file, "through": list(reason.through)} for reason in one.reasons]
    own = {"exists": one.exists, "reasons": reasons, "note": one.note, "declared": list(one.declared)}
    return {**unit_as_json(one.change), **own}
