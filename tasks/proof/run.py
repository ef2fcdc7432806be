"""A run: its tests with their outcome and what they said, held against the requirements that they prove."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.proof.measure import Measure, parse
from tasks.requirements.reading import specifications

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PASSED, FAILED, LEFT_OUT = "passed", "failed", "left out"
_WORST_FIRST = (FAILED, LEFT_OUT, PASSED)


class Outcome(NamedTuple):
    """One test: its id (`tests/e2e/test_daa.py::test_x`), its outcome, its seconds, the lines that it printed."""

    test: str
    outcome: str
    seconds: float
    said: tuple[str, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """Give the id without what a parametrised test has in brackets."""
        return self.test.partition("[")[0]

    @property
    def measures(self) -> list[Measure]:
        """Give what it measured beside a limit."""
        return [found for line in self.said if (found := parse(line))]


class Run(NamedTuple):
    """All tests of a run; `of`: what was tested, and on what."""

    tests: tuple[Outcome, ...]
    of: Mapping[str, str]


def proven(run: Run) -> list[dict[str, Any]]:
    """Give for each requirement that names a test of this run: the system, the criterion, the outcome, the tests."""
    by_name: dict[str, list[Outcome]] = defaultdict(list)
    for one in run.tests:
        by_name[one.name].append(one)
    found = []
    for specification in specifications()[0]:
        for criterion in specification.criteria:
            names = [proof for proof in criterion.proven_by if proof in by_name]
            if names:
                outcome = _worst(one.outcome for name in names for one in by_name[name])
                entry = {"system": specification.name, "criterion": criterion.id, "asks": criterion.asks}
                found.append({**entry, "outcome": outcome, "tests": names})
    return found


def as_json(run: Run) -> dict[str, Any]:
    """Give the whole run as what JSON has."""
    tests = [_test(one) for one in run.tests]
    return {**run.of, "counts": counts(run), "tests": tests, "requirements": proven(run)}


def _test(one: Outcome) -> dict[str, Any]:
    measured = [found._asdict() for found in one.measures]
    return {**one._asdict(), "said": list(one.said), "seconds": round(one.seconds, 2), "measured": measured}


def counts(run: Run) -> dict[str, int]:
    """Count the tests by outcome."""
    return {outcome: sum(one.outcome == outcome for one in run.tests) for outcome in reversed(_WORST_FIRST)}


def _worst(outcomes: Iterable[str]) -> str:
    return min(outcomes, key=_WORST_FIRST.index)
