"""doit explain, as it is typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

WIRED = "\nfrom tasks.explain import task_explain\n"


@pytest.fixture(autouse=True)
def _wired(project: Path) -> None:
    with (project / "dodo.py").open("a") as dodo:
        dodo.write(WIRED)


def _said(output: str) -> str:
    """Give what the task itself printed, without doit's line of its name."""
    return "".join(line for line in output.splitlines(keepends=True) if not line.startswith((".  explain", "explain")))


def test_a_field_of_one_unit(doit: Doit) -> None:
    status, output = doit("explain", "env=prod", "system=shop", "ref=Deployment/web", "field=spec.replicas")

    assert status == 0
    assert _said(output) == (
        "Deployment/web in shop: spec.replicas = 3\n  overlays/prod/shop/kustomization.yaml:5  3  replicas[0]\n"
    )


def test_environments_side_by_side(doit: Doit) -> None:
    image = "field=spec.template.spec.containers[name=web].image"
    status, output = doit("explain", "ref=Deployment/web", image)

    assert status == 0
    made = "base/shop/deployment.yaml:14"
    assert _said(output) == (
        "dev/shop: Deployment/web in shop: spec.template.spec.containers[name=web].image = shop/web\n"
        f"  {made}  shop/web  resources[0], base/shop/kustomization.yaml:2\n"
        "\n"
        "prod/shop: Deployment/web in shop: spec.template.spec.containers[name=web].image = shop/web:1.0\n"
        f"  {made}             shop/web                 resources[0], base/shop/kustomization.yaml:2\n"
        "  overlays/prod/shop/kustomization.yaml:7  shop/web → shop/web:1.0  images[0]\n"
    )


def test_json(doit: Doit) -> None:
    status, output = doit("explain", "env=prod", "ref=Deployment/web", "field=spec.strategy.type", "format=json")

    assert status == 0
    (found,) = json.loads(_said(output))
    assert found["unit"] == "prod/shop"
    assert found["value"] == "Recreate"
    assert [change["place"] for link in found["links"] for change in link["changes"]] == [
        {"file": "overlays/prod/shop/strategy.yaml", "line": 6}
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "ref: expected an object such as ref=Deployment/web, found none"),
        (("ref=web",), "expected Kind/name, Kind.group/name or Kind/name/namespace, found 'web'"),
        (
            ("ref=Deployment/wed",),
            "there is no Deployment/wed, and no layer ever made it; did you mean Deployment/web?",
        ),
        (
            ("ref=Deployment/web", "field=spec.replica", "env=prod"),
            "Deployment/web in shop has no field spec.replica, and no layer ever set it; did you mean spec.replicas?",
        ),
        (("ref=Deployment/web", "format=xml"), "format=xml: there is no value 'xml'; known: text, json"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(doit: Doit, arguments: tuple[str, ...], message: str) -> None:
    status, output = doit("explain", *arguments)

    assert status != 0
    assert message in output
    assert "Traceback" not in output
