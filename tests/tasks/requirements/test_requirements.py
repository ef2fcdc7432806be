"""docs/requirements/: what is wrong with it is told with its line, and what is right becomes docs/requirements.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tasks.requirements.page import page
from tasks.requirements.proofs import flaws_of, known_tests
from tasks.requirements.reading import FOLDER, specifications

if TYPE_CHECKING:
    from tests.tasks.conftest import Doit

ROOT = Path(__file__).parent.parent.parent.parent
SYSTEMS = ("daa", "kairoflow", "pakaura", "santaclaude", "tamma")
TESTS = "def test_web():\n    pass\n\n\nclass TestShop:\n    async def test_open(self):\n        pass\n"
ANSWERED = """\
specification: shop
criteria:
- id: "FR-1"
  asks: The web runs.
  answered_by: [base/shop/deployment.yaml]
  proven_by: ["check:probes", "tests/test_shop.py::test_web"]
- id: "SC-1"
  asks: It | is_open.
  answered_by: [base/shop]
  proven_by: ["tests/test_shop.py::TestShop::test_open[always]"]
- id: "SC-2"
  asks: It pays.
  not_done: Nobody buys.
"""


@pytest.fixture
def traced(project: Path) -> Path:
    """Give the project with a specification, its tests, and no page."""
    for name, text in (("docs/requirements/shop.yaml", ANSWERED), ("tests/test_shop.py", TESTS)):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    known_tests.cache_clear()
    return project


def test_every_system_is_traced() -> None:
    assert tuple(sorted(file.stem for file in (ROOT / FOLDER).glob("*.yaml"))) == SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_file_fits_its_schema(system: str) -> None:
    from jsonschema.validators import Draft202012Validator

    schema = json.loads((ROOT / FOLDER / "requirements.schema.json").read_text())
    found = yaml.safe_load((ROOT / FOLDER / f"{system}.yaml").read_text())

    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    assert found["specification"] == system


@pytest.mark.usefixtures("traced")
def test_what_is_answered_and_proven_has_no_flaw() -> None:
    found, flaws = specifications()

    assert flaws == []
    assert [one.id for one in found[0].criteria] == ["FR-1", "SC-1", "SC-2"]
    assert list(flaws_of(found[0], {"probes"})) == []


FLAWS = {
    "no answer": (
        "  answered_by: [base/shop/deployment.yaml]\n",
        "",
        (
            "docs/requirements/shop.yaml:3: FR-1 has no answer; name the file that answers it (answered_by), or say "
            "why not (not_done)"
        ),
    ),
    "no proof": (
        '  proven_by: ["check:probes", "tests/test_shop.py::test_web"]\n',
        "",
        (
            "docs/requirements/shop.yaml:3: FR-1 has no proof; name a test or check:RULE (proven_by), or say why it is "
            "not done (not_done)"
        ),
    ),
    "a file that is not there": (
        "base/shop/deployment.yaml",
        "base/shop/deploymint.yaml",
        "docs/requirements/shop.yaml:5: FR-1 is answered by base/shop/deploymint.yaml, which is not there",
    ),
    "a rule that there is not": (
        "check:probes",
        "check:probe",
        "docs/requirements/shop.yaml:6: FR-1 is proven by check:probe: there is no such rule; did you mean probes?",
    ),
    "a test that there is not": (
        "::test_web",
        "::test_wab",
        (
            "docs/requirements/shop.yaml:6: FR-1 is proven by tests/test_shop.py::test_wab: there is no such test; did "
            "you mean test_web?"
        ),
    ),
    "a file of tests that there is not": (
        "test_shop.py::test_web",
        "test_shops.py::test_web",
        (
            "docs/requirements/shop.yaml:6: FR-1 is proven by tests/test_shops.py::test_web: there is no file "
            "tests/test_shops.py"
        ),
    ),
    "a proof that names no test": (
        "test_shop.py::test_web",
        "test_shop.py",
        (
            "docs/requirements/shop.yaml:6: FR-1 is proven by tests/test_shop.py: expected check:RULE, or a test as "
            "file::name"
        ),
    ),
    "both done and not": (
        "  asks: The web runs.\n",
        "  asks: The web runs.\n  not_done: It stands.\n",
        "docs/requirements/shop.yaml:3: FR-1 has answers, and a reason why it is not done; say one of both",
    ),
    "a criterion that is there twice": (
        '"SC-2"',
        '"SC-1"',
        "docs/requirements/shop.yaml:11: SC-1 is there twice",
    ),
    "an unknown field": (
        "  asks: It pays.\n",
        "  asks: It pays.\n  when: soon\n",
        "docs/requirements/shop.yaml:13: SC-2 unknown field when; known are id, asks, answered_by, proven_by, not_done",
    ),
    "no list": (
        "answered_by: [base/shop]",
        "answered_by: base/shop",
        "docs/requirements/shop.yaml:9: SC-1 answered_by: expected a list of texts, found 'base/shop'",
    ),
    "nothing asked": (
        "  asks: It pays.\n",
        "",
        "docs/requirements/shop.yaml:11: SC-2 asks: expected a text, found None",
    ),
    "no criteria": (
        "criteria:",
        "criterions:",
        "docs/requirements/shop.yaml:1: expected a map with specification and criteria, a list",
    ),
}


@pytest.mark.parametrize("name", FLAWS)
def test_what_is_wrong_is_told_with_its_line(traced: Path, doit: Doit, name: str) -> None:
    old, new, expected = FLAWS[name]
    file = traced / "docs/requirements/shop.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    doit("render")

    status, shown = doit("check")

    assert status == 1
    assert f"{expected}; correct it, then run doit docs [requirements]" in shown.splitlines()


@pytest.mark.usefixtures("traced")
def test_the_page_shows_answers_proofs_and_reasons() -> None:
    found, _ = specifications()

    assert page(found).partition("check`.\n\n")[2] == (
        "| specification | criteria | answered and proven | not done |\n|---|---|---|---|\n"
        "| [shop](#shop) | 3 | 2 | 1 |\n\n## shop\n\n"
        "| criterion | asks | answered by | proven by |\n|---|---|---|---|\n"
        "| FR-1 | The web runs. | [base/shop/deployment.yaml](../base/shop/deployment.yaml) | [`doit check`: probes]"
        "(policies.md#probes)<br>[test\\_web](../tests/test_shop.py) |\n"
        "| SC-1 | It \\| is\\_open. | [base/shop](../base/shop) | "
        "[TestShop::test\\_open\\[always\\]](../tests/test_shop.py) |\n"
        "| SC-2 | It pays. | not done: Nobody buys. |  |\n"
    )


def test_a_page_that_is_stale_is_a_finding_until_doit_docs(traced: Path, doit: Doit) -> None:
    doit("render")
    stale = "docs/requirements.md: is not what docs/requirements/ says; run doit docs [requirements]"
    assert stale in doit("check")[1].splitlines()

    assert "docs/requirements.md: written" in doit("docs")[1]

    assert doit("check")[0] == 0
    (traced / "docs/requirements/shop.yaml").write_text(ANSWERED.replace("Nobody buys", "Few buy"))
    assert stale in doit("check")[1].splitlines()


def test_a_page_of_policies_that_is_stale_is_a_finding_until_doit_docs(project: Path, doit: Doit) -> None:
    doit("render")
    doit("docs")
    assert doit("check")[0] == 0
    (project / "docs/policies.md").write_text("no rules\n")

    assert "docs/policies.md: is not what the rules say; run doit docs [documented]" in doit("check")[1].splitlines()


def test_the_committed_policies_are_those_of_the_rules() -> None:
    from tasks.checks import page as policies

    assert (ROOT / policies.PAGE).read_text() == policies.page(), "run doit docs"
