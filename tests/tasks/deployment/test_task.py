"""What `doit deploy` does before it talks to a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

NO_CLUSTER = "deploy                       ERROR: there is no kind cluster: run `doit cluster_up`\n"


@pytest.mark.parametrize("arguments", [(), ("env=dev",), ("env=dev", "system=shop")])
def test_what_was_built_and_pinned_a_moment_ago_is_rendered_first_for_kind(
    project: Path, doit: Doit, arguments: tuple[str, ...]
) -> None:
    status, shown = doit("deploy", *arguments)

    assert status == 1
    assert NO_CLUSTER in shown
    assert (project / "gitops/dev/shop/manifests.yaml").exists()
    assert not (project / "gitops/prod").exists()


def test_a_rendering_that_fails_deploys_nothing(project: Path, doit: Doit) -> None:
    (project / "base/shop/service.yaml").unlink()

    status, shown = doit("deploy", "env=dev")

    assert status == 1
    assert "there is no kind cluster" not in shown
    assert "service.yaml" in shown


def test_another_cluster_gets_what_somebody_looked_at(project: Path, doit: Doit) -> None:
    status, _ = doit("deploy", "env=prod")

    assert status == 1
    assert not (project / "gitops").exists()
