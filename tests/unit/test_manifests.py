"""From text to objects: lists opened, what is no object refused."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.documents import Quoted
from imbricate.errors import DocumentError
from imbricate.manifests import read_manifests

A = "{apiVersion: v1, kind: A, metadata: {name: a}}"
B = "{apiVersion: v1, kind: B, metadata: {name: b}}"


def names(manifests: list[dict[str, Any]]) -> list[str]:
    return [f"{one['kind']}/{one.get('metadata', {}).get('name', '')}" for one in manifests]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# nothing\n---\n---\n", []),
        (A, ["A/a"]),
        (f"{A}\n---\n{B}", ["A/a", "B/b"]),
        (f"{A}\n---\n{{}}\n---\nnull\n---\n{B}", ["A/a", "B/b"]),
        (f"{{apiVersion: v1, kind: List, items: [{A}, {B}]}}", ["A/a", "B/b"]),
        (f"{{apiVersion: v1, kind: ResourceList, items: [{A}]}}", ["A/a"]),
        ("{apiVersion: v1, kind: ResourceList, functionConfig: {a: b}}", []),
        ("{apiVersion: v1, kind: List, items: null}", []),
        (f"{{apiVersion: v1, kind: AList, items: [{A}, {{}}, {B}]}}", ["A/a", "B/b"]),
        (f"{{apiVersion: v1, kind: AList, items: [{{kind: BList, items: [{A}]}}, {B}]}}", ["B/b", "A/a"]),
        ("{apiVersion: v1, kind: AList, items: null}", []),
        ("{apiVersion: v1, kind: AList}", ["AList/"]),
        ("{apiVersion: v1, kind: List, metadata: {name: l}}", ["List/l"]),
        (f"{A}\n---\n{{apiVersion: v1, kind: List, items: [{B}]}}", ["A/a", "B/b"]),
    ],
)
def test_objects_of_a_text(text: str, expected: list[str]) -> None:
    assert names(read_manifests(text, "a.yaml")) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "expected an object with kind and metadata.name, found a string"),
        ("- a", "expected an object with kind and metadata.name, found a list"),
        ("5", "expected an object with kind and metadata.name, found a number"),
        ("{a: b}", "an object of no kind has no kind"),
        ("{kind: '', metadata: {name: n}}", "object 'n' has no kind"),
        ("{kind: null, metadata: {name: n}}", "object 'n' has no kind"),
        ("{kind: A}", "an object of kind A has no metadata.name"),
        ("{kind: A, metadata: text}", "an object of kind A has no metadata.name"),
        ("{kind: A, metadata: {name: ''}}", "an object of kind A has no metadata.name"),
        ("{kind: A, metadata: {name: null}}", "an object of kind A has no metadata.name"),
        ("{kind: List, items: {a: b}}", "items of an object of kind List: expected a list, found a map"),
        ("{kind: List, items: [text]}", "expected an object with kind and metadata.name, found a string"),
        ("{kind: AList, items: text}", "items of an object of kind AList: expected a list, found a string"),
        ("{kind: AList, metadata: {name: n}, items: 5}", "items of AList 'n': expected a list, found a number"),
        ("{kind: AList, items: [{kind: B}]}", "an object of kind B has no metadata.name"),
    ],
)
def test_what_is_no_object(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_manifests(text, "a.yaml")

    assert str(caught.value) == f"a.yaml: {message}"


def test_items_of_a_typed_list_are_read_as_json() -> None:
    """Kustomize writes them as JSON in between, where every string has quotes."""
    (found,) = read_manifests("{kind: AList, items: [{kind: A, metadata: {name: a}, x: [y, 0x10, null]}]}", "a.yaml")

    assert found["x"] == ["y", 16, None]
    assert type(found["x"][0]) is Quoted
