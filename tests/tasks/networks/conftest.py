"""A small shop: a base whose web application calls a database that only the overlays know."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest

from tasks.networks.layers import layers_of, merged
from tasks.networks.policies import policies_of

KUSTOMIZATIONS = {
    "components/default-deny/kustomization.yaml": "kind: Component\nresources: [networks]\n",
    "base/shop/kustomization.yaml": "resources: [networks]\ncomponents: [../../components/default-deny]\n",
    "overlays/dev/shop/kustomization.yaml": "resources: [../../../base/shop, networks]\n",
    "overlays/prod/shop/kustomization.yaml": "resources: [../../../base/shop, networks]\n",
}
DEPENDENCIES = {
    "components/default-deny/dependencies.yaml": """\
outside:
  dns: {namespaces: [kube-system], pods: {k8s-app: kube-dns}}
  ingress: {namespaces: [ingress-nginx, traefik]}
  internet: {addresses: [0.0.0.0/0, '::/0'], except: [10.0.0.0/8]}
services:
  '*':
    calls: {dns: [53/UDP, 53]}
""",
    "base/shop/dependencies.yaml": """\
services:
  web:
    calls:
      database: [postgres]
      cache: [redis]
      internet: [443]
    called_by: {ingress: [http]}
  cache: {}
""",
    "overlays/dev/shop/dependencies.yaml": """\
services:
  database: {pods: {app: postgres}}
""",
    "overlays/prod/shop/dependencies.yaml": """\
outside:
  database: {addresses: [192.0.2.0/28], ports: {postgres: 5432}}
""",
}


class Change(Protocol):
    """Replaces a text in a dependencies.yaml of the shop; nothing for it to be taken out of the shop."""

    def __call__(self, file: str, old: str, new: str) -> None: ...


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the shop and go there."""
    for name, text in {**KUSTOMIZATIONS, **DEPENDENCIES}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def change(shop: Path) -> Change:
    """Give a way to change the shop."""

    def replace(file: str, old: str, new: str) -> None:
        path = shop / file / "dependencies.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return replace


class Shop(Protocol):
    """Gives the objects of the shop in an environment, policies included, as a cluster would get them."""

    def __call__(self, environment: str) -> list[dict[str, Any]]: ...


@pytest.fixture
def rendered(shop: Path) -> Shop:  # noqa: ARG001 - the folder
    """Give the rendered shop."""

    def render(environment: str) -> list[dict[str, Any]]:
        layers = layers_of(Path("overlays") / environment / "shop")
        policies = [one for found in policies_of(layers, merged(layers)).values() for one in found]
        objects = [workload("web", "http", 8080), workload("cache", "redis", 6379)]
        if environment == "dev":
            objects.append(workload("postgres", "postgres", 5432, labels={"app": "postgres"}))
        for one in (*objects, *policies):
            one["metadata"]["namespace"] = "shop"
        return [*objects, *policies]

    return render


def workload(name: str, port: str, number: int, **changes: Any) -> dict[str, Any]:
    """Give a Deployment that listens on one port."""
    labels = changes.get("labels", {"app.kubernetes.io/name": name})
    ports = [{"name": port, "containerPort": number}]
    container = {"name": name, "ports": ports, "env": changes.get("env", [])}
    spec = {"containers": [container], **changes.get("spec", {})}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": template},
    }
