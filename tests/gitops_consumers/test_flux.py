"""What Flux makes of gitops/: the objects of delivery-flux as they are rendered, the archives of a real repository.

Only one thing is substituted: see flux.py for what stands in for source-controller.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.gitops_consumers.flux import Flux
from tests.gitops_consumers.processes import waited
from tests.gitops_consumers.registry import artifact_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tasks.cluster.consumers import Consumers
    from tests.gitops_consumers.control_plane import ControlPlane
    from tests.gitops_consumers.repository import Repository

    Measured = Callable[[str], AbstractContextManager[None]]

PARTS = ("flux",)
IN_PROD = pytest.mark.parametrize("environment", ["prod"], indirect=True)


@pytest.fixture(scope="module")
def flux(
    parts: Consumers,
    control_plane: ControlPlane,
    repository: Repository,
    environment: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flux]:
    """Start Flux and apply the delivery objects, as an operator does once."""
    flux = Flux(parts.flux.folder / "kustomize-controller", control_plane, tmp_path_factory.mktemp("flux"))
    try:
        objects = repository.folder / f"gitops/{environment}/delivery-flux/manifests.yaml"
        control_plane.kubectl("apply", "--server-side", "--field-manager=kustomize-controller", "-f", objects)
        yield flux
    finally:
        flux.stop()


def test_every_system_of_an_environment_is_applied_and_ready(
    flux: Flux, repository: Repository, environment: str, measured: Measured
) -> None:
    systems = repository.systems(environment)

    with measured(f"{environment}: {len(systems)} systems applied and ready"):
        revision = flux.fetch(repository, environment)
        flux.wait_applied(revision, *systems, "delivery")

    assert len(systems) >= 5
    for system in systems:
        assert flux.plane.absent(repository.manifests(f"{environment}/{system}")) == []


def test_what_was_applied_has_not_drifted(
    flux: Flux, repository: Repository, environment: str, measured: Measured
) -> None:
    systems = ",".join([*repository.systems(environment), "delivery-flux"])

    with measured("doit drift"):
        shown = repository.doit("drift", f"env={environment}", f"system={systems}", kubeconfig=flux.plane.kubeconfig)

    assert "no differences" in shown


@pytest.fixture(scope="module")
def applied(flux: Flux, repository: Repository, environment: str) -> Flux:
    """Give Flux once it has applied the whole environment."""
    flux.wait_applied(flux.fetch(repository, environment), *repository.systems(environment), "delivery")
    return flux


def _deployment(repository: Repository, unit: str) -> dict[str, Any]:
    return next(one for one in repository.manifests(unit) if one["kind"] == "Deployment")


def _image(flux: Flux, deployment: dict[str, Any]) -> str:
    metadata = deployment["metadata"]
    live = flux.plane.get("deployment", metadata["name"], "-n", metadata["namespace"])
    return str(live["spec"]["template"]["spec"]["containers"][0]["image"])


@IN_PROD
def test_what_is_rendered_no_longer_is_pruned(applied: Flux, repository: Repository, measured: Measured) -> None:
    repository.add_note("prod", "tamma")
    applied.wait_applied(applied.fetch(repository, "prod"), "tamma")
    assert applied.plane.get("configmap", "note", "-n", "tamma")
    repository.drop_note("prod", "tamma")

    with measured("pruned"):
        applied.wait_applied(applied.fetch(repository, "prod"), "tamma")

    assert applied.plane.get("configmap", "note", "-n", "tamma") is None


@IN_PROD
def test_what_was_changed_by_hand_is_seen_by_drift_and_by_diff_and_repaired_by_flux(
    applied: Flux, repository: Repository, measured: Measured
) -> None:
    drift = ("drift", "env=prod", "system=tamma")
    deployment = _deployment(repository, "prod/tamma")
    name, before = deployment["metadata"]["name"], _image(applied, deployment)
    service = next(one for one in repository.manifests("prod/tamma") if one["kind"] == "Service")["metadata"]["name"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]["name"]
    applied.plane.kubectl("set", "image", f"deployment/{name}", f"{container}=hand/made:1", "-n", "tamma")
    applied.plane.kubectl("delete", "service", service, "-n", "tamma")

    with measured("doit drift and doit diff"):
        drifted = repository.doit(*drift, kubeconfig=applied.plane.kubeconfig, statuses=(1,))
        against = ("diff", "env=prod", "system=tamma", "against=live")
        differs = repository.doit(*against, kubeconfig=applied.plane.kubeconfig, statuses=(1,))
    with measured("repaired"):
        applied.ask("tamma", str(time.time()))
        waited(lambda: _image(applied, deployment) == before, "the image as it was")

    assert f"~ Deployment/{name} in tamma\n" in drifted
    assert f"spec.template.spec.containers[name={container}].image: {before} → hand/made:1" in drifted
    assert f"- Service/{service} in tamma\n" in drifted
    assert f"spec.template.spec.containers[name={container}].image: hand/made:1 → {before}" in differs
    assert f"+ Service/{service} in tamma\n" in differs
    assert "no differences" in repository.doit(*drift, kubeconfig=applied.plane.kubeconfig)


@IN_PROD
def test_a_promotion_and_a_rollback_are_followed(applied: Flux, repository: Repository, measured: Measured) -> None:
    before = repository.head
    old, new = repository.new_image("staging", "tamma")

    repository.doit("promote", "from=staging", "to=prod", "system=tamma", "commit=yes")
    with measured("promotion followed"):
        applied.wait_applied(applied.fetch(repository, "prod"), "tamma")
    promoted = applied.plane.kubectl("get", "deploy,sts", "-n", "tamma", "-o", "yaml")
    repository.doit("rollback", "env=prod", f"to={before}", "system=tamma", "commit=yes")
    with measured("rollback followed"):
        applied.wait_applied(applied.fetch(repository, "prod"), "tamma")

    rolled_back = applied.plane.kubectl("get", "deploy,sts", "-n", "tamma", "-o", "yaml")
    assert new in promoted
    assert new not in rolled_back
    assert old in rolled_back


@IN_PROD
@pytest.mark.parametrize(
    "fault",
    [
        ("---\nkind: ConfigMap\n  apiVersion: v1\n", "BuildFailed", "manifests.yaml"),
        (
            "---\napiVersion: example.com/v1\nkind: Nothing\nmetadata: {name: a, namespace: kairoflow}\n",
            "ReconciliationFailed",
            'no matches for kind "Nothing" in version "example.com/v1"',
        ),
        (
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: kairoflow}\ndata: {a: [1]}\n",
            "ReconciliationFailed",
            "ConfigMap/kairoflow/a",
        ),
    ],
    ids=["no YAML", "unknown kind", "wrong type"],
)
def test_a_broken_manifest_is_reported_and_all_else_goes_on(
    applied: Flux, repository: Repository, measured: Measured, fault: tuple[str, str, str]
) -> None:
    text, reason, message = fault
    before = applied.ready("kairoflow")["applied"]
    with repository.broken("prod", "kairoflow", text):
        revision = applied.fetch(repository, "prod")

        with measured("reported"):
            found = waited(lambda: applied.failure("kairoflow", revision), "kairoflow fails")
        applied.wait_applied(revision, *(set(repository.systems("prod")) - {"kairoflow"}))

        assert found["reason"] == reason
        assert message in found["message"]
        assert found["applied"] == before
        assert applied.plane.absent(repository.manifests_at("HEAD~1", "prod/kairoflow")) == []
    applied.wait_applied(applied.fetch(repository, "prod"), "kairoflow")


@IN_PROD
def test_an_artifact_that_doit_publish_made_is_applied(
    applied: Flux, repository: Repository, registry: str, measured: Measured
) -> None:
    repository.deliver_from_artifact("prod", "delivery-flux", f"oci://{registry}/platform/gitops-prod")
    repository.add_note("prod", "tamma")
    repository.doit("publish", "env=prod", f"to={registry}/platform/gitops-prod", "tag=latest")
    manifest = artifact_of(registry, "platform/gitops-prod", "latest")
    layer = manifest["layers"][0]["digest"]
    revision = f"latest@{layer}"

    objects = repository.folder / "gitops/prod/delivery-flux/manifests.yaml"
    applied.plane.kubectl(
        "apply", "--server-side", "--field-manager=kustomize-controller", "--force-conflicts", "-f", objects
    )
    url = f"http://{registry}/v2/platform/gitops-prod/blobs/{layer}"
    with measured("artifact applied"):
        applied.tell("ocirepository", {"url": url, "digest": layer, "revision": revision})
        applied.wait_applied(revision, *repository.systems("prod"), "delivery")

    assert applied.plane.get("configmap", "note", "-n", "tamma")
    assert applied.plane.get("gitrepository", "gitops", "-n", "flux-system") is None
