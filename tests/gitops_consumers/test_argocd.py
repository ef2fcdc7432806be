"""What Argo CD makes of gitops/: the objects of delivery-argocd are rendered with another address of the repository.

It is put where an operator puts it, in settings.yaml; all else is as in gitops/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.gitops_consumers.argocd import ArgoCD
from tests.gitops_consumers.processes import waited
from tests.gitops_consumers.pull_requests import GitHub, documented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tasks.cluster.consumers import Consumers
    from tests.gitops_consumers.control_plane import ControlPlane
    from tests.gitops_consumers.repository import Repository

    Measured = Callable[[str], AbstractContextManager[None]]

PARTS = ("argocd", "redis")
IN_PROD = pytest.mark.parametrize("environment", ["prod"], indirect=True)


@pytest.fixture(scope="module")
def argocd(
    parts: Consumers,
    control_plane: ControlPlane,
    repository: Repository,
    environment: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ArgoCD]:
    """Start Argo CD and apply the delivery objects, as an operator does once."""
    argocd = ArgoCD(parts, control_plane, tmp_path_factory.mktemp("argocd"))
    try:
        repository.deliver_from(environment, "delivery-argocd", repository.url)
        objects = repository.folder / f"gitops/{environment}/delivery-argocd/manifests.yaml"
        control_plane.kubectl("apply", "--server-side", "--field-manager=argocd-controller", "-f", objects)
        yield argocd
    finally:
        argocd.stop()


@pytest.fixture(scope="module")
def applied(argocd: ArgoCD, repository: Repository, environment: str) -> ArgoCD:
    """Give Argo CD once it has applied the whole environment."""
    argocd.wait_synced(repository.head, *repository.systems(environment), "delivery")
    return argocd


def _follow(argocd: ArgoCD, repository: Repository, *names: str) -> None:
    argocd.refresh(*names)
    argocd.wait_synced(repository.head, *names)


def _image(argocd: ArgoCD, deployment: dict[str, Any]) -> str:
    metadata = deployment["metadata"]
    live = argocd.plane.get("deployment", metadata["name"], "-n", metadata["namespace"])
    return str(live["spec"]["template"]["spec"]["containers"][0]["image"])


def test_every_system_of_an_environment_is_synced(
    argocd: ArgoCD, repository: Repository, environment: str, measured: Measured
) -> None:
    systems = repository.systems(environment)

    with measured(f"{environment}: {len(systems)} systems synced"):
        argocd.wait_synced(repository.head, *systems, "delivery")

    assert len(systems) >= 5
    for system in systems:
        assert argocd.plane.absent(repository.manifests(f"{environment}/{system}")) == []


def test_what_was_synced_has_not_drifted(
    applied: ArgoCD, repository: Repository, environment: str, measured: Measured
) -> None:
    systems = ",".join([*repository.systems(environment), "delivery-argocd"])

    with measured("doit drift"):
        shown = repository.doit("drift", f"env={environment}", f"system={systems}", kubeconfig=applied.plane.kubeconfig)

    assert "no differences" in shown


@IN_PROD
def test_what_is_rendered_no_longer_is_pruned(applied: ArgoCD, repository: Repository, measured: Measured) -> None:
    repository.add_note("prod", "tamma")
    _follow(applied, repository, "tamma")
    assert applied.plane.get("configmap", "note", "-n", "tamma")
    repository.drop_note("prod", "tamma")

    with measured("pruned"):
        _follow(applied, repository, "tamma")

    assert applied.plane.get("configmap", "note", "-n", "tamma") is None


@IN_PROD
def test_what_was_changed_by_hand_is_repaired(applied: ArgoCD, repository: Repository, measured: Measured) -> None:
    manifests = repository.manifests("prod/tamma")
    deployment, service = (next(one for one in manifests if one["kind"] == kind) for kind in ("Deployment", "Service"))
    name, before = deployment["metadata"]["name"], _image(applied, deployment)
    container = deployment["spec"]["template"]["spec"]["containers"][0]["name"]

    applied.plane.kubectl("set", "image", f"deployment/{name}", f"{container}=hand/made:1", "-n", "tamma")
    with measured("image repaired"):
        waited(lambda: _image(applied, deployment) == before, "the image as it was")
    applied.plane.kubectl("delete", "service", service["metadata"]["name"], "-n", "tamma")
    with measured("service repaired"):
        waited(lambda: applied.plane.get("service", service["metadata"]["name"], "-n", "tamma"), "the service again")


@IN_PROD
def test_what_an_autoscaler_sets_is_left_alone(applied: ArgoCD, repository: Repository, measured: Measured) -> None:
    scaler = next(one for one in repository.manifests("prod/tamma") if one["kind"] == "HorizontalPodAutoscaler")
    name = scaler["spec"]["scaleTargetRef"]["name"]
    before = applied.application("tamma")["status"]["operationState"]["finishedAt"]

    applied.plane.kubectl("scale", f"deployment/{name}", "--replicas=7", "-n", "tamma")
    with measured("looked at again"):
        applied.refresh("tamma", how="hard")
        waited(lambda: not applied.is_refreshing("tamma"), "the refresh")
        applied.wait_synced(repository.head, "tamma")

    assert applied.plane.get("deployment", name, "-n", "tamma")["spec"]["replicas"] == 7
    assert applied.application("tamma")["status"]["operationState"]["finishedAt"] == before


@IN_PROD
def test_a_promotion_and_a_rollback_are_followed(applied: ArgoCD, repository: Repository, measured: Measured) -> None:
    before = repository.head
    old, new = repository.new_image("staging", "tamma")

    repository.doit("promote", "from=staging", "to=prod", "system=tamma", "commit=yes")
    with measured("promotion followed"):
        _follow(applied, repository, "tamma")
    promoted = applied.plane.kubectl("get", "deploy,sts", "-n", "tamma", "-o", "yaml")
    repository.doit("rollback", "env=prod", f"to={before}", "system=tamma", "commit=yes")
    with measured("rollback followed"):
        _follow(applied, repository, "tamma")

    rolled_back = applied.plane.kubectl("get", "deploy,sts", "-n", "tamma", "-o", "yaml")
    assert new in promoted
    assert new not in rolled_back
    assert old in rolled_back


@IN_PROD
def test_a_broken_manifest_is_reported_and_all_else_goes_on(
    applied: ArgoCD, repository: Repository, measured: Measured
) -> None:
    with repository.broken("prod", "kairoflow", "---\nkind: ConfigMap\n  apiVersion: v1\nmetadata: {name: a}\n"):
        applied.refresh("kairoflow", "tamma")

        with measured("reported"):
            found = waited(lambda: applied.condition("kairoflow", "ComparisonError"), "kairoflow fails")
        applied.wait_synced(repository.head, "tamma")

        assert "manifests.yaml" in found["message"]
        assert applied.plane.absent(repository.manifests_at("HEAD~1", "prod/kairoflow")) == []
    _follow(applied, repository, "kairoflow")
    assert applied.condition("kairoflow", "ComparisonError") is None


@IN_PROD
@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("ClusterRole", "reader", "rules: []"), ("ConfigMap", "stray", "data: {a: b}")],
    ids=["a kind that is not admitted", "a namespace that is not admitted"],
)
def test_a_project_admits_no_more_than_the_systems_need(
    applied: ArgoCD, repository: Repository, kind: str, name: str, field: str
) -> None:
    version = "rbac.authorization.k8s.io/v1" if kind == "ClusterRole" else "v1"
    place = "" if kind == "ClusterRole" else "  namespace: kube-system\n"
    stray = f"---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n{place}{field}\n"
    with repository.broken("prod", "kairoflow", stray):
        applied.refresh("kairoflow")

        message = waited(lambda: applied.refusal("kairoflow", repository.head), "the sync is refused")

        assert "is not permitted in project" in message
    applied.end_operation("kairoflow")
    _follow(applied, repository, "kairoflow")
    assert applied.plane.get(kind, name, "-n", "kube-system") is None


@IN_PROD
def test_a_pull_request_has_an_environment_as_long_as_it_is_open(
    applied: ArgoCD, repository: Repository, measured: Measured
) -> None:
    name, namespace = "pr-123-pakaura", "pakaura-pr-123"
    with repository.branch("change"):
        repository.doit("preview", "pr=123", "system=pakaura")
        commit = repository.commit("A preview")
    with GitHub().running() as github:
        github.open(123, commit, "preview")
        github.open(124, commit, "another label")
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "github", "namespace": "argocd"}}
        objects = [{**secret, "stringData": {"token": "t"}}, *documented(github.url, repository.url, ["pakaura"])]
        applied.plane.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(objects))
        applied.start_application_sets()
        with measured("environment of a pull request synced"):
            waited(lambda: applied.application(name), "the preview's Application")
            applied.wait_synced(commit, name)
        found = applied.plane.kubectl("get", "applications.argoproj.io", "-n", "argocd", "-o", "name")
        there = applied.plane.absent(repository.manifests_at(commit, "pr-123/pakaura"))
        github.pull_requests.clear()
        words = ("applicationset", "previews", "-n", "argocd", "argocd.argoproj.io/application-set-refresh=true")
        applied.plane.kubectl("annotate", *words)
        with measured("gone with it"):
            waited(lambda: applied.application(name) == {}, "the Application goes")
        gone = applied.plane.get("deployments,services", "-n", namespace)

    assert "pr-124" not in found
    assert there == []
    assert github.tokens == {"Bearer t"}
    assert not (gone or {}).get("items")


@IN_PROD
def test_an_artifact_that_doit_publish_made_is_synced(
    applied: ArgoCD, repository: Repository, registry: str, measured: Measured
) -> None:
    url = f"oci://{registry}/platform/gitops-prod-argocd"
    applied.trust_artifacts(url)
    repository.deliver_from_artifact("prod", "delivery-argocd", url)
    repository.add_note("prod", "tamma")
    shown = repository.doit("publish", "env=prod", f"to={url.removeprefix('oci://')}", "tag=latest")
    digest = shown.partition("pushed: ")[2].partition(",")[0]

    with measured("artifact synced"):
        applied.refresh("delivery")  # which tells all of them, itself too, to take the artifact from now on
        applied.wait_synced(digest, *repository.systems("prod"), "delivery")

    assert applied.application("tamma")["spec"]["source"]["repoURL"] == url
    assert applied.plane.get("configmap", "note", "-n", "tamma")
