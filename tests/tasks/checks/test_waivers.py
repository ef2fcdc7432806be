"""Waivers: what they take out, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tasks.arguments import Selection
from tasks.checks.gate import Verdict, judge
from tasks.units import units
from tests.tasks.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 7, 1)
PRIVILEGED = "        image: shop/web\n        securityContext: {privileged: true}\n"


def _judged(project: Path, waivers: str) -> Verdict:
    file = project / "base/shop/deployment.yaml"
    file.write_text(file.read_text().replace("        image: shop/web\n", PRIVILEGED))
    (project / "overlays/waivers.yaml").write_text(waivers)
    found = units()
    environments = tuple(dict.fromkeys(one.environment for one in found))
    return judge(Selection(found, environments, ("shop",), is_all=True), TODAY)


def _units_of(verdict: Verdict, rule: str) -> list[str]:
    return [one.unit for one in verdict.findings if one.rule == rule]


WAIVERS = {
    "everywhere": ("- {rule: privileged, object: Deployment/web, reason: r}", []),
    "in one unit": ("- {rule: privileged, object: Deployment/web, unit: dev/shop, reason: r}", ["prod/shop"]),
    "in one environment": ("- {rule: privileged, object: Deployment/web, unit: prod/*, reason: r}", ["dev/shop"]),
    "for all of a kind": ("- {rule: privileged, object: Deployment/*, reason: r}", []),
    "for one field": (
        "- {rule: privileged, object: Deployment/web, field: '*.privileged', reason: r}",
        [],
    ),
    "for another field": (
        "- {rule: privileged, object: Deployment/web, field: spec, reason: r}",
        ["dev/shop", "prod/shop"],
    ),
    "until today": ("- {rule: privileged, object: Deployment/web, reason: r, until: 2026-07-01}", []),
    "until yesterday": (
        "- {rule: privileged, object: Deployment/web, reason: r, until: 2026-06-30}",
        ["dev/shop", "prod/shop"],
    ),
}


@pytest.mark.parametrize("name", WAIVERS)
def test_a_waiver_takes_out_what_it_names(project: Path, name: str) -> None:
    waivers, left = WAIVERS[name]

    verdict = _judged(project, waivers)

    assert _units_of(verdict, "privileged") == left
    assert [one.finding.unit for one in verdict.waived if one.finding.rule == "privileged"] == [
        unit for unit in ("dev/shop", "prod/shop") if unit not in left
    ]


FLAWS = {
    "nothing to waive": (
        "- {rule: host-ports, object: Deployment/web, reason: r}",
        "nothing is to be waived: host-ports of Deployment/web; remove it",
    ),
    "no such rule": (
        "- {rule: privilegd, object: Deployment/web, reason: r}",
        "there is no rule privilegd; did you mean privileged?; see docs/policies.md",
    ),
    "a rule that cannot be waived": (
        "- {rule: rendered, object: '*', reason: r}",
        "the rule rendered cannot be waived; repair what it finds",
    ),
    "no reason": (
        "- {rule: privileged, object: Deployment/web}",
        "reason: expected a text, found None; say it",
    ),
    "an unknown field": (
        "- {rule: privileged, object: Deployment/web, reason: r, file: x}",
        "unknown field file; known are rule, object, reason, unit, field, until",
    ),
    "no map": ("- privileged", "expected a map, found 'privileged'; give it rule, object, reason"),
    "a date that is none": (
        "- {rule: privileged, object: Deployment/web, reason: r, until: soon}",
        "until: expected a date such as 2026-12-31, found 'soon'; write it without quotes",
    ),
    "a date that is over": (
        "- {rule: privileged, object: Deployment/web, reason: r, until: 2026-06-30}",
        "it held until 2026-06-30: privileged of Deployment/web; repair it, or give it more time",
    ),
    "no list": ("rule: privileged", "expected a list of waivers; begin each with `- rule:`"),
}


@pytest.mark.parametrize("name", FLAWS)
def test_what_is_wrong_with_a_waiver_is_a_finding_on_its_line(project: Path, name: str) -> None:
    waivers, message = FLAWS[name]

    verdict = _judged(project, waivers)

    assert [str(one) for one in verdict.findings if one.rule == "waiver"] == [
        f"overlays/waivers.yaml:1: {message} [waiver]"
    ]


def test_nothing_is_said_of_waivers_while_a_unit_does_not_build(project: Path) -> None:
    (project / "overlays/prod/shop/strategy.yaml").unlink()

    verdict = _judged(project, "- {rule: host-ports, object: Deployment/web, reason: r}")

    assert _units_of(verdict, "build") == ["prod/shop"]
    assert _units_of(verdict, "waiver") == []


def test_the_waivers_of_this_repository_fit_their_schema() -> None:
    from jsonschema.validators import Draft202012Validator

    schema = json.loads((ROOT / "overlays/waivers.schema.json").read_text())
    found = yaml.load((ROOT / "overlays/waivers.yaml").read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - texts only

    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []


def test_a_file_that_is_no_yaml_waives_nothing(project: Path) -> None:
    verdict = _judged(project, "- {rule: [")

    (found,) = [one for one in verdict.findings if one.rule == "waiver"]
    assert str(found).startswith("overlays/waivers.yaml: cannot be read: ")
    assert verdict.waived == ()
