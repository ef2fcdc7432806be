"""Patches: which kind a text is, which resources it means, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.fields import PATCH
from imbricate.folder import Folder, Sources
from imbricate.patches import PatchText, apply_patch, merge_entries, parse_patch
from imbricate.resources import ResMap, Resource
from imbricate.schema import SchemasInEffect

if TYPE_CHECKING:
    from pathlib import Path

HERE = Where("k.yaml", "patches[0]")
MERGE = "{apiVersion: v1, kind: A, metadata: {name: a}, x: 1}"


def made(name: str = "a", kind: str = "A", **metadata: Any) -> Resource:
    return Resource({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": {"old": 1}})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "merge.yaml").write_text(MERGE)
    (tmp_path / "operations.json").write_text('[{"op": "add", "path": "/x", "value": 1}]')
    (tmp_path / "bytes.yaml").write_bytes(b"\xff")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    return Folder(tmp_path, Sources())


@pytest.mark.parametrize(
    ("text", "manifests", "operations"),
    [
        (MERGE, 1, 0),
        (f"{MERGE}\n---\n{MERGE}", 2, 0),
        ("- {op: remove, path: /x}", 0, 1),
        ('[{"op": "remove", "path": "/x"}, {"op": "remove", "path": "/y"}]', 0, 2),
        ("# nothing", 0, 0),
    ],
)
def test_what_a_text_is(text: str, manifests: int, operations: int) -> None:
    parsed = parse_patch(PatchText(text, "p.yaml", HERE))

    assert (len(parsed.manifests), len(parsed.operations)) == (manifests, operations)


NEITHER = "is no strategic merge patch and no JSON 6902 patch:"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text", f"{NEITHER} p.yaml: expected an object with kind and metadata.name, found a string"),
        ("- text", f"{NEITHER} p.yaml: expected a list of operations"),
        ("[{op: remove}]", f"{NEITHER} p.yaml:1:3: expected JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, f"{NEITHER} p.yaml: is nested too deeply"),
        ("{kind: A}", f"{NEITHER} p.yaml: an object of kind A has no metadata.name"),
        ("a: [", f"{NEITHER} p.yaml:2:1: expected YAML: did not find expected node content"),
    ],
)
def test_texts_that_are_no_patch(text: str, message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        parse_patch(PatchText(text, "p.yaml", HERE))

    assert str(caught.value) == f"k.yaml: patches[0]: {message}"


def applied(folder: Folder, patch: dict[str, Any], *resources: Resource) -> ResMap:
    found = ResMap(resources or (made(),))
    apply_patch(found, PATCH(patch, HERE), folder, HERE, SchemasInEffect())
    return found


@pytest.mark.parametrize(
    "patch",
    [
        {"path": "merge.yaml"},
        {"patch": MERGE},
        {"patch": MERGE, "target": {"name": "a"}},
        {"path": "operations.json", "target": {"kind": "A"}},
        {"patch": "- {op: add, path: /x, value: 1}", "target": {"kind": "A|B", "name": "a.*"}},
    ],
)
def test_ways_to_patch(folder: Folder, patch: dict[str, Any]) -> None:
    (resource,) = applied(folder, patch)

    assert resource.manifest["x"] == 1
    assert resource.manifest["spec"] == {"old": 1}


@pytest.mark.parametrize(
    ("options", "identity"),
    [
        ({}, ("A", "a")),
        ({"allowNameChange": True}, ("A", "b")),
        ({"allowKindChange": True}, ("B", "a")),
        ({"allowNameChange": True, "allowKindChange": True}, ("B", "b")),
    ],
)
def test_a_patch_changes_the_identity_only_with_leave(
    folder: Folder, options: dict[str, bool], identity: tuple[str, str]
) -> None:
    patch = {"patch": "{apiVersion: v1, kind: B, metadata: {name: b}}", "target": {"kind": "A"}, "options": options}

    (resource,) = applied(folder, patch)

    assert (resource.manifest["kind"], resource.manifest["metadata"]["name"]) == identity


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{apiVersion: v1, kind: A, metadata: {name: a}, $patch: delete}", ["b"]),
        ("{apiVersion: v1, kind: A, metadata: {name: b}, $patch: delete}", ["a"]),
    ],
)
def test_a_patch_can_delete(folder: Folder, text: str, left: list[str]) -> None:
    assert [one.name for one in applied(folder, {"patch": text}, made(), made("b"))] == left


def test_a_target_that_matches_nothing_is_no_error(folder: Folder) -> None:
    (resource,) = applied(folder, {"patch": MERGE, "target": {"name": "none"}})

    assert "x" not in resource.manifest


def test_an_empty_patch_with_a_target_does_nothing(folder: Folder) -> None:
    (resource,) = applied(folder, {"path": "empty.yaml", "target": {"name": "a"}})

    assert resource.manifest == made().manifest


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({}, "patches[0]: expected one of patch and path, found neither"),
        ({"patch": " \n"}, "patches[0]: expected one of patch and path, found neither"),
        ({"patch": MERGE, "path": "p.yaml"}, "patches[0]: expected one of patch and path, found both"),
        ({"path": "none.yaml"}, "patches[0].path: 'none.yaml' does not exist"),
        ({"path": "bytes.yaml"}, "patches[0].path: bytes.yaml is not UTF-8"),
        ({"path": "operations.json"}, "patches[0].target: a JSON 6902 patch needs a target"),
        (
            {"patch": f"{MERGE}\n---\n{MERGE}", "target": {"kind": "A"}},
            "patches[0].target: a patch with a target holds one object, found 2",
        ),
        (
            {"patch": MERGE, "target": {"kind": "("}},
            ("patches[0].target: expected a regular expression, found '(': missing ): ("),
        ),
        (
            {"patch": MERGE.replace("name: a", "name: aa")},
            "patches[0]: no resource has the id A.v1.[noGrp]/aa.[noNs] of the patch; did you mean a?",
        ),
        (
            {"patch": "- {op: remove, path: /none}", "target": {"kind": "A"}},
            "patches[0]: A/a: operation 0: remove /none: there is no 'none' to remove",
        ),
        (
            {"patch": "{apiVersion: v1, kind: A, metadata: {name: a}, spec: {$patch: none}}"},
            "patches[0]: A/a: spec: unknown patch strategy 'none' in $patch; known: delete, merge, replace",
        ),
    ],
)
def test_what_cannot_be_patched(folder: Folder, patch: dict[str, Any], message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        applied(folder, patch)

    assert str(caught.value) == f"k.yaml: {message}"


@pytest.mark.parametrize("entry", [MERGE, "merge.yaml"])
def test_entries_are_texts_or_paths(folder: Folder, entry: str) -> None:
    resources = ResMap([made()])

    merge_entries(resources, ("", entry), folder, HERE, SchemasInEffect())

    assert next(iter(resources)).manifest["x"] == 1


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("", "patches[0]: the patch holds no object"),
        ("empty.yaml", "patches[0]: the patch holds no object"),
        ("none.yaml", "patches[0]: 'none.yaml' does not exist"),
    ],
)
def test_entries_that_hold_nothing(folder: Folder, entry: str, message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        merge_entries(ResMap([made()]), (entry,), folder, HERE, SchemasInEffect())

    assert str(caught.value) == f"k.yaml: {message}"
