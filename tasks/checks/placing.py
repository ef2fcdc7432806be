"""Which line of which source made a field what it is: a problem's path in a rendered object → file and line.

The unit is built again, with every step recorded; that is done for units that have findings only.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from imbricate import record
from imbricate.difference import MISSING
from imbricate.provenance import Explainer
from imbricate.provenance.fields import in_former, shown, value_at
from tasks.checks.findings import Finding, Place, title

if TYPE_CHECKING:
    from imbricate.provenance import Explanation
    from imbricate.provenance.tracing import Trace
    from tasks.checks.findings import Manifest, Problem
    from tasks.checks.findings import Path as FieldPath
    from tasks.checks.registry import Rule
    from tasks.checks.subject import Subject

_AFFIXES = ("namePrefix", "nameSuffix")


class Placer:
    """Finds the places of the problems of one unit."""

    def __init__(self, subject: Subject) -> None:
        """Take the unit, which builds."""
        self._subject = subject
        self._positions = {id(one): index for index, one in enumerate(subject.manifests)}

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(record(self._subject.unit.overlay))

    def finding(self, rule: Rule, problem: Problem) -> Finding:
        """Give a problem with its place."""
        manifest = problem.manifest
        place = problem.place or (self.place(manifest, problem.path) if manifest is not None else None)
        if problem.culprit and place is not None:
            place = nearby(place, problem.culprit)
        field = shown(manifest, problem.path) if manifest is not None else ""
        related = tuple(
            f"{one.why}: {self.place(one.manifest, one.path) or title(one.manifest)}" for one in problem.related
        )
        name = self._subject.unit.name
        fix = problem.fix or rule.fix
        return Finding(name, problem.object, rule.id, field, problem.message, fix, place, related, problem.details)

    def place(self, manifest: Manifest, path: FieldPath) -> Place | None:
        """Give the line that made a field what it is; of a missing one what removed it, or what it is missing in.

        None for an object that is not rendered: an operator's, or a declaration's.
        """
        position = self._positions.get(id(manifest))
        if position is None:
            return None
        trace = self._explainer.trace(self._explainer.recording.histories[position])
        present = _present(trace.version(trace.last), path)
        if present == path:
            found = self._explainer.explain_path(trace, trace.last, path)
            is_scalar = not isinstance(found.value, dict | list)
            return _last(found) if is_scalar else _first(found)
        removed = self._removal(trace, path, len(present))
        return removed or _first(self._explainer.explain_path(trace, trace.last, present))

    def _removal(self, trace: Trace, path: FieldPath, known: int) -> Place | None:
        """Find the step that took a field away, None when there never was one."""
        prefix, rest = path[:known], path[known:]
        for number in range(trace.last, 0, -1):
            former = in_former(trace.version(number - 1), trace.version(number), prefix, trace.schema)
            if former is None:
                return None
            for end in range(len(rest), 0, -1):
                lost = (*former, *rest[:end])
                if value_at(trace.version(number - 1), lost) is not MISSING:
                    return _last(self._explainer.explain_path(trace, number - 1, lost))
            prefix = former
        return None


def _present(manifest: Manifest, path: FieldPath) -> FieldPath:
    """Give the part of a path that is there."""
    for end in range(len(path), 0, -1):
        if value_at(manifest, path[:end]) is not MISSING:
            return path[:end]
    return ()


def _last(explanation: Explanation) -> Place | None:
    """Give the place of the last step that chose the value, and did not only put something before or behind it."""
    links = [link for link in explanation.links if not link.step.startswith(_AFFIXES)] or list(explanation.links)
    of_last = [one.place for one in links[-1].changes if one.place] if links else []
    found = [place for link in links for place in (*(one.place for one in link.changes), link.entry) if place]
    chosen = of_last[0] if of_last else found[-1] if found else None
    return Place(chosen.file, chosen.line) if chosen else None


def _first(explanation: Explanation) -> Place | None:
    found = [
        place for link in explanation.links for place in (*(one.place for one in link.changes), link.entry) if place
    ]
    return Place(found[0].file, found[0].line) if found else None


def nearby(place: Place, culprit: str) -> Place:
    """Give the line with a text, in the same entry of a list as the place; the place itself when there is none."""
    try:
        lines = Path(place.file).read_text().splitlines()
    except (OSError, UnicodeError):
        return place
    number = (place.line or 1) - 1
    start = next((one for one in range(number, -1, -1) if lines[one].lstrip().startswith("- ")), number)
    end = next((one for one in range(start + 1, len(lines)) if lines[one].lstrip().startswith("- ")), len(lines))
    found = next((one for one in range(start, end) if culprit in lines[one]), None)
    return place if found is None else Place(place.file, found + 1)
