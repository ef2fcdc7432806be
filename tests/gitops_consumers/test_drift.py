"""base/drift: with its own service account, doit drift sees what was changed, and nothing can be changed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

import imbricate
from tests.gitops_consumers.processes import waited

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.gitops_consumers.control_plane import ControlPlane
    from tests.gitops_consumers.repository import Repository

PARTS = ()
SYSTEM = "tamma"
IN_PROD = pytest.mark.parametrize("environment", ["prod"], indirect=True)


@pytest.fixture(scope="module")
def account(control_plane: ControlPlane, repository: Repository) -> Path:
    """Apply base/drift and a system; give a kubeconfig with the token of the CronJob's service account."""
    control_plane.kubectl("apply", "--server-side", "-f", "-", given=imbricate.build(repository.folder / "base/drift"))
    manifests = repository.folder / f"gitops/prod/{SYSTEM}/manifests.yaml"
    control_plane.kubectl("apply", "--server-side", "--field-manager=imbricate", "-f", manifests)
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": control_plane.kubectl("create", "token", "drift", "-n", "drift").strip()}
    file = control_plane.folder / "drift.kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


def _as_drift(plane: ControlPlane, account: Path, *words: str) -> str:
    """Run kubectl as the service account; give what it says when it is refused."""
    try:
        return plane.kubectl(f"--kubeconfig={account}", *words)
    except subprocess.CalledProcessError as error:
        return str(error.stderr)


@IN_PROD
def test_drift_sees_what_was_changed_by_hand(
    control_plane: ControlPlane,
    account: Path,
    repository: Repository,
    measured: Callable[[str], AbstractContextManager[None]],
) -> None:
    drift = ("drift", "env=prod", f"system={SYSTEM}")
    deployments = (one for one in repository.manifests(f"prod/{SYSTEM}") if one["kind"] == "Deployment")
    name = next(deployments)["metadata"]["name"]

    with measured("doit drift"):
        before = repository.doit(*drift, kubeconfig=account)
    control_plane.kubectl("patch", "deployment", name, "-n", SYSTEM, "-p", '{"spec": {"minReadySeconds": 77}}')
    control_plane.kubectl("set", "serviceaccount", "deployment", name, "default", "-n", SYSTEM)
    after = repository.doit(*drift, kubeconfig=account, statuses=(1,))

    assert "1 unit compared, no differences" in before
    assert f"~ Deployment/{name} in {SYSTEM}\n" in after
    assert "spec.template.spec.serviceAccountName: " in after
    assert "→ default" in after


@IN_PROD
def test_drift_can_change_nothing(control_plane: ControlPlane, account: Path, repository: Repository) -> None:
    deployments = (one for one in repository.manifests(f"prod/{SYSTEM}") if one["kind"] == "Deployment")
    name = next(deployments)["metadata"]["name"]
    patch = ("patch", "deployment", name, "-n", SYSTEM, "-p", '{"metadata": {"labels": {"a": "b"}}}')

    refused = waited(lambda: _refused(control_plane, account, *patch), "the policy is in effect")

    assert "drift may ask what would change, not change it" in refused
    assert "patched" in _as_drift(control_plane, account, *patch, "--dry-run=server")
    assert "Forbidden" in _as_drift(control_plane, account, "delete", "deployment", name, "-n", SYSTEM)
    assert "Forbidden" in _as_drift(control_plane, account, "get", "secrets", "-n", SYSTEM)


def _refused(plane: ControlPlane, account: Path, *words: str) -> str:
    said = _as_drift(plane, account, *words)
    return said if "denied" in said else ""
