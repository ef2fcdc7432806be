"""doit diff against=live and doit drift, against a real API server."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.tasks.conftest import doit, project, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gitops_consumers.control_plane import ControlPlane
    from tests.tasks.conftest import Doit

__all__ = ["doit", "project", "server"]
SYSTEM = "env=prod", "system=shop"


class Shop:
    """A cluster, and the namespace in it that is the test's."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self._plane, self.namespace = plane, namespace

    def apply(self, project: Path, manager: str = "kustomize-controller") -> None:
        """Apply what is rendered as a GitOps controller does."""
        rendered = project / "gitops/prod/shop/manifests.yaml"
        words = ("apply", "--server-side", "--force-conflicts", f"--field-manager={manager}", "--filename", rendered)
        self._plane.kubectl(*words)

    def patch(self, body: object, manager: str) -> None:
        """Change the Deployment as somebody else."""
        words = ("patch", "deployment", "web", f"--field-manager={manager}", f"--patch={json.dumps(body)}")
        self._plane.kubectl("-n", self.namespace, *words)

    def delete(self, *words: str) -> None:
        self._plane.kubectl("-n", self.namespace, "delete", "--wait=false", *words)

    def generation(self) -> str:
        """Give the number that goes up whenever somebody changes what the Deployment is to be."""
        return self._plane.kubectl(
            "-n", self.namespace, "get", "deployment", "web", "--output=jsonpath={.metadata.generation}"
        )


@pytest.fixture
def shop(plain: ControlPlane, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Give a new namespace of the cluster that the user's kubeconfig names."""
    monkeypatch.setenv("KUBECONFIG", str(plain.kubeconfig))
    name = f"shop-{time.time_ns()}"
    for file in project.glob("overlays/*/shop/kustomization.yaml"):
        file.write_text(file.read_text().replace("namespace: shop", f"namespace: {name}"))
    plain.kubectl("create", "namespace", name)
    yield Shop(plain, name)
    plain.kubectl("delete", "namespace", name, "--wait=false")


def test_what_is_not_there_would_be_added(shop: Shop, doit: Doit) -> None:
    status, shown = doit("diff", *SYSTEM, "against=live")

    assert (status, shown.splitlines()[1:]) == (
        1,
        [
            "prod/shop: 2 added",
            f"  + Service/web in {shop.namespace}",
            f"  + Deployment/web in {shop.namespace}",
            "1 unit compared, 1 differs: 2 added",
        ],
    )


def test_what_was_applied_does_not_differ(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)

    assert doit("diff", *SYSTEM, "against=live") == (0, "1 unit compared, no differences\n")
    assert doit("drift", *SYSTEM) == (0, "1 unit compared, no differences\n")


def test_only_what_the_overlay_changes_differs(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)
    before = shop.generation()
    overlay = project / "overlays/prod/shop/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("count: 3", "count: 4"))

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert (status, shown.splitlines()[1:4]) == (
        1,
        [
            "prod/shop: 1 changed",
            f"  ~ Deployment/web in {shop.namespace}",
            "      ~ spec.replicas: 3 → 4",
        ],
    )
    assert shop.generation() == before


def test_what_the_overlay_no_longer_sets_is_seen_although_another_manager_applied_it(
    shop: Shop, project: Path, doit: Doit
) -> None:
    labels = project / "overlays/prod/shop/kustomization.yaml"
    text = labels.read_text()
    labels.write_text(f"{text}commonAnnotations:\n  note: old\n")
    doit("render")
    shop.apply(project, "argocd-controller")
    labels.write_text(text)

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 1
    assert "      - metadata.annotations: {note: old}" in shown.splitlines()


def test_an_object_that_is_gone_from_the_overlay_would_be_removed(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)
    (project / "base/shop/kustomization.yaml").write_text("resources:\n- deployment.yaml\n")

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert (status, shown.splitlines()[2]) == (1, f"  - Service/web in {shop.namespace}")


def test_what_the_cluster_refuses_is_an_error(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)
    base = project / "base/shop/deployment.yaml"
    base.write_text(base.read_text().replace("app: web", "app: other"))

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 2
    assert "  ! Deployment/web: the cluster refuses it: " in shown
    assert "field is immutable" in shown
    assert "ERROR: the cluster refuses what is marked with !" in shown


def test_drift_is_what_people_change_and_not_what_controllers_do(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)
    container = {"name": "web", "image": "shop/web:hotfix"}
    template = {"spec": {"containers": [container]}}
    shop.patch({"spec": {"template": template}}, "kubectl-edit")
    shop.patch({"spec": {"replicas": 9}}, "kube-controller-manager")

    status, shown = doit("drift", *SYSTEM)

    assert (status, shown.splitlines()[1:]) == (
        1,
        [
            "prod/shop: 1 changed",
            f"  ~ Deployment/web in {shop.namespace}",
            "      ~ spec.template.spec.containers[name=web].image: shop/web:1.0 → shop/web:hotfix",
            "1 unit compared, 1 differs: 1 changed",
        ],
    )


def test_what_was_deleted_by_hand_has_drifted(shop: Shop, project: Path, doit: Doit) -> None:
    doit("render")
    shop.apply(project)
    shop.delete("service", "web")

    status, shown = doit("drift", *SYSTEM)

    assert (status, shown.splitlines()[2]) == (1, f"  - Service/web in {shop.namespace}")


def test_a_kind_that_the_cluster_does_not_know_would_be_added(shop: Shop, project: Path, doit: Doit) -> None:
    (project / "base/shop/service.yaml").write_text("apiVersion: example.com/v1\nkind: Shoe\nmetadata:\n  name: web\n")

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 1
    assert f"  + Shoe/web in {shop.namespace}" in shown.splitlines()
