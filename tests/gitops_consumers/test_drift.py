"""base/drift: with its own service account, doit drift sees what was changed, and nothing can be changed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

import imbricate
from tests.gitops_consumers import drift_image
from tests.gitops_consumers.drift_image import CronJob
from tests.gitops_consumers.processes import Process, free_port, waited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

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


@pytest.fixture(scope="module")
def cron_job(
    control_plane: ControlPlane, account: Path, repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CronJob]:
    """Give the CronJob in its own image, which clones the repository from a server of git."""
    assert account.is_file()
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Docker engine, in which the image of base/drift could run")
    port = free_port()
    folder = tmp_path_factory.mktemp("cron-job")
    options = (f"--base-path={repository.folder.parent}", "--export-all", "--listen=127.0.0.1", f"--port={port}")
    server = Process(["git", "daemon", *options], folder)
    settings = {
        "ENVIRONMENT": "prod",
        "REPOSITORY": f"git://127.0.0.1:{port}/{repository.folder.name}",
        "REVISION": "main",
        "SYSTEMS": SYSTEM,
    }
    config = yaml.safe_load(control_plane.kubeconfig.read_text())["clusters"][0]["cluster"]
    job = CronJob(drift_image.build(), folder / "volumes", config["server"], settings)
    token = control_plane.kubectl("create", "token", "drift", "-n", "drift").strip()
    job.give_account(token, Path(config["certificate-authority"]).read_text())
    try:
        yield job
    finally:
        server.stop()


@IN_PROD
@pytest.mark.docker
def test_its_image_tells_by_its_status_whether_something_was_changed_by_hand(
    control_plane: ControlPlane,
    cron_job: CronJob,
    repository: Repository,
    measured: Callable[[str], AbstractContextManager[None]],
) -> None:
    deployments = (one for one in repository.manifests(f"prod/{SYSTEM}") if one["kind"] == "Deployment")
    *_, name = (one["metadata"]["name"] for one in deployments)
    manifests = repository.folder / f"gitops/prod/{SYSTEM}/manifests.yaml"
    control_plane.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=imbricate", "-f", manifests)

    with measured("the CronJob"):
        before = cron_job.run()
    control_plane.kubectl("set", "serviceaccount", "deployment", name, "default", "-n", SYSTEM)
    after = cron_job.run()

    assert before[0] == 0, before[1]
    assert "1 unit compared, no differences" in before[1]
    assert after[0] == 1, after[1]
    assert f"~ Deployment/{name} in {SYSTEM}\n" in after[1]
    assert "→ default" in after[1]


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
