"""Namespaces, prefixes, labels and replicas: what they reach, what they leave, and what they cannot be set in."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate import defaults
from imbricate.errors import ConflictError, FieldSpecError
from imbricate.fieldspecs import FieldSpec
from imbricate.kustomization import Replica
from imbricate.resources import ResMap, Resource
from imbricate.transformers import add_affix, add_to_maps, nearest_name, set_namespace, set_namespace_of, set_replicas


def made(kind: str = "A", api_version: str = "v1", name: str = "n", **fields: Any) -> Resource:
    metadata = {"name": name, **fields.pop("metadata", {})}
    return Resource({"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields})


def binding(*subjects: dict[str, str]) -> Resource:
    return made("RoleBinding", "rbac.authorization.k8s.io/v1", subjects=[dict(one) for one in subjects])


DEFAULT, OTHER = {"kind": "ServiceAccount", "name": "default"}, {"kind": "ServiceAccount", "name": "other"}


@pytest.mark.parametrize(
    ("resource", "namespace"),
    [
        (made(), "ns"),
        (made(metadata={"namespace": "old"}), "ns"),
        (made("Namespace"), None),
        (made("ClusterRole", "rbac.authorization.k8s.io/v1"), None),
        (
            made(
                metadata={"namespace": "old", "annotations": {"internal.config.kubernetes.io/helm-generated": "true"}}
            ),
            "old",
        ),
    ],
)
def test_what_gets_a_namespace(resource: Resource, namespace: str | None) -> None:
    set_namespace(ResMap([resource]), "ns", ())

    assert resource.manifest["metadata"].get("namespace") == namespace


def test_only_where_there_is_none() -> None:
    resources = ResMap(
        [made(), made(name="o", metadata={"namespace": "old"}), made(name="p", metadata={"namespace": ""})]
    )

    set_namespace(resources, "ns", (), unset_only=True)

    assert [one.namespace for one in resources] == ["ns", "old", "ns"]


@pytest.mark.parametrize(
    ("which", "namespaces"),
    [("defaultOnly", ["ns", None]), ("allServiceAccounts", ["ns", "ns"]), ("none", [None, None])],
)
def test_subjects_that_follow(which: str, namespaces: list[str | None]) -> None:
    resource = binding(DEFAULT, OTHER)

    set_namespace(ResMap([resource]), "ns", (), subjects=which)

    assert [one.get("namespace") for one in resource.manifest["subjects"]] == namespaces


def test_two_that_become_one_are_refused() -> None:
    resources = ResMap([made(metadata={"namespace": "a"}), made(metadata={"namespace": "b"})])

    with pytest.raises(ConflictError) as caught:
        set_namespace(resources, "ns", ())

    assert str(caught.value) == "A.v1.[noGrp]/n.ns is there twice: from a transformer and from a transformer"


def test_the_namespace_of_one_object() -> None:
    resource = made()

    set_namespace_of(resource, "ns")

    assert resource.manifest["metadata"] == {"name": "n", "namespace": "ns"}
    assert resource.previous_ids == []


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (made(), "p-n-s"),
        (made("Namespace"), "n"),
        (made("CustomResourceDefinition", "apiextensions.k8s.io/v1"), "n"),
        (made("APIService", "apiregistration.k8s.io/v1"), "n"),
        (made("APIService", "example.com/v1"), "p-n-s"),
    ],
)
def test_names_that_are_changed(resource: Resource, name: str) -> None:
    resources = ResMap([resource])

    add_affix(resources, "p-", "-s", defaults.NAME_PREFIX)

    assert resource.name == name
    assert resource.original_id.name == "n"
    assert resources.with_id(resource.id) == [resource]


LABELS = (FieldSpec("metadata/labels", create=True), FieldSpec("spec/selector", kind="B"))


@pytest.mark.parametrize(
    ("resource", "labels"),
    [
        (made(), {"metadata": {"name": "n", "labels": {"a": "1", "b": "2"}}}),
        (
            made(metadata={"labels": {"b": "0", "c": "3"}}),
            {"metadata": {"name": "n", "labels": {"b": "2", "c": "3", "a": "1"}}},
        ),
        (made("B"), {"metadata": {"name": "n", "labels": {"a": "1", "b": "2"}}}),
        (made("B", spec={"selector": {}}), {"spec": {"selector": {"a": "1", "b": "2"}}}),
    ],
)
def test_labels_are_set_where_the_field_specs_say(resource: Resource, labels: dict[str, Any]) -> None:
    add_to_maps(ResMap([resource]), {"b": "2", "a": "1"}, LABELS)

    assert {name: resource.manifest[name] for name in labels} == labels


def test_without_labels_no_map_is_made() -> None:
    resource = made()

    add_to_maps(ResMap([resource]), {}, LABELS)

    assert resource.manifest["metadata"] == {"name": "n"}


@pytest.mark.parametrize(
    ("resource", "change", "message"),
    [
        (made(metadata={"namespace": {}}), "namespace", "namespace: expected a scalar, found a map"),
        (
            made("RoleBinding", "rbac.authorization.k8s.io/v1", subjects="text"),
            "namespace",
            "subjects: expected a list, found a string",
        ),
        (made(metadata={"labels": "text"}), "labels", "labels: expected a map, found a string"),
        (made(spec={"replicas": []}), "replicas", "replicas: expected a number, found a list"),
        (made(spec={"name": {}}), "prefix", "name: expected a scalar, found a map"),
    ],
)
def test_values_that_cannot_be_set(resource: Resource, change: str, message: str) -> None:
    resources = ResMap([resource])
    changes = {
        "namespace": lambda: set_namespace(resources, "ns", ()),
        "labels": lambda: add_to_maps(resources, {"a": "b"}, LABELS),
        "replicas": lambda: set_replicas(resources, Replica("n", 3), (FieldSpec("spec/replicas"),)),
        "prefix": lambda: add_affix(resources, "p-", "", (FieldSpec("spec/name"),)),
    }

    with pytest.raises(FieldSpecError) as caught:
        changes[change]()

    assert str(caught.value) == message


def test_replicas_are_found_under_any_name() -> None:
    resource = made("Deployment", "apps/v1", spec={"replicas": 1})
    resources = ResMap([resource, made("Service")])
    add_affix(resources, "p-", "", defaults.NAME_PREFIX)

    assert set_replicas(resources, Replica("n", 3), defaults.REPLICAS) == [resource]
    assert set_replicas(resources, Replica("p-n", 4), defaults.REPLICAS) == [resource]
    assert set_replicas(resources, Replica("none", 5), defaults.REPLICAS) == []
    assert resource.manifest["spec"]["replicas"] == 4


@pytest.mark.parametrize(("name", "hint"), [("deplyo", "; did you mean deploy?"), ("zzz", "")])
def test_the_nearest_name_is_told(name: str, hint: str) -> None:
    assert nearest_name(name, ResMap([made(name="deploy"), made(name="other")])) == hint
