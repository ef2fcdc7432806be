"""What delivers an environment covers just what is rendered for it: all systems, their namespaces, their kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ("dev", "staging", "prod")
# Kinds of the API server, and of the projects that we use, that have no namespace.
CLUSTER_WIDE = {
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "IngressClass",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}

Objects = list[dict[str, Any]]


def _read(file: Path) -> Objects:
    return [one for one in yaml.load_all(file.read_text(), yaml.CSafeLoader) if one]


def _systems(environment: str) -> dict[str, Objects]:
    files = sorted((ROOT / "gitops" / environment).glob("*/manifests.yaml"))
    return {file.parent.name: _read(file) for file in files if not file.parent.name.startswith("delivery-")}


def _delivery(environment: str, engine: str) -> Objects:
    return _read(ROOT / f"gitops/{environment}/delivery-{engine}/manifests.yaml")


def _named(objects: Objects, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_flux_has_a_kustomization_for_each_system(environment: str) -> None:
    found = _named(_delivery(environment, "flux"), "Kustomization")

    paths = {name: f"./gitops/{environment}/{name}" for name in _systems(environment)}
    assert {name: one["spec"]["path"] for name, one in found.items()} == {
        **paths,
        "delivery": f"./gitops/{environment}/delivery-flux",
    }
    assert {name for name, one in found.items() if not one["spec"].get("wait")} == {"delivery"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_argocd_has_an_application_for_each_system_in_its_namespace(environment: str) -> None:
    found = _named(_delivery(environment, "argocd"), "Application")

    systems = _systems(environment)
    assert found.keys() - {"delivery"} == systems.keys()
    for name, objects in systems.items():
        spec = found[name]["spec"]
        assert spec["source"]["path"] == f"gitops/{environment}/{name}"
        assert spec["project"] == environment
        assert spec["destination"]["namespace"] in {one["metadata"].get("namespace") for one in objects}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_project_admits_the_namespaces_and_cluster_wide_kinds_of_the_systems_and_no_others(environment: str) -> None:
    spec = _named(_delivery(environment, "argocd"), "AppProject")[environment]["spec"]

    objects = [one for system in _systems(environment).values() for one in system]
    kinds = {(one["apiVersion"].rpartition("/")[0], one["kind"]) for one in objects if one["kind"] in CLUSTER_WIDE}
    namespaces = {one["metadata"].get("namespace") for one in objects} - {None}
    assert {one["namespace"] for one in spec["destinations"]} == namespaces
    assert {(one["group"], one["kind"]) for one in spec["clusterResourceWhitelist"]} == kinds
    wide = {one["kind"] for one in objects if "namespace" not in one["metadata"]}
    assert wide <= CLUSTER_WIDE, "a kind without namespace that this test does not know"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_argocd_ignores_the_replicas_of_what_is_autoscaled_and_of_nothing_else(environment: str) -> None:
    applications = _named(_delivery(environment, "argocd"), "Application")

    for name, objects in _systems(environment).items():
        scalers = [one["spec"]["scaleTargetRef"] for one in objects if one["kind"] == "HorizontalPodAutoscaler"]
        rules = applications[name]["spec"].get("ignoreDifferences", [])
        ignored = {(one["kind"], one["name"]) for one in rules if one["jsonPointers"] == ["/spec/replicas"]}
        assert ignored == {(one["kind"], one["name"]) for one in scalers}, name


def test_drift_may_read_all_kinds_that_are_rendered() -> None:
    roles = next(one for one in _read(ROOT / "base/drift/reading.yaml") if one["kind"] == "ClusterRole")["rules"]
    groups = {group for rule in roles for group in rule["apiGroups"]}

    systems = (system for environment in ENVIRONMENTS for system in _systems(environment).values())
    kinds = {(one["apiVersion"].rpartition("/")[0], one["kind"]) for objects in systems for one in objects}

    assert {group for group, _ in kinds} <= groups
    assert {f"{kind.lower()}s" for group, kind in kinds if not group} <= set(roles[0]["resources"])
