"""Replacements: the one source, the targets, and the part of a field that is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.fields import REPLACEMENT
from imbricate.folder import Folder, Sources
from imbricate.replacements import apply_replacement, read_entries
from imbricate.resources import ResMap, Resource

if TYPE_CHECKING:
    from pathlib import Path

HERE = Where("k.yaml", "replacements[0]")


def made(kind: str, name: str, **fields: Any) -> Resource:
    return Resource({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields})


def replaced(source: Any, target: dict[str, Any], **fields: Any) -> Any:
    """Copy from S/s to T/t; give what became of T/t."""
    resources = ResMap([made("S", "s", text="a-b-c", number=5, words=["x"], map={"k": "v"}), made("T", "t", **fields)])
    given = {"sourceValue": source} if isinstance(source, str) else {"source": {"kind": "S", **source}}
    replacement = REPLACEMENT({**given, "targets": [{"select": {"kind": "T"}, **target}]}, HERE)
    for _ in apply_replacement(resources, replacement, HERE):
        pass
    manifest = list(resources)[1].manifest
    return {name: value for name, value in manifest.items() if name not in {"apiVersion", "kind"}}


@pytest.mark.parametrize(
    ("source", "target", "fields", "expected"),
    [
        ({}, {}, {}, {"metadata": {"name": "s"}}),
        ({"fieldPath": "text"}, {"fieldPaths": ["x"]}, {"x": "old"}, {"x": "a-b-c"}),
        ({"fieldPath": "number"}, {"fieldPaths": ["x"]}, {"x": 1}, {"x": 5}),
        ({"fieldPath": "number"}, {"fieldPaths": ["x"]}, {"x": "old"}, {"x": "5"}),
        ({"fieldPath": "number"}, {"fieldPaths": ["x"]}, {"x": 1.5}, {"x": 5}),
        ({"fieldPath": "map"}, {"fieldPaths": ["x"]}, {"x": {}}, {"x": {"k": "v"}}),
        ("7", {"fieldPaths": ["x"]}, {"x": 1}, {"x": 7}),
        ("7", {"fieldPaths": ["x"], "options": {"create": True}}, {}, {"x": 7}),
        ({"fieldPath": "text"}, {"fieldPaths": ["x.y"], "options": {"create": True}}, {}, {"x": {"y": "a-b-c"}}),
        (
            {"fieldPath": "text"},
            {"fieldPaths": ["l.*.k"]},
            {"l": [{"k": "a"}, {"k": "b"}]},
            {"l": [{"k": "a-b-c"}, {"k": "a-b-c"}]},
        ),
        ("n", {"fieldPaths": ["x"], "options": {"delimiter": "-"}}, {"x": "a-b"}, {"x": "n-b"}),
        ("n", {"fieldPaths": ["x"], "options": {"delimiter": "-", "index": 1}}, {"x": "a-b"}, {"x": "a-n"}),
        ("n", {"fieldPaths": ["x"], "options": {"delimiter": "-", "index": 9}}, {"x": "a-b"}, {"x": "a-b-n"}),
        ("n", {"fieldPaths": ["x"], "options": {"delimiter": "-", "index": -1}}, {"x": "a-b"}, {"x": "n-a-b"}),
        (
            {"fieldPath": "text", "options": {"delimiter": "-", "index": 2}},
            {"fieldPaths": ["x"]},
            {"x": "old"},
            {"x": "c"},
        ),
    ],
)
def test_what_is_copied(source: Any, target: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert replaced(source, target, **fields) == {"metadata": {"name": "t"}, **expected}


def test_a_copy_shares_nothing() -> None:
    resources = ResMap([made("S", "s", map={"k": ["v"]}), made("T", "t", x={}), made("T", "u", x={})])
    replacement = REPLACEMENT(
        {"source": {"kind": "S", "fieldPath": "map"}, "targets": [{"select": {"kind": "T"}, "fieldPaths": ["x"]}]}, HERE
    )
    list(apply_replacement(resources, replacement, HERE))

    first, second, third = (one.manifest for one in resources)
    second["x"]["k"].append("more")
    assert (first["map"], third["x"]) == ({"k": ["v"]}, {"k": ["v"]})


SOURCE, PATHS = "source.fieldPath", "targets[0].fieldPaths"


@pytest.mark.parametrize(
    ("source", "target", "fields", "message"),
    [
        ({"name": "none"}, {}, {}, "source: no resource is kind=S name=none"),
        ({"fieldPath": "none"}, {}, {}, f"{SOURCE}: S/s has no none"),
        ({"fieldPath": "text.x"}, {}, {}, f"{SOURCE}: S/s: text.x: x: expected a map above it, found a string"),
        ({"fieldPath": "map", "options": {"delimiter": "-"}}, {}, {}, f"{SOURCE}: a delimiter needs a scalar"),
        (
            {"fieldPath": "text", "options": {"delimiter": "-", "index": 3}},
            {},
            {},
            f"{SOURCE}: options.index 3 is outside of 3 parts of 'a-b-c'",
        ),
        ("n", {"select": None}, {}, "targets[0].select: expected the resources to select"),
        (
            "n",
            {"select": {"name": "("}},
            {},
            "targets[0]: expected a regular expression, found '(': missing ): (",
        ),
        ("n", {"select": {"labelSelector": "a in"}}, {}, "targets[0]: expected a label selector such as app=web,tier"),
        (
            "n",
            {"fieldPaths": ["x"]},
            {},
            f"{PATHS}: T/t: x: the field is missing; options.create: true makes it",
        ),
        ("n", {"fieldPaths": ["x"]}, {"x": 1}, f"{PATHS}: T/t: x: expected a number as before, found 'n'"),
        ("n", {"fieldPaths": ["x"]}, {"x": True}, f"{PATHS}: T/t: x: expected a boolean as before, found 'n'"),
        (
            "n",
            {"fieldPaths": ["x"], "options": {"delimiter": "-"}},
            {"x": {}},
            f"{PATHS}: T/t: x: a delimiter needs a scalar",
        ),
        ("n", {"fieldPaths": ["x.*"]}, {"x": {}}, f"{PATHS}: T/t: x.*: *: expected a list, found a map"),
    ],
)
def test_what_cannot_be_copied(source: Any, target: dict[str, Any], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        replaced(source, target, **fields)

    assert str(caught.value).startswith(f"k.yaml: replacements[0].{message}")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expected a source (or sourceValue) and at least one target"),
        ({"source": {}}, "expected a source (or sourceValue) and at least one target"),
        ({"targets": []}, "expected a source (or sourceValue) and at least one target"),
        ({"source": {}, "sourceValue": "x", "targets": []}, "expected one of source and sourceValue, found both"),
    ],
)
def test_what_is_not_said(given: dict[str, Any], message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        list(apply_replacement(ResMap([made("S", "s")]), REPLACEMENT(given, HERE), HERE))

    assert str(caught.value) == f"k.yaml: replacements[0]: {message}"


def test_sources_must_be_one() -> None:
    resources = ResMap([made("S", "s"), made("S", "t")])
    replacement = REPLACEMENT({"source": {"kind": "S"}, "targets": [{"select": {}}]}, HERE)

    with pytest.raises(KustomizationError) as caught:
        list(apply_replacement(resources, replacement, HERE))

    assert str(caught.value) == "k.yaml: replacements[0].source: 2 resources are kind=S: expected one"


@pytest.mark.parametrize(
    ("content", "count"),
    [("source: {kind: S}\nunknown: passed over\n", 1), ("- sourceValue: 5\n- sourceValue: b\n", 2), ("[]", 0)],
)
def test_files_of_replacements(tmp_path: Path, content: str, count: int) -> None:
    (tmp_path / "r.yaml").write_text(content)
    entries = (REPLACEMENT({"path": "r.yaml"}, HERE), REPLACEMENT({"sourceValue": "inline"}, HERE))

    found = read_entries(entries, Folder(tmp_path, Sources()), Where("k.yaml", "replacements"))

    assert len(found) == count + 1
    assert found[-1][0].field == "replacements[1]"
    assert {where.field for where, _ in found[:-1]} <= {"replacements[0]"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "none.yaml"}, "k.yaml: replacements[0]: 'none.yaml' does not exist"),
        ({"path": "text.yaml"}, "k.yaml: replacements[0]: text.yaml: expected a replacement or a list of them"),
        (
            {"path": "text.yaml", "source": {}},
            "k.yaml: replacements[0]: expected a path or an inline replacement, found both",
        ),
    ],
)
def test_files_that_hold_none(tmp_path: Path, entry: dict[str, Any], message: str) -> None:
    (tmp_path / "text.yaml").write_text("text")

    with pytest.raises(KustomizationError) as caught:
        read_entries((REPLACEMENT(entry, HERE),), Folder(tmp_path, Sources()), Where("k.yaml", "replacements"))

    assert str(caught.value) == message
