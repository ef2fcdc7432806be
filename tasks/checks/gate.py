"""The gate: all rules over all chosen units and over the repository → findings, by unit, object and rule."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from tasks.checks.asking import BUILD, Asking, bare
from tasks.checks.registry import all_rules
from tasks.checks.subject import Repository, Subject
from tasks.checks.waivers import RULE as WAIVER
from tasks.checks.waivers import read_waivers
from tasks.memory import Memory
from tasks.units import environments, stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.arguments import Selection
    from tasks.checks.findings import Finding


class Waived(NamedTuple):
    """A finding that does not count, and the reason."""

    finding: Finding
    reason: str


class Verdict(NamedTuple):
    """What the gate says: how many units it saw, what is wrong, what is waived; how long each took to render."""

    units: int
    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    seconds: Mapping[str, float]


def judge(chosen: Selection, today: dt.date | None = None, memory: Memory | None = None) -> Verdict:
    """Check what was chosen; with a memory, what it knows is not asked anew.

    Raises ConfigurationError when the environments cannot be read.
    """
    known = {one.name: one for one in environments()}
    later = {one.name for one in stages()[1:]}  # previews are like the first stage
    subjects = tuple(
        Subject(unit, known[unit.environment], is_first=unit.environment not in later) for unit in chosen.units
    )
    rules = all_rules()
    waivers = read_waivers(rules, today or dt.datetime.now(dt.UTC).date())
    memory = memory or Memory(None)
    asking = Asking(rules, waivers, memory)
    of_units = [answer for subject in subjects for answer in asking.unit(subject)]
    answers = [*of_units, *asking.repository(Repository(chosen, subjects, memory))]
    findings = [one.placed for one in answers if one.placed is not None and not asking.waiver(one.finding)]
    taken = [(one.finding, waiver) for one in answers if (waiver := asking.waiver(one.finding))]
    waived = [Waived(finding, waivers.take(waiver)) for finding, waiver in taken]
    everything_seen = chosen.is_all and not any(one.rule == BUILD for one in findings)
    problems = [*waivers.problems, *(waivers.unused() if everything_seen else ())]
    findings += (bare(rules[WAIVER], one, "") for one in problems)
    seconds = {one.unit.name: one.seconds for one in subjects if one.seconds is not None}
    return Verdict(len(subjects), tuple(_in_order(findings, chosen)), tuple(waived), seconds)


def _in_order(findings: Iterable[Finding], chosen: Selection) -> list[Finding]:
    """Order by unit (as the stages are), object and rule; what belongs to no unit comes last; equal ones are one."""
    numbers = {unit.name: number for number, unit in enumerate(chosen.units)}
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda one: (numbers.get(one.unit, len(numbers)), one.object, one.rule))
