"""What a strategic merge knows of kinds: the built-in tables, documents of one's own, and which of them counts."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.schema import BUILT_IN, OpenApiSchemas, SchemasInEffect, is_cluster_scoped, is_known

KIND = [{"group": "example.com", "kind": "Thing", "version": "v1"}]
DOCUMENT: dict[str, Any] = {
    "definitions": {
        "Thing": {
            "x-kubernetes-group-version-kind": KIND,
            "properties": {
                "parts": {
                    "type": "array",
                    "x-kubernetes-patch-strategy": "merge,retainKeys",
                    "x-kubernetes-patch-merge-key": "id",
                    "items": {"$ref": "#/definitions/Part"},
                },
                "pairs": {
                    "type": "array",
                    "x-kubernetes-patch-strategy": "merge",
                    "x-kubernetes-list-map-keys": ["a", "b"],
                },
                "words": {"type": "array", "x-kubernetes-patch-strategy": "merge"},
                "list": {"type": "array", "x-kubernetes-patch-strategy": "replace"},
                "odd": {"type": "array", "x-kubernetes-patch-strategy": 5},
                "loop": {"$ref": "#/definitions/Loop"},
                "nothing": {"$ref": "#/definitions/None"},
                "wrong": "text",
            },
            "additionalProperties": {"type": "object"},
        },
        "Part": {"properties": {"id": {"type": "string"}}},
        "Loop": {"$ref": "#/definitions/Loop"},
        "Text": "text",
        "NoKinds": {"x-kubernetes-group-version-kind": "text"},
    }
}


@pytest.mark.parametrize(
    ("field", "keys"), [("parts", ("id",)), ("pairs", ("a", "b")), ("words", ()), ("list", None), ("odd", None)]
)
def test_merge_keys_of_a_document(field: str, keys: tuple[str, ...] | None) -> None:
    thing = OpenApiSchemas(DOCUMENT).of_kind("example.com/v1", "Thing")

    assert thing is not None
    found = thing.field(field)
    assert found is not None
    assert found.merge_keys == keys


def test_references_are_followed() -> None:
    thing = OpenApiSchemas(DOCUMENT).of_kind("example.com/v1", "Thing")

    assert thing is not None
    parts = thing.field("parts")
    assert parts is not None
    elements = parts.elements()
    assert elements is not None
    assert elements.field("id") is not None
    assert elements.field("none") is None
    assert elements.elements() is None


@pytest.mark.parametrize("field", ["loop", "nothing", "wrong"])
def test_references_that_lead_nowhere(field: str) -> None:
    thing = OpenApiSchemas(DOCUMENT).of_kind("example.com/v1", "Thing")

    assert thing is not None
    assert thing.field(field) is None
    assert thing.field("any other") is not None


@pytest.mark.parametrize("document", [{}, {"definitions": []}, {"definitions": {"a": 5}}])
def test_documents_without_kinds(document: dict[str, Any]) -> None:
    assert OpenApiSchemas(document).of_kind("example.com/v1", "Thing") is None


def test_the_own_kinds_of_kustomize_stay() -> None:
    kustomization = ("kustomize.config.k8s.io/v1beta1", "Kustomization")

    assert OpenApiSchemas({}).of_kind(*kustomization) == BUILT_IN.of_kind(*kustomization)
    assert OpenApiSchemas({}).of_kind("v1", "Pod") is None


def test_built_in_kinds() -> None:
    pod = BUILT_IN.of_kind("v1", "Pod")

    assert pod is not None
    containers = pod.field("spec").field("containers")  # type: ignore[union-attr]
    assert containers is not None
    assert containers.merge_keys == ("name",)
    assert containers.elements().field("ports").merge_keys == ("containerPort", "protocol")  # type: ignore[union-attr]
    assert pod.field("none") is None
    assert BUILT_IN.of_kind("v2", "Pod") is None


@pytest.mark.parametrize(
    ("api_version", "kind", "known", "cluster_scoped"),
    [("v1", "Pod", True, False), ("v1", "Namespace", True, True), ("example.com/v1", "Thing", False, False)],
)
def test_scopes(api_version: str, kind: str, *, known: bool, cluster_scoped: bool) -> None:
    assert is_known(api_version, kind) is known
    assert is_cluster_scoped(api_version, kind) is cluster_scoped


def test_the_first_document_counts() -> None:
    schemas = SchemasInEffect()
    schemas.choose(None)
    schemas.choose(OpenApiSchemas(DOCUMENT))
    schemas.choose(BUILT_IN)

    assert schemas.of_kind("example.com/v1", "Thing") is not None
    assert schemas.of_kind("v1", "Pod") is None


def test_one_that_comes_late_is_added_to_the_built_in_kinds() -> None:
    schemas = SchemasInEffect()
    assert schemas.of_kind("v1", "Pod") is not None
    schemas.choose(OpenApiSchemas(DOCUMENT))

    assert schemas.of_kind("example.com/v1", "Thing") is not None
    assert schemas.of_kind("v1", "Pod") is not None


@pytest.mark.parametrize(("kind", "pods_are_known"), [("Pod", False), ("Unheard", True)])
def test_an_unknown_kind_loads_the_built_in_ones(kind: str, *, pods_are_known: bool) -> None:
    schemas = SchemasInEffect()
    schemas.note("v1", kind)
    schemas.choose(OpenApiSchemas(DOCUMENT))

    assert (schemas.of_kind("v1", "Pod") is not None) is pods_are_known
