"""What a run proved: held against the requirements, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasks.proof.measure import Measure, parse
from tasks.proof.page import page
from tasks.proof.run import FAILED, LEFT_OUT, PASSED, Outcome, Run, as_json

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS = """\
specification: shop
criteria:
- id: FR-1
  asks: Orders outlive a pod.
  answered_by: [base/shop/deployment.yaml]
  proven_by: ["check:probes", "tests/e2e/test_shop.py::test_orders_outlive_a_pod"]
- id: FR-2
  asks: It is quick.
  answered_by: [base/shop/deployment.yaml]
  proven_by: ["tests/e2e/test_shop.py::test_it_is_quick", "tests/e2e/test_shop.py::test_it_scales"]
- id: FR-3
  asks: It is proven elsewhere.
  answered_by: [base/shop/deployment.yaml]
  proven_by: ["tests/unit/test_shop.py::test_it_adds"]
"""
MEASURED = "pod (of two): ready again: 4.25 s of 60 s (SC-006)"
TESTS = (
    Outcome("tests/e2e/test_shop.py::test_orders_outlive_a_pod", PASSED, 12.345, ("back after 4.0 s", MEASURED)),
    Outcome("tests/e2e/test_shop.py::test_it_is_quick[one]", PASSED, 1),
    Outcome("tests/e2e/test_shop.py::test_it_is_quick[<two>]", FAILED, 2, ("<b>3 s</b>",), "assert 3 < 1"),
    Outcome("tests/e2e/test_shop.py::test_it_scales", LEFT_OUT, 0, (), "no metrics"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "docs/requirements").mkdir(parents=True)
    (tmp_path / "docs/requirements/shop.yaml").write_text(REQUIREMENTS)
    monkeypatch.chdir(tmp_path)
    return Run(TESTS, {"commit": "abc1234"})


def test_a_requirement_is_as_good_as_the_worst_of_its_tests(run: Run) -> None:
    found = as_json(run)

    assert [(one["criterion"], one["outcome"]) for one in found["requirements"]] == [
        ("FR-1", "passed"),
        ("FR-2", "failed"),
    ]
    assert found["counts"] == {"passed": 2, "left out": 1, "failed": 1}
    assert found["commit"] == "abc1234"
    assert found["tests"][0] == {
        "test": "tests/e2e/test_shop.py::test_orders_outlive_a_pod",
        "outcome": "passed",
        "seconds": 12.35,
        "said": ["back after 4.0 s", MEASURED],
        "reason": "",
        "measured": [{"what": "pod (of two): ready again", "seconds": 4.25, "limit": 60.0, "source": "SC-006"}],
    }


def test_the_page_has_what_was_measured_and_escapes_it(run: Run) -> None:
    made = page(run)

    assert "back after 4.0 s" in made
    assert "&lt;b&gt;3 s&lt;/b&gt;" in made
    assert "<b>" not in made
    assert "2 passed, 1 left out, 1 failed" in made
    assert "Orders outlive a pod." in made
    row = (
        "shop",
        "pod (of two): ready again",
        "4.25\N{NO-BREAK SPACE}s",
        "60\N{NO-BREAK SPACE}s",
        "SC-006",
        '<span class="good">7%</span>',
    )
    assert "".join(f"<td>{cell}</td>" for cell in row) in made


@pytest.mark.parametrize("measure", [Measure("back", 0.04, 0.1, "health"), Measure("all: of it", 61.5, 60, "ours")])
def test_a_measure_is_read_as_it_was_said(measure: Measure) -> None:
    assert parse(str(measure)) == measure
    assert parse(f"{measure} later") is None


def test_a_run_of_nothing_says_so(run: Run) -> None:
    assert "no test ran" in page(Run((), run.of))
