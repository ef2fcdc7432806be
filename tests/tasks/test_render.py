"""doit render, as it is typed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit


def _steady(output: str) -> list[str]:
    """Give the lines with times taken out and blanks folded."""
    return [re.sub(r"\d+\.\d\d s", "N s", re.sub(r" +", " ", line)).strip() for line in output.splitlines()]


def test_a_first_render_writes_every_unit_and_says_so(project: Path, doit: Doit) -> None:
    status, output = doit("render")

    assert _steady(output) == [
        "dev/shop N s written: 2 added",
        "prod/shop N s written: 2 added",
        "2 rendered in N s",
    ]
    assert status == 0
    assert (project / "gitops/prod/shop/manifests.yaml").read_text().startswith("apiVersion: v1\nkind: Service\n")
    assert [*json.loads((project / "gitops/rendered.json").read_text())] == [
        "gitops/dev/shop/manifests.yaml",
        "gitops/prod/shop/manifests.yaml",
    ]


def test_a_second_render_does_nothing_and_says_so(doit: Doit) -> None:
    doit("render")

    assert _steady(doit("render")[1]) == ["dev/shop up to date", "prod/shop up to date", "2 up to date in N s"]


def test_only_the_units_that_read_a_file_are_rendered_again(project: Path, doit: Doit) -> None:
    doit("render")
    patch = project / "overlays/prod/shop/strategy.yaml"
    patch.write_text(patch.read_text().replace("Recreate", "RollingUpdate"))

    assert _steady(doit("render")[1]) == [
        "dev/shop up to date",
        "prod/shop N s written: 1 changed",
        "1 rendered, 1 up to date in N s",
    ]


def test_a_file_that_is_only_touched_changes_nothing(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "base/shop/service.yaml").touch()

    assert _steady(doit("render")[1])[-1] == "2 up to date in N s"


def test_an_output_that_was_edited_by_hand_is_rendered_again(project: Path, doit: Doit) -> None:
    doit("render")
    output = project / "gitops/dev/shop/manifests.yaml"
    before = output.read_text()
    output.write_text(before.replace("shop", "other"))

    doit("render")

    assert output.read_text() == before


def test_env_and_system_choose(project: Path, doit: Doit) -> None:
    assert _steady(doit("render", "env=dev", "system=shop")[1]) == [
        "dev/shop N s written: 2 added",
        "1 rendered in N s",
    ]
    assert not (project / "gitops/prod").exists()


def test_two_processes_do_not_interleave(doit: Doit) -> None:
    lines = _steady(doit("-n", "2", "render")[1])

    assert sorted(lines) == ["2 rendered in N s", "dev/shop N s written: 2 added", "prod/shop N s written: 2 added"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["env=nope"], "ERROR: env=nope: there is no environment 'nope'; known: dev, prod\n"),
        (["env=prd"], "ERROR: env=prd: there is no environment 'prd'; did you mean prod? known: dev, prod\n"),
        (["enb=prod"], "ERROR: enb=prod: there is no argument 'enb'; did you mean env? known: env, system\n"),
        (["system=shep"], "ERROR: system=shep: there is no system 'shep'; did you mean shop? known: shop\n"),
    ],
)
def test_an_unknown_argument_lists_what_is_known(doit: Doit, arguments: list[str], message: str) -> None:
    assert doit("render", *arguments) == (3, message)


BAD_INPUT = {
    "a missing file": (
        "base/shop/kustomization.yaml",
        "resources:\n- deployment.yaml\n- servise.yaml\n",
        "base/shop/kustomization.yaml: resources[1]: 'servise.yaml' does not exist",
    ),
    "broken YAML": (
        "base/shop/service.yaml",
        "apiVersion: v1\n  kind: Service\n",
        "base/shop/service.yaml:2:7: expected YAML: mapping values are not allowed in this context",
    ),
    "an unknown field": (
        "overlays/prod/shop/kustomization.yaml",
        "resources:\n- ../../../base/shop\nnamespaze: shop\n",
        "overlays/prod/shop/kustomization.yaml: namespaze: unknown field; did you mean namespace?",
    ),
    "a cycle": (
        "base/shop/kustomization.yaml",
        "resources:\n- ../../overlays/prod/shop\n",
        (
            "base/shop/kustomization.yaml: resources[0]: '../../overlays/prod/shop' is a cycle: "
            "it holds overlays/prod/shop, which is being built"
        ),
    ),
    "two resources of one id": (
        "base/shop/deployment.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n",
        "Service.v1.[noGrp]/web.[noNs] is there twice: from base/shop/deployment.yaml and from base/shop/service.yaml",
    ),
    "a patch that matches nothing": (
        "overlays/prod/shop/kustomization.yaml",
        "resources:\n- ../../../base/shop\npatches:\n- path: strategy.yaml\n  target: {name: wob}\n",
        "overlays/prod/shop/kustomization.yaml: patches[0]: matches nothing; remove it, or correct what it names",
    ),
    "an image that matches nothing": (
        "overlays/prod/shop/kustomization.yaml",
        "resources:\n- ../../../base/shop\nimages:\n- {name: shop/wob, newTag: x}\n",
        "overlays/prod/shop/kustomization.yaml: images[0]: matches nothing; remove it, or correct what it names",
    ),
    "a replica count that matches nothing": (
        "overlays/prod/shop/kustomization.yaml",
        "resources:\n- ../../../base/shop\nreplicas:\n- {name: wob, count: 2}\n",
        (
            "overlays/prod/shop/kustomization.yaml: replicas[0].name: no resource is called 'wob': expected one of "
            "kind Deployment, StatefulSet, ReplicaSet, ReplicationController; did you mean web?"
        ),
    ),
    "a plain Secret": (
        "base/shop/service.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData: {token: abc}\n",
        (
            "base/shop/service.yaml: Secret/token holds data, which must not be in git; declare it as an "
            "ExternalSecret (see base/<system>/secrets)"
        ),
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_clear_line_and_nothing_is_lost(project: Path, doit: Doit, case: str) -> None:
    doit("render")
    before = (project / "gitops/prod/shop/manifests.yaml").read_text()
    file, text, message = BAD_INPUT[case]
    (project / file).write_text(text)

    status, output = doit("render", "env=prod")

    assert _steady(output) == [f"prod/shop ERROR: {message}", "1 failed in N s"]
    assert status == 1
    assert (project / "gitops/prod/shop/manifests.yaml").read_text() == before


def test_a_file_of_a_unit_that_is_gone_is_removed(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop").rename(project / "elsewhere")

    assert _steady(doit("render")[1]) == [
        "dev/shop up to date",
        "ownership removed gitops/prod/shop/manifests.yaml: its overlay is gone",
        "1 up to date, 1 removed in N s",
    ]
    assert not (project / "gitops/prod").exists()


def test_a_file_that_is_not_ours_is_never_removed(project: Path, doit: Doit) -> None:
    doit("render")
    foreign = project / "gitops/prod/other/manifests.yaml"
    foreign.parent.mkdir()
    foreign.write_text("kind: Mine\n")

    doit("render")

    assert foreign.read_text() == "kind: Mine\n"


def test_a_stale_file_that_was_edited_is_reported_and_stays(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop").rename(project / "elsewhere")
    stale = project / "gitops/prod/shop/manifests.yaml"
    stale.write_text("kind: Edited\n")

    status, output = doit("render")

    assert _steady(output)[1] == (
        "ownership ERROR: gitops/prod/shop/manifests.yaml: no overlay stands behind it, but it was edited since it was "
        "rendered; remove it by hand, or bring its overlay back"
    )
    assert status == 1
    assert stale.read_text() == "kind: Edited\n"


def test_a_folder_of_an_unknown_environment_is_an_error(project: Path, doit: Doit) -> None:
    (project / "overlays/qa").mkdir()

    assert doit("render") == (
        3,
        "ERROR: overlays/qa is no environment: overlays/environments.yaml names dev, prod\n",
    )


def test_every_task_is_listed_with_a_line_of_help(doit: Doit) -> None:
    status, output = doit("list")

    assert status == 0
    assert all(len(line.split()) > 3 for line in output.splitlines())
