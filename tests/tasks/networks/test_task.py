"""`doit networks` as a person runs it, and what the gate hears of a unit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.networks.unit import findings_of, stale_files
from tasks.units import Unit, units
from tests.tasks.networks.conftest import DEPENDENCIES, KUSTOMIZATIONS, workload

if TYPE_CHECKING:
    from tests.tasks.conftest import Doit

WEB = """\
# Made by `doit networks` from base/shop/dependencies.yaml: edit that.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: web
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - namespaceSelector:
        matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: In
          values:
          - ingress-nginx
          - traefik
    ports:
    - port: http
  egress:
  - to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: cache
    ports:
    - port: redis
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
        - 10.0.0.0/8
    - ipBlock:
        cidr: ::/0
    ports:
    - port: 443
"""
WRITTEN = """\
components/default-deny/networks/default.yaml written
components/default-deny/networks/kustomization.yaml written
base/shop/networks/cache.yaml written
base/shop/networks/kustomization.yaml written
base/shop/networks/web.yaml written
overlays/dev/shop/networks/database.yaml written
overlays/dev/shop/networks/kustomization.yaml written
overlays/dev/shop/networks/web-dev.yaml written
overlays/prod/shop/networks/kustomization.yaml written
overlays/prod/shop/networks/web-prod.yaml written
policies of 4 layers, 10 changed; next: doit render
"""


@pytest.fixture
def shop(project: Path) -> Path:
    """Put dependencies into the project."""
    for name, text in {**KUSTOMIZATIONS, **DEPENDENCIES}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    return project


def test_policies_are_written_once_and_render(shop: Path, doit: Doit) -> None:
    assert doit("networks") == (0, WRITTEN)
    assert (shop / "base/shop/networks/web.yaml").read_text() == WEB
    assert doit("networks") == (0, "policies of 4 layers, no changed; next: doit render\n")
    assert stale_files(units()) == []
    status, _ = doit("render", "system=shop")
    assert status == 0
    assert "kind: NetworkPolicy" in (shop / "gitops/prod/shop/manifests.yaml").read_text()


def test_a_service_that_is_gone_takes_its_policy_along(shop: Path, doit: Doit) -> None:
    doit("networks")
    declared = shop / "base/shop/dependencies.yaml"
    declared.write_text(declared.read_text().replace("      cache: [redis]\n", "").replace("  cache: {}\n", ""))
    (shop / "base/shop/networks/web.yaml").write_text("edited\n")

    assert [(one.file, one.message) for one in stale_files(units())] == [
        (f"base/shop/networks/{name}.yaml", "not what dependencies.yaml beside this folder says")
        for name in ("cache", "kustomization", "web")
    ]
    assert doit("networks", "env=prod")[1] == (
        "base/shop/networks/cache.yaml removed\n"
        "base/shop/networks/kustomization.yaml written\n"
        "base/shop/networks/web.yaml written\n"
        "policies of 3 layers, 3 changed; next: doit render\n"
    )


def test_one_base_has_one_set_of_policies(shop: Path, doit: Doit) -> None:
    for environment, store in (("dev", "192.0.2.0/28"), ("prod", "192.0.2.16/28")):
        (shop / f"components/{environment}").mkdir()
        (shop / f"components/{environment}/kustomization.yaml").write_text("kind: Component\n")
        text = f"outside: {{store: {{addresses: [{store}]}}}}\n"
        (shop / f"components/{environment}/dependencies.yaml").write_text(text)
        file = shop / f"overlays/{environment}/shop/kustomization.yaml"
        file.write_text(f"resources: [../../../components/{environment}, ../../../base/shop, networks]\n")
    declared = shop / "base/shop/dependencies.yaml"
    declared.write_text(declared.read_text().replace("internet: [443]", "store: [443]"))

    status, output = doit("networks")

    assert status != 0
    assert output.partition("ERROR: ")[2] == (
        "base/shop/dependencies.yaml: dev/shop and prod/shop make different "
        "policies of it; declare in the overlays what only one of them has\n"
    )
    assert not (shop / "base/shop/networks").exists()


def test_a_mistake_is_one_line(shop: Path, doit: Doit) -> None:
    (shop / "base/shop/dependencies.yaml").write_text("services: {web: {calls: {mars: [80]}}}\n")

    status, output = doit("networks", "env=prod")

    assert status != 0
    assert output.partition("ERROR: ")[2] == (
        "base/shop/dependencies.yaml: services.web.calls.mars: no layer "
        "defines it; known are dns, ingress, internet, database, web\n"
    )
    assert [(one.file, one.line, one.message) for one in stale_files(units())] == [
        (
            "base/shop/dependencies.yaml",
            1,
            "services.web.calls.mars: no layer defines it; known are dns, ingress, internet, web, database",
        )
    ]


def test_the_gate_hears_of_a_service_without_pods_with_its_line(shop: Path) -> None:
    assert shop == Path.cwd()
    found = findings_of(Unit("prod", "shop"), [workload("web", "http", 80)])

    assert [(one.file, one.line, one.message) for one in found if one.manifest is None] == [
        ("base/shop/dependencies.yaml", 8, "services.cache: it selects no pod of this unit")
    ]


def test_the_gate_hears_of_a_system_that_declares_nothing(project: Path) -> None:
    assert project == Path.cwd()
    (finding,) = findings_of(Unit("prod", "shop"), [workload("web", "http", 80)])

    assert (finding.file, finding.message) == (
        "base/shop/dependencies.yaml",
        "nothing declares who talks to whom in this system",
    )
    assert findings_of(Unit("prod", "shop"), [{"kind": "Namespace", "metadata": {"name": "shop"}}]) == []


def test_the_gate_hears_of_policies_that_no_kustomization_lists(shop: Path, doit: Doit) -> None:
    doit("networks")
    (shop / "overlays/prod/shop/kustomization.yaml").write_text("resources: [../../../base/shop]\n")

    found = findings_of(Unit("prod", "shop"), [])

    assert (
        "overlays/prod/shop/kustomization.yaml",
        "resources: networks is missing, the policies made of dependencies.yaml",
    ) in [(one.file, one.message) for one in found]
