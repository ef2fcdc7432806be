"""Rules asked about a unit or the repository; what they said before is remembered while nothing has changed.

Out: `Answer`s. A rule that does not say what it reads is asked each time; a unit that does not build, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.checks.findings import Finding, Place, Problem
from tasks.checks.registry import REPOSITORY, UNIT
from tasks.checks.subject import Repository
from tasks.memory import folders_of
from tasks.units import secret_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.checks.placing import Placer
    from tasks.checks.registry import Rule
    from tasks.checks.subject import Subject
    from tasks.checks.waivers import Waiver, Waivers
    from tasks.memory import Memory

BUILD = "build"
_MISSHAPEN = (KeyError, TypeError, AttributeError, ValueError, IndexError)


class Answer(NamedTuple):
    """What a rule has against something; `placed` is the same with its line, None when that was not looked for."""

    finding: Finding
    placed: Finding | None


class Asking:
    """Asks all rules. Lines are looked for where no waiver covers a finding."""

    def __init__(self, rules: Mapping[str, Rule], waivers: Waivers, memory: Memory) -> None:
        """Take the rules by id in their order, and what is waived."""
        self._rules = rules
        self._waivers = waivers
        self._memory = memory

    def unit(self, subject: Subject) -> list[Answer]:
        """Give the answers about a unit; of one that does not build, that alone."""
        rules = [one for one in self._rules.values() if one.scope == UNIT]
        known = self._remembered(subject)
        if known is None:
            broken = self._ask([self._rules[BUILD]], subject)
            if broken:
                return broken
            known = self._ask([one for one in rules if one.reads and one.id != BUILD], subject)
            self._keep(subject, known, [one.reads(subject) for one in rules if one.reads])
        known += self._ask([one for one in rules if not one.reads], subject)
        return self._in_order(known)

    def repository(self, repository: Repository) -> list[Answer]:
        """Give the answers about the repository."""
        return [
            answer
            for one in self._rules.values()
            if one.scope == REPOSITORY
            for answer in self._of_repository(one, repository)
        ]

    def _of_repository(self, rule: Rule, repository: Repository) -> list[Answer]:
        units = " ".join(subject.name for subject in repository.subjects)
        name = f"{rule.id} of {units} {repository.chosen.is_all}"
        answers = _answers(self._memory.recall(name)) if rule.reads else None
        if answers is None or self._lacks_places(answers):
            answers = self._ask([rule], repository)
            paths = rule.reads(repository) if rule.reads else None
            if paths is not None:
                self._memory.keep(name, answers, paths)
        return answers

    def _remembered(self, subject: Subject) -> list[Answer] | None:
        found = self._memory.recall(_name_of(subject))
        answers = _answers(found["answers"]) if found else None
        if found is None or answers is None or self._lacks_places(answers):
            return None
        subject.folders, subject.seconds = tuple(found["folders"]), found["seconds"]
        return answers

    def _keep(self, subject: Subject, answers: list[Answer], read: list[Iterable[str] | None]) -> None:
        sources = self._memory.below_here(subject.composition.sources)
        if sources is None:
            return
        subject.folders = folders_of(sources)
        value = {"answers": answers, "folders": subject.folders, "seconds": subject.seconds}
        secrets = str(secret_folder(subject.unit.system))
        if all(paths is not None for paths in read):
            paths = [path for found in read for path in found or ()]
            self._memory.keep(_name_of(subject), value, [*sources, *subject.folders, secrets, *paths])

    def _lacks_places(self, answers: Iterable[Answer]) -> bool:
        """Tell whether something was waived when it was remembered, and is not any more."""
        return any(one.placed is None and not self.waiver(one.finding) for one in answers)

    def waiver(self, finding: Finding) -> Waiver | None:
        """Give the waiver of a finding, None when it is not waived."""
        return self._waivers.of(finding) if self._rules[finding.rule].is_waivable else None

    def _in_order(self, answers: Iterable[Answer]) -> list[Answer]:
        numbers = {name: number for number, name in enumerate(self._rules)}
        return sorted(answers, key=lambda one: numbers[one.finding.rule])

    def _ask(self, rules: Iterable[Rule], asked: Subject | Repository) -> list[Answer]:
        placer: Placer | None = None
        answers = []
        for rule in rules:
            for problem in _problems(rule, asked):
                finding = bare(rule, problem, asked.name)
                if self.waiver(finding):
                    answers.append(Answer(finding, None))
                elif problem.manifest is None or isinstance(asked, Repository):
                    answers.append(Answer(finding, finding))
                else:
                    placer = placer or _placer(asked)
                    answers.append(Answer(finding, placer.finding(rule, problem)))
        return answers


def _problems(rule: Rule, asked: Subject | Repository) -> Iterator[Problem]:
    """Ask a rule; one that stumbles over an object that is not as its kind is has said so, and the schemas say why."""
    try:
        yield from rule.function(asked)
    except _MISSHAPEN as error:
        message = f"cannot be checked: an object is not as Kubernetes has it ({type(error).__name__}: {error})"
        yield Problem(message, fix="repair what the rule schema finds")


def _placer(asked: Any) -> Placer:
    from tasks.checks.placing import Placer  # noqa: PLC0415 - units without findings need no places

    return Placer(asked)


def bare(rule: Rule, problem: Problem, unit: str) -> Finding:
    """Give a problem as a finding without looking for its place."""
    field = ""
    if problem.manifest is not None:
        from imbricate.provenance.fields import shown  # noqa: PLC0415 - only what is found is shown

        field = shown(problem.manifest, problem.path)
    fix = problem.fix or rule.fix
    return Finding(unit, problem.object, rule.id, field, problem.message, fix, problem.place, details=problem.details)


def _name_of(subject: Subject) -> str:
    return f"unit {subject.unit.name} {subject.is_first} {tuple(subject.environment)}"


def _answers(found: list[Any] | None) -> list[Answer] | None:
    """Read answers back from JSON."""
    return None if found is None else [Answer(*(one and _finding(one) for one in pair)) for pair in found]


def _finding(found: list[Any]) -> Finding:
    *_, place, related, details = read = Finding(*found)
    return read._replace(place=place and Place(*place), related=tuple(related), details=tuple(details))
