"""Policies as they are generated, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tasks.networks.layers import layers_of, merged
from tasks.networks.policies import policies_of

if TYPE_CHECKING:
    from tests.tasks.networks.conftest import Change


def specs(overlay: str) -> dict[str, dict[str, dict[str, object]]]:
    """Give the specs of all policies by layer and name."""
    layers = layers_of(Path(overlay))
    found = policies_of(layers, merged(layers))
    return {
        str(folder): {one["metadata"]["name"]: one["spec"] for one in policies} for folder, policies in found.items()
    }


WEB = """\
podSelector: {matchLabels: {app.kubernetes.io/name: web}}
policyTypes: [Ingress, Egress]
ingress:
- from:
  - namespaceSelector:
      matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [ingress-nginx, traefik]}]
  ports: [{port: http}]
egress:
- to: [{podSelector: {matchLabels: {app.kubernetes.io/name: cache}}}]
  ports: [{port: redis}]
- to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}, {ipBlock: {cidr: '::/0'}}]
  ports: [{port: 443}]
"""
CACHE = """\
podSelector: {matchLabels: {app.kubernetes.io/name: cache}}
policyTypes: [Ingress, Egress]
ingress:
- from: [{podSelector: {matchLabels: {app.kubernetes.io/name: web}}}]
  ports: [{port: redis}]
"""
ALL = """\
podSelector: {}
policyTypes: [Ingress, Egress]
egress:
- to:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
    podSelector: {matchLabels: {k8s-app: kube-dns}}
  ports: [{port: 53, protocol: UDP}, {port: 53}]
"""
DATABASE_IN_DEV = """\
podSelector: {matchLabels: {app: postgres}}
policyTypes: [Ingress, Egress]
ingress:
- from: [{podSelector: {matchLabels: {app.kubernetes.io/name: web}}}]
  ports: [{port: postgres}]
"""
WEB_IN_DEV = """\
podSelector: {matchLabels: {app.kubernetes.io/name: web}}
policyTypes: [Egress]
egress:
- to: [{podSelector: {matchLabels: {app: postgres}}}]
  ports: [{port: postgres}]
"""
WEB_IN_PROD = """\
podSelector: {matchLabels: {app.kubernetes.io/name: web}}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 192.0.2.0/28}}]
  ports: [{port: 5432}]
"""


def test_each_service_has_a_policy_where_it_is_defined(shop: Path) -> None:  # noqa: ARG001 - the folder
    found = specs("overlays/dev/shop")

    assert found["components/default-deny"] == {"default": yaml.safe_load(ALL)}
    assert found["base/shop"] == {"web": yaml.safe_load(WEB), "cache": yaml.safe_load(CACHE)}


def test_what_a_base_leaves_open_gets_its_policies_where_it_is_said(shop: Path) -> None:  # noqa: ARG001
    assert specs("overlays/dev/shop")["overlays/dev/shop"] == {
        "database": yaml.safe_load(DATABASE_IN_DEV),
        "web-dev": yaml.safe_load(WEB_IN_DEV),
    }
    assert specs("overlays/prod/shop")["overlays/prod/shop"] == {"web-prod": yaml.safe_load(WEB_IN_PROD)}


def test_pods_of_an_operator_are_called_by_number_and_in_their_namespace(change: Change) -> None:
    change(
        "overlays/dev/shop", "{pods: {app: postgres}}", "{made_by: Cluster/db, namespace: data, ports: {postgres: 7}}"
    )

    layers = layers_of(Path("overlays/dev/shop"))
    database, web = policies_of(layers, merged(layers))[Path("overlays/dev/shop")]

    assert database["metadata"] == {"name": "database", "namespace": "data"}
    assert database["spec"]["ingress"][0]["ports"] == [{"port": 7}]
    assert web["spec"]["egress"][0]["ports"] == [{"port": 7}]


def test_peers_that_have_the_same_ports_share_a_rule(change: Change) -> None:
    change("base/shop", "  cache: {}", "  cache: {}\n  job: {calls: {cache: [redis]}}")

    rules = specs("overlays/prod/shop")["base/shop"]["cache"]["ingress"]

    names = ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}} for name in ("web", "job"))
    assert rules == [{"from": [*names], "ports": [{"port": "redis"}]}]
