"""The gate: all rules over all chosen units and over the repository → findings, by unit, object and rule."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from tasks.checks.findings import Finding, Problem
from tasks.checks.registry import REPOSITORY, UNIT, all_rules
from tasks.checks.subject import Repository, Subject
from tasks.checks.waivers import RULE as WAIVER
from tasks.checks.waivers import read_waivers
from tasks.units import environments, stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.arguments import Selection
    from tasks.checks.registry import Rule
    from tasks.checks.waivers import Waiver, Waivers

_FIRST = "build"
_MISSHAPEN = (KeyError, TypeError, AttributeError, ValueError, IndexError)


class Waived(NamedTuple):
    """A finding that does not count, and the reason."""

    finding: Finding
    reason: str


class Verdict(NamedTuple):
    """What the gate says: how many units it saw, what is wrong, what is waived."""

    units: int
    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]


def judge(chosen: Selection, today: dt.date | None = None) -> Verdict:
    """Check what was chosen. Raises ConfigurationError when the environments cannot be read."""
    known = {one.name: one for one in environments()}
    later = {one.name for one in stages()[1:]}  # previews are like the first stage
    subjects = tuple(
        Subject(unit, known[unit.environment], is_first=unit.environment not in later) for unit in chosen.units
    )
    rules = all_rules()
    waivers = read_waivers(rules, today or dt.datetime.now(dt.UTC).date())
    findings: list[Finding] = []
    waived: list[Waived] = []
    for subject in subjects:
        _sort(_problems_of_unit(subject, rules.values()), subject, waivers, findings, waived)
    repository = Repository(chosen, subjects)
    of_all = [(one, problem) for one in _of_scope(rules.values(), REPOSITORY) for problem in _asked(one, repository)]
    _sort(of_all, None, waivers, findings, waived)
    everything_seen = chosen.is_all and not any(one.rule == _FIRST for one in findings)
    problems = [*waivers.problems, *(waivers.unused() if everything_seen else ())]
    _sort([(rules[WAIVER], one) for one in problems], None, waivers, findings, waived)
    return Verdict(len(subjects), tuple(_in_order(findings, chosen)), tuple(waived))


def _of_scope(rules: Iterable[Rule], scope: str) -> list[Rule]:
    return [one for one in rules if one.scope == scope]


def _problems_of_unit(subject: Subject, rules: Iterable[Rule]) -> list[tuple[Rule, Problem]]:
    """Give the problems of a unit; of one that does not build, that alone."""
    of_units = _of_scope(rules, UNIT)
    first = next(one for one in of_units if one.id == _FIRST)
    broken = [(first, problem) for problem in first.function(subject)]
    return broken or [(one, problem) for one in of_units if one is not first for problem in _asked(one, subject)]


def _asked(rule: Rule, subject: Subject | Repository) -> Iterator[Problem]:
    """Ask a rule; one that stumbles over an object that is not as its kind is has said so, and the schemas say why."""
    try:
        yield from rule.function(subject)
    except _MISSHAPEN as error:
        message = f"cannot be checked: an object is not as Kubernetes has it ({type(error).__name__}: {error})"
        yield Problem(message, fix="repair what the rule schema finds")


def _sort(
    problems: Iterable[tuple[Rule, Problem]],
    subject: Subject | None,
    waivers: Waivers,
    findings: list[Finding],
    waived: list[Waived],
) -> None:
    """Put each problem with the findings, with its place, or with what is waived."""
    placer = None
    for rule, problem in problems:
        waiver = _waiver(rule, problem, subject, waivers)
        if waiver is not None:
            waived.append(Waived(_bare(rule, problem, subject), waiver.reason))
            continue
        if subject is None or problem.manifest is None:
            findings.append(_bare(rule, problem, subject))
            continue
        if placer is None:
            from tasks.checks.placing import Placer  # noqa: PLC0415 - units without findings need no places

            placer = Placer(subject)
        findings.append(placer.finding(rule, problem))


def _waiver(rule: Rule, problem: Problem, subject: Subject | None, waivers: Waivers) -> Waiver | None:
    if not rule.is_waivable:
        return None
    bare = _bare(rule, problem, subject)
    return waivers.take(bare.unit, bare.rule, bare.object, bare.field)


def _bare(rule: Rule, problem: Problem, subject: Subject | None) -> Finding:
    """Give a problem as a finding without looking for its place."""
    from imbricate.provenance.fields import shown  # noqa: PLC0415 - only what is found is shown

    field = shown(problem.manifest, problem.path) if problem.manifest is not None else ""
    unit = subject.unit.name if subject else ""
    fix = problem.fix or rule.fix
    details = problem.details
    return Finding(unit, problem.object, rule.id, field, problem.message, fix, problem.place, details=details)


def _in_order(findings: Iterable[Finding], chosen: Selection) -> list[Finding]:
    """Order by unit (as the stages are), object and rule; what belongs to no unit comes last; equal ones are one."""
    numbers = {unit.name: number for number, unit in enumerate(chosen.units)}
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda one: (numbers.get(one.unit, len(numbers)), one.object, one.rule))
