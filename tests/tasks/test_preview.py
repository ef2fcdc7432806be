"""doit preview: an environment for a pull request, in a namespace and under hosts of its own, without copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tasks.preview.deriving import Renaming
from tasks.units import environments, stages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

BASE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  tls:
  - hosts: [shop.dev.example.com]
  rules:
  - host: shop.dev.example.com
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: route
spec:
  routes:
  - match: Host(`shop.dev.example.com`, `www.dev.example.com`) && PathPrefix(`/`)
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
"""
KUSTOMIZATION = """\
resources:
- deployment.yaml
- service.yaml
- more.yaml
configMapGenerator:
- name: settings
  literals:
  - URL=https://shop.dev.example.com/start
  - STORE=http://store.shop.svc.cluster.local:80
"""


@pytest.fixture
def shop(project: Path, doit: Doit) -> Path:
    """Give the project, its system with hosts, a namespace and settings; rendered."""
    (project / "base/shop/more.yaml").write_text(BASE)
    (project / "base/shop/kustomization.yaml").write_text(KUSTOMIZATION)
    assert doit("render")[0] == 0
    return project


def _rendered(project: Path) -> dict[str, Any]:
    found = yaml.safe_load_all((project / "gitops/pr-7/shop/manifests.yaml").read_text())
    return {one["kind"]: one for one in found}


def test_a_preview_has_a_namespace_and_hosts_of_its_own(shop: Path, doit: Doit) -> None:
    status, shown = doit("preview", "pr=7", "days=2")

    found = _rendered(shop)
    assert (status, shown.splitlines()[0]) == (0, "gitops/pr-7/shop/manifests.yaml: written: 7 added")
    assert found["Namespace"]["metadata"]["name"] == "shop-pr-7"
    assert found["Namespace"]["metadata"]["labels"]["preview"] == "pr-7"
    assert {one["metadata"].get("namespace", "shop-pr-7") for one in found.values()} == {"shop-pr-7"}
    assert found["Ingress"]["spec"]["rules"][0]["host"] == "shop-pr-7.dev.example.com"
    assert found["Ingress"]["spec"]["tls"][0]["hosts"] == ["shop-pr-7.dev.example.com"]
    match = "Host(`shop-pr-7.dev.example.com`, `www-pr-7.dev.example.com`) && PathPrefix(`/`)"
    assert found["IngressRoute"]["spec"]["routes"][0]["match"] == match
    assert found["ConfigMap"]["data"] == {
        "STORE": "http://store.shop-pr-7.svc.cluster.local:80",
        "URL": "https://shop-pr-7.dev.example.com/start",
    }
    peers = found["NetworkPolicy"]["spec"]["ingress"][0]["from"]
    names = [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in peers]
    assert names == ["shop-pr-7", "monitoring"]


@pytest.mark.usefixtures("shop")
def test_a_preview_follows_what_it_is_derived_from(shop: Path, doit: Doit) -> None:
    doit("preview", "pr=7")
    deployment = shop / "base/shop/deployment.yaml"
    deployment.write_text(deployment.read_text().replace("image: shop/web", "image: shop/web:2"))

    assert doit("render")[0] == 0
    assert _rendered(shop)["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == "shop/web:2"


def test_a_host_that_has_changed_since_fails_the_rendering(shop: Path, doit: Doit) -> None:
    doit("preview", "pr=7")
    (shop / "base/shop/more.yaml").write_text(BASE.replace("shop.dev.", "store.dev."))

    status, shown = doit("render", "env=pr-7")
    again, _ = doit("preview", "pr=7")

    assert status == 1
    assert "overlays/pr-7/shop/kustomization.yaml" in shown
    assert again == 0
    assert _rendered(shop)["Ingress"]["spec"]["rules"][0]["host"] == "store-pr-7.dev.example.com"


def test_what_is_closed_is_gone_and_nothing_else(shop: Path, doit: Doit) -> None:
    doit("preview", "pr=7")
    doit("preview", "pr=8")

    status, shown = doit("preview", "pr=7", "close=yes")

    assert (status, shown) == (0, "gitops/pr-7/shop/manifests.yaml removed\npr-7 closed\n")
    assert not (shop / "overlays/pr-7").exists()
    assert not (shop / "gitops/pr-7").exists()
    assert (shop / "gitops/pr-8/shop/manifests.yaml").is_file()
    assert (shop / "gitops/dev/shop/manifests.yaml").is_file()


def test_what_is_over_is_closed(shop: Path, doit: Doit) -> None:
    doit("preview", "pr=7")
    doit("preview", "pr=8")
    (shop / "overlays/pr-7/preview.yaml").write_text("of: dev\nexpires: 2026-01-01T00:00:00Z\n")

    listed = doit("preview")[1]
    closed = doit("preview", "close=expired")[1]

    assert "pr-7: shop; until 2026-01-01T00:00:00Z (over: doit preview close=expired)\npr-8: shop; until 2" in listed
    assert listed.endswith("2 previews\n")
    assert closed == "gitops/pr-7/shop/manifests.yaml removed\npr-7 closed\n"


@pytest.mark.usefixtures("shop")
def test_a_preview_is_an_environment_but_no_stage_of_a_release(doit: Doit) -> None:
    doit("preview", "pr=7")

    assert [one.name for one in stages()] == ["dev", "prod"]
    assert environments() == (*stages(), stages()[0]._replace(name="pr-7"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pr=x",), "pr=x: expected the number of a pull request"),
        (("pr=7", "close=no"), "close=no: expected yes, with the number of a pull request, or expired"),
        (("close=yes",), "close=yes: expected pr=, the number of the pull request whose preview is to end"),
        (("pr=7", "days=90"), "days=90: expected a number from 1 to 30"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(doit: Doit, arguments: tuple[str, ...], message: str) -> None:
    status, shown = doit("preview", *arguments)

    assert status == 1
    assert f" ERROR: {message}\n" in shown


def test_a_system_without_a_namespace_of_its_own_has_no_preview(project: Path, doit: Doit) -> None:
    status, shown = doit("preview", "pr=7", "system=shop")

    assert status == 1
    expected = "dev/shop: a preview needs a system with one namespace, which it has itself; found: shop"
    assert f" ERROR: {expected}\n" in shown
    assert not (project / "overlays/pr-7").exists()


def test_what_is_cluster_wide_is_refused(shop: Path, doit: Doit) -> None:
    role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: reader\nrules: []\n"
    (shop / "base/shop/more.yaml").write_text(BASE + role)

    shown = doit("preview", "pr=7")[1]

    assert "ClusterRole/reader is cluster-wide: a preview would change that of the environment" in shown


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ("shop.example.com", "", "shop-pr-7.example.com"),
        ("https://shop.example.com:8443/a", "", "https://shop-pr-7.example.com:8443/a"),
        ("www.shop.example.com", "", "www.shop.example.com"),
        ("shop.example.com.au", "", "shop.example.com.au"),
        ("http://db.shop.svc:80", "", "http://db.shop-pr-7.svc:80"),
        ("cluster.local/ns/shop/sa/web", "", "cluster.local/ns/shop-pr-7/sa/web"),
        ("shop", "matchNames", "shop-pr-7"),
        ("shop", "app.kubernetes.io/part-of", "shop"),
    ],
)
def test_texts_that_name_the_namespace_or_a_host(value: str, key: str, expected: str) -> None:
    renaming = Renaming("pr-7", "shop", {"shop.example.com": "shop-pr-7.example.com"})

    assert renaming.text(value, key) == expected
