"""The hash of a name follows what the object holds, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.hashing import add_hashes, content_hash
from imbricate.resources import ResMap, Resource


def made(kind: str, **fields: Any) -> Resource:
    return Resource({"apiVersion": "v1", "kind": kind, "metadata": {"name": "n"}, **fields})


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        # The values that kustomize's own tests expect (api/hasher/hasher_test.go).
        ("ConfigMap", {}, "6ct58987ht"),
        ("ConfigMap", {"data": {"one": ""}}, "9g67k2htb6"),
        ("ConfigMap", {"data": {"two": 2, "one": "", "three": 3}}, "7757f9kkct"),
        ("ConfigMap", {"binaryData": {"one": ""}}, "6mtk2m274t"),
        ("ConfigMap", {"binaryData": {"two": 2, "one": "", "three": 3}}, "9th7kc28dg"),
        ("ConfigMap", {"data": {"one": ""}, "binaryData": {"two": ""}}, "698h7c7t9m"),
        ("Secret", {"type": "my-type"}, "5gmgkf8578"),
        ("Secret", {"type": "my-type", "data": {"one": ""}}, "74bd68bm66"),
        ("Secret", {"type": "my-type", "data": {"two": 2, "one": "", "three": 3}}, "4gf75c7476"),
        ("Secret", {"type": "my-type", "data": {"one": ""}, "stringData": {"two": 2}}, "c4h4264gdb"),
    ],
)
def test_hashes(kind: str, fields: dict[str, Any], expected: str) -> None:
    assert content_hash(made(kind, **fields)) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (made("ConfigMap", data={"a": "1"}), made("ConfigMap", data={"a": "1"}, immutable=True), True),
        (made("ConfigMap", data={"a": "1", "b": "2"}), made("ConfigMap", data={"b": "2", "a": "1"}), True),
        (made("ConfigMap", data={"a": "1"}), made("ConfigMap", binaryData={"a": "1"}), False),
        (made("Secret", data={"a": "1"}), made("Secret", data={"a": "1"}, type="x"), False),
        (made("Secret", data={"a": "1"}), made("Secret", data={"a": "1"}, stringData={"a": "1"}), False),
        (made("Other", a=1), made("Other", a=2), False),
        (made("Other", a=1), made("Other", a=1), True),
    ],
)
def test_what_a_hash_follows(one: Resource, other: Resource, *, same: bool) -> None:
    assert (content_hash(one) == content_hash(other)) is same


def test_only_those_that_ask_get_one() -> None:
    plain, hashed = made("Other"), made("ConfigMap")
    hashed.needs_hash = True
    resources = ResMap([plain, hashed])

    add_hashes(resources)

    assert [one.name for one in resources] == ["n", "n-6ct58987ht"]
    assert hashed.original_id.name == "n"
    assert resources.with_any_id(hashed.id) == [hashed]
