"""Clusters that cannot be had, as the tasks tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

GONE = """\
apiVersion: v1
kind: Config
current-context: gone
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: s3cr3t}}]
contexts: [{name: gone, context: {cluster: c, user: u}}]
"""
CONTEXT = 'kubernetes: "1.34", secrets: external, context: gone'


@pytest.fixture
def kubeconfig(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user's own, whose cluster does not answer; an environment has its context."""
    config = project / "kubeconfig"
    config.write_text(GONE)
    monkeypatch.setenv("KUBECONFIG", str(config))
    environments = project / "overlays/environments.yaml"
    environments.write_text(environments.read_text().replace('kubernetes: "1.34", secrets: external', CONTEXT))
    return config


COMMANDS = pytest.mark.parametrize(
    ("command", "status"),
    [(("diff", "against=live"), 2), (("drift",), 2), (("status",), 1), (("deploy",), 1), (("destroy", "yes=1"), 1)],
)


@COMMANDS
def test_a_cluster_that_does_not_answer_is_one_line(
    kubeconfig: Path, doit: Doit, command: tuple[str, ...], status: int
) -> None:
    assert kubeconfig.exists()
    doit("render")

    found, shown = doit(*command, "env=prod", "system=shop")

    assert (found, shown.count("\n")) == (status, 1)
    assert shown.startswith(f"{command[0]:28} ERROR: cluster gone cannot be reached: ")
    assert "s3cr3t" not in shown


@COMMANDS
def test_a_context_that_the_kubeconfig_lacks_is_named(
    kubeconfig: Path, doit: Doit, command: tuple[str, ...], status: int
) -> None:
    kubeconfig.write_text(GONE.replace("name: gone", "name: other"))
    doit("render")

    found, shown = doit(*command, "env=prod", "system=shop")

    assert found == status
    assert shown == (
        f"{command[0]:28} ERROR: expected context 'gone' in the kubeconfig: Invalid kube-config file. Expected object "
        f"with name gone in {kubeconfig}/contexts list\n"
    )


def test_nothing_is_deployed_to_whatever_cluster_is_the_current(project: Path, doit: Doit) -> None:
    assert project.exists()

    status, shown = doit("deploy", "env=prod")

    assert status == 1
    assert shown == (
        "deploy                       ERROR: overlays/environments.yaml: prod has no context: name the one of the "
        "kubeconfig that its cluster is reached by\n"
    )
