"""The Secrets of a generated environment: what is made, what is kept, what is left out."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tasks.deployment.errors import DeploymentError
from tasks.deployment.secrets import Property, Store, declarations, manifests
from tasks.deployment.uses import Use, uses

if TYPE_CHECKING:
    from pathlib import Path

DECLARATION = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database}
spec:
  target:
    name: database
    template:
      type: kubernetes.io/basic-auth
      metadata: {labels: {reload: "true"}}
      data:
        password: '{{ .password }}'
        url: db://shop:{{ .password | urlquery }}@db
  data:
  - {secretKey: password, remoteRef: {key: shop/database, property: password}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: keys}
spec:
  target: {name: keys}
  data:
  - {secretKey: jwt, remoteRef: {key: shop/app, property: jwt}}
  - {secretKey: model, remoteRef: {key: shop/ai-model, property: key}}
"""


class Cluster:
    """A cluster that has some Secrets."""

    def __init__(self, *secrets: dict[str, Any]) -> None:
        self._secrets = {one["metadata"]["name"]: one for one in secrets}

    def get(self, manifest: dict[str, Any]) -> dict[str, Any] | None:
        return self._secrets.get(manifest["metadata"]["name"])


@pytest.fixture(autouse=True)
def _declared(project: Path) -> None:
    folder = project / "base/shop/secrets"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources:\n- all.yaml\n")
    (folder / "all.yaml").write_text(DECLARATION)


def _use(name: str, *, is_optional: bool = False, optional_keys: tuple[str, ...] = ()) -> Use:
    return Use("shop", name, is_optional, optional_keys, "Deployment/web")


def _made(*wanted: Use, cluster: Cluster | None = None, **variables: str) -> dict[str, dict[str, str]]:
    found = manifests("shop", wanted, cluster or Cluster(), Store(variables))
    return {
        one["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in one["data"].items()}
        for one in found
    }


def test_values_come_from_variables() -> None:
    made = _made(_use("database"), SHOP_DATABASE_PASSWORD="a/b")  # noqa: S106 - made up

    assert made == {"database": {"password": "a/b", "url": "db://shop:a%2Fb@db"}}


def test_a_variable_is_named_after_the_place_in_the_store() -> None:
    assert Property("shop/ai-model", "api.key").variable == "SHOP_AI_MODEL_API_KEY"


def test_what_nobody_gave_is_random_and_one_value_everywhere() -> None:
    first, second = _made(_use("database")), _made(_use("database"))

    password = first["database"]["password"]
    assert password.isalnum()
    assert len(password) == 32
    assert first["database"]["url"] == f"db://shop:{password}@db"
    assert password != second["database"]["password"]


def test_what_the_cluster_has_stays() -> None:
    live = {"metadata": {"name": "database"}, "data": {"password": base64.b64encode(b"kept").decode()}}

    assert _made(_use("database"), cluster=Cluster(live))["database"]["url"] == "db://shop:kept@db"


def test_what_can_be_done_without_is_made_only_if_somebody_gave_it() -> None:
    wanted = _use("keys", optional_keys=("model",))

    assert set(_made(wanted)["keys"]) == {"jwt"}
    assert _made(wanted, SHOP_AI_MODEL_KEY="k")["keys"]["model"] == "k"
    assert _made(_use("keys", is_optional=True)) == {}


def test_type_and_labels_are_those_of_the_declaration() -> None:
    (made,) = manifests("shop", [_use("database")], Cluster(), Store({}))  # type: ignore[arg-type]

    assert made["type"] == "kubernetes.io/basic-auth"
    assert made["metadata"] == {"name": "database", "namespace": "shop", "labels": {"reload": "true"}}


def test_a_secret_that_nothing_declares_is_an_error_unless_it_is_there() -> None:
    with pytest.raises(DeploymentError) as caught:
        _made(_use("other"))

    assert str(caught.value) == (
        "Deployment/web needs the Secret other, which no file of base/<system>/secrets declares"
    )
    assert _made(_use("other", is_optional=True)) == {}
    assert _made(_use("other"), cluster=Cluster({"metadata": {"name": "other"}})) == {}


def test_a_declaration_that_is_none_is_an_error(project: Path) -> None:
    (project / "base/shop/secrets/all.yaml").write_text("kind: ExternalSecret\nspec: {target: {}}\n")

    with pytest.raises(DeploymentError) as caught:
        declarations("shop")

    assert str(caught.value) == (
        "base/shop/secrets/all.yaml: expected an ExternalSecret with spec.target.name and spec.data of secretKey and "
        "remoteRef (key, property); missing: 'data'"
    )


def _workload(kind: str, pod: dict[str, Any]) -> dict[str, Any]:
    template = {"template": {"spec": {"containers": [], **pod}}}
    spec = {"jobTemplate": {"spec": template}} if kind == "CronJob" else pod if kind == "Pod" else template
    return {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def _variable(name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    reference = {"name": name, "key": key} | ({"optional": True} if optional else {})
    return {"env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"secretKeyRef": reference}}]}


USES: dict[str, tuple[dict[str, Any], list[tuple[str, bool, tuple[str, ...]]]]] = {
    "a variable": (_workload("Deployment", {"containers": [_variable("a", "k")]}), [("a", False, ())]),
    "a variable of an init container": (
        _workload("CronJob", {"initContainers": [_variable("a", "k")]}),
        [("a", False, ())],
    ),
    "a variable that may be missing": (
        _workload("Job", {"containers": [_variable("a", "k"), _variable("a", "o", optional=True)]}),
        [("a", False, ("o",))],
    ),
    "nothing but what may be missing": (
        _workload("Pod", {"containers": [_variable("a", "o", optional=True)]}),
        [("a", True, ("o",))],
    ),
    "the whole of it": (
        _workload("StatefulSet", {"containers": [{"envFrom": [{"secretRef": {"name": "a"}}]}]}),
        [("a", False, ())],
    ),
    "a volume": (_workload("DaemonSet", {"volumes": [{"secret": {"secretName": "a"}}]}), [("a", False, ())]),
    "a projected volume": (
        _workload(
            "Deployment", {"volumes": [{"projected": {"sources": [{"secret": {"name": "a", "optional": True}}]}}]}
        ),
        [("a", True, ())],
    ),
    "credentials of a registry": (_workload("Deployment", {"imagePullSecrets": [{"name": "a"}]}), [("a", False, ())]),
    "credentials of a service account": (
        {"kind": "ServiceAccount", "metadata": {"name": "web"}, "imagePullSecrets": [{"name": "a"}]},
        [("a", True, ())],
    ),
    "no workload": ({"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": []}}, []),
}


@pytest.mark.parametrize(("manifest", "found"), USES.values(), ids=USES)
def test_workloads_use(manifest: dict[str, Any], found: list[tuple[str, bool, tuple[str, ...]]]) -> None:
    assert [(use.name, use.is_optional, use.optional_keys) for use in uses([manifest])] == found
