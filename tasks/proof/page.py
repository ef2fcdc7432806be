"""The run as one page, in the style of `doit report`; it asks nothing of any network and runs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.proof.run import FAILED, PASSED, Outcome, Run, counts, proven
from tasks.report.document import document
from tasks.report.html import Html, element, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.proof.measure import Measure

_MARKS = {PASSED: ("good", "✓"), FAILED: ("bad", "✗")}
_UNIT = "\N{NO-BREAK SPACE}s"
_LEFT_OUT = ("quiet", "○")


def page(run: Run) -> str:
    """Give the whole page."""
    title = "What was seen running"
    return document(title, element("h1", title), _summary(run), _measures(run), _requirements(run), *_modules(run))


def _summary(run: Run) -> Html:
    told = ", ".join(f"{number} {outcome}" for outcome, number in counts(run).items() if number)
    facts = "; ".join(f"{name}: {value}" for name, value in run.of.items())
    return joined(element("p", element("strong", told or "no test ran")), element("p", facts, class_="quiet"))


def _requirements(run: Run) -> Html:
    rows = [
        (entry["system"], entry["criterion"], entry["asks"], _mark(entry["outcome"]), _short(entry["tests"]))
        for entry in proven(run)
    ]
    if not rows:
        return Html("")
    return joined(element("h2", "Requirements"), _table(("System", "Criterion", "Asks", "", "Tests"), rows))


def _measures(run: Run) -> Html:
    rows = [
        (_system(one), found.what, f"{found.seconds:g}{_UNIT}", f"{found.limit:g}{_UNIT}", found.source, _share(found))
        for one in run.tests
        for found in one.measures
    ]
    if not rows:
        return Html("")
    titles = ("System", "What", "Took", "Limit", "Whose", "Share of the limit")
    return joined(element("h2", "Times and their limits"), _table(titles, rows))


def _system(one: Outcome) -> str:
    return one.test.partition("::")[0].rpartition("/")[2].removeprefix("test_").removesuffix(".py")


def _share(found: Measure) -> Html:
    share = found.seconds / found.limit
    return element("span", f"{share:.0%}", class_="good" if share < 1 else "bad")


def _short(tests: Sequence[str]) -> str:
    return ", ".join(test.rpartition("::")[2].removeprefix("test_").replace("_", " ") for test in tests)


def _modules(run: Run) -> list[Html]:
    names = list(dict.fromkeys(one.test.partition("::")[0] for one in run.tests))
    return [_module(name, [one for one in run.tests if one.test.startswith(f"{name}::")]) for name in names]


def _module(name: str, tests: Sequence[Outcome]) -> Html:
    rows = [(_mark(one.outcome), _short([one.test]), f"{one.seconds:.1f} s", _said(one)) for one in tests]
    return joined(element("h2", name), _table(("", "Test", "Took", "Measured"), rows))


def _said(one: Outcome) -> Html:
    lines = [*one.said, *one.reason.splitlines()]
    return joined(*(element("small", line) for line in lines))


def _mark(outcome: str) -> Html:
    style, sign = _MARKS.get(outcome, _LEFT_OUT)
    return element("span", f"{sign} {outcome}", class_=style)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in titles)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("div", element("table", head, body), class_="scroll", tabindex="0")
