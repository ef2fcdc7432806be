"""overlays/waivers.yaml: findings that a reviewer accepted, each with the reason, for one object of one rule.

A waiver that is over, or that there is no finding for, is itself a finding.
"""

from __future__ import annotations

import datetime as dt
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from imbricate.nearest import nearest
from tasks.checks.findings import Place, Problem
from tasks.checks.texts import line_at, located
from tasks.quick_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.checks.findings import Finding
    from tasks.checks.registry import Rule

WAIVERS = Path("overlays/waivers.yaml")
RULE = "waiver"
_REQUIRED = ("rule", "object", "reason")
_KNOWN = (*_REQUIRED, "unit", "field", "until")


class Waiver(NamedTuple):
    """What is waived: `*` stands for any part of unit, object and field. `line` is where it stands."""

    rule: str
    unit: str
    object: str
    field: str
    reason: str
    until: dt.date | None
    line: int | None

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        texts = ((finding.unit, self.unit), (finding.object, self.object), (finding.field, self.field))
        return finding.rule == self.rule and all(fnmatchcase(text, pattern) for text, pattern in texts)

    @property
    def place(self) -> Place:
        """Give where it stands."""
        return Place(str(WAIVERS), self.line)

    def __str__(self) -> str:
        """Give what it is about."""
        return f"{self.rule} of {self.object}" + (f" in {self.unit}" if self.unit != "*" else "")


class Waivers:
    """The waivers of the repository, and which of them were needed."""

    def __init__(self, waivers: Iterable[Waiver], problems: Iterable[Problem] = ()) -> None:
        """Take the waivers that hold, and what is wrong with the file."""
        self._waivers = list(waivers)
        self.problems = list(problems)
        self._used: set[Waiver] = set()

    def of(self, finding: Finding) -> Waiver | None:
        """Give the waiver of a finding, None when it is not waived."""
        return next((one for one in self._waivers if one.covers(finding)), None)

    def take(self, waiver: Waiver) -> str:
        """Note that a waiver was needed; give its reason."""
        self._used.add(waiver)
        return waiver.reason

    def unused(self) -> Iterator[Problem]:
        """Give those that no finding needed."""
        for one in self._waivers:
            if one not in self._used:
                yield Problem(f"nothing is to be waived: {one}", place=one.place, fix="remove it")


def read_waivers(rules: Mapping[str, Rule], today: dt.date) -> Waivers:
    """Read the file, if there is one; what cannot be read is a problem, and waives nothing."""
    if not WAIVERS.is_file():
        return Waivers(())
    try:
        found = read_yaml(WAIVERS.read_text()) or []
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        return Waivers((), [Problem(f"cannot be read: {text}", place=Place(str(WAIVERS)), fix="correct the YAML")])
    if not isinstance(found, list):
        problem = Problem("expected a list of waivers", place=Place(str(WAIVERS), 1), fix="begin each with `- rule:`")
        return Waivers((), [problem])
    node = located(str(WAIVERS))
    holding, problems = [], []
    for index, entry in enumerate(found):
        line = line_at(node, (index,))
        wrong = _wrong(entry, rules, today)
        if wrong:
            problems.append(Problem(wrong[0], place=Place(str(WAIVERS), line), fix=wrong[1]))
        else:
            holding.append(_waiver(entry, line))
    return Waivers(holding, problems)


def _waiver(entry: dict[str, Any], line: int | None) -> Waiver:
    optional = {name: str(entry.get(name) or "*") for name in ("unit", "field")}
    return Waiver(
        entry["rule"],
        optional["unit"],
        str(entry["object"]),
        optional["field"],
        entry["reason"],
        entry.get("until"),
        line,
    )


def _wrong(entry: Any, rules: Mapping[str, Rule], today: dt.date) -> tuple[str, str] | None:
    """Give what is wrong with an entry and the way on, None when nothing is."""
    if not isinstance(entry, dict):
        return f"expected a map, found {entry!r}", f"give it {', '.join(_REQUIRED)}"
    unknown = next((str(one) for one in entry if one not in _KNOWN), None)
    if unknown:
        return f"unknown field {unknown}", f"known are {', '.join(_KNOWN)}"
    for name in _REQUIRED:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            return f"{name}: expected a text, found {entry.get(name)!r}", "say it"
    return _wrong_rule(entry["rule"], rules) or _over(entry, today)


def _wrong_rule(rule: str, rules: Mapping[str, Rule]) -> tuple[str, str] | None:
    if rule not in rules:
        near = nearest(rule, rules)
        return f"there is no rule {rule}" + (f"; did you mean {near}?" if near else ""), "see docs/policies.md"
    return None if rules[rule].is_waivable else (f"the rule {rule} cannot be waived", "repair what it finds")


def _over(entry: dict[str, Any], today: dt.date) -> tuple[str, str] | None:
    until = entry.get("until")
    if until is not None and type(until) is not dt.date:
        return f"until: expected a date such as 2026-12-31, found {until!r}", "write it without quotes"
    if until is not None and until < today:
        return f"it held until {until}: {entry['rule']} of {entry['object']}", "repair it, or give it more time"
    return None
