"""From a folder to the tree of its layers: what is loaded in which order, and what is refused with which words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from imbricate.errors import ImbricateError
from imbricate.folder import Sources
from imbricate.layers import Layer, Loader, ResourceFile
from tests.conformance.harness import write_tree

if TYPE_CHECKING:
    from pathlib import Path

TREE = """\
-- over/kustomization.yaml --
resources: [a.yaml, ../base]
bases: [../second]
components: [../part]
transformers:
- t.yaml
- "{apiVersion: builtin, kind: X, metadata: {name: inline}}"
-- over/a.yaml --
{apiVersion: v1, kind: A, metadata: {name: a}}
---
{apiVersion: v1, kind: A, metadata: {name: b}}
-- over/t.yaml --
{apiVersion: builtin, kind: X, metadata: {name: filed}}
-- base/kustomization.yml --
namePrefix: b-
-- second/Kustomization --
namePrefix: s-
-- part/kustomization.yaml --
kind: Component
resources: [c.json]
-- part/c.json --
{"apiVersion": "v1", "kind": "A", "metadata": {"name": "c"}}
"""


def loaded(folder: Path, path: str = "over") -> Layer:
    return Loader(Sources()).load(folder / path)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_tree(tmp_path, TREE)


def test_files_and_folders_keep_their_order(tree: Path) -> None:
    layer = loaded(tree)

    assert [field for field, _ in layer.resources] == ["resources[0]", "resources[1]", "bases[0]"]
    file, base, second = (entry for _, entry in layer.resources)
    assert isinstance(file, ResourceFile)
    assert [one["metadata"]["name"] for one in file.manifests] == ["a", "b"]
    assert [one.file for one in (base, second)] == ["base/kustomization.yml", "second/Kustomization"]
    assert (layer.file, layer.file_name) == ("over/kustomization.yaml", "kustomization.yaml")


def test_components_are_layers(tree: Path) -> None:
    ((field, part),) = loaded(tree).components

    assert field == "components[0]"
    assert part.kustomization.is_component
    assert part.shown("c.json") == "part/c.json"


def test_plugins_written_here_come_first(tree: Path) -> None:
    entries = [entry for _, entry in loaded(tree).transformers]

    names = [one.manifests[0]["metadata"]["name"] for one in entries if isinstance(one, ResourceFile)]
    assert names == ["inline", "filed"]


def test_every_file_that_was_read_is_a_source(tree: Path) -> None:
    sources = Sources()
    Loader(sources).load(tree / "over")

    assert [str(one.relative_to(tree)) for one in sources.paths] == [
        "over/kustomization.yaml",
        "over/a.yaml",
        "base/kustomization.yml",
        "second/Kustomization",
        "over/t.yaml",
        "part/kustomization.yaml",
        "part/c.json",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[a.yaml, ../base]", "['']"), "resources[0]: over is empty, expected a file or a folder"),
        (("[a.yaml, ../base]", "[none]"), "resources[0]: 'none' does not exist"),
        (("[../part]", "['']"), "components[0]: over is empty, expected a folder"),
        (("[../part]", "[../base]"), "components[0]: '../base' is no Component; list it under resources"),
        (("[../part]", "[a.yaml]"), "components[0]: 'a.yaml' is a file, expected a folder"),
        (("[a.yaml, ../base]", "[../part]"), "resources[0]: '../part' is a Component; list it under components"),
        (
            ("[a.yaml, ../base]", "[/]"),
            "resources[0]: '/' is absolute, expected a folder relative to the kustomization",
        ),
        (("[a.yaml, ../base]", "[../over]"), "resources[0]: '../over' is a cycle: it holds over, which is being built"),
        (("[a.yaml, ../base]", "[..]"), "resources[0]: '..' is a cycle: it holds over, which is being built"),
        (
            ("[a.yaml, ../base]", "['../base../part']"),
            "resources[0]: '../base../part' has '..' inside of a name; two entries of a list may have run together",
        ),
        (("[../second]", "[.none]"), "bases[0]: '.none' does not exist"),
        (("- t.yaml", "- none.yaml"), "transformers[0]: 'none.yaml' does not exist"),
    ],
)
def test_what_is_refused(tree: Path, change: tuple[str, str], message: str) -> None:
    (tree / "base.." / "part").mkdir(parents=True)
    kustomization = tree / "over" / "kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace(*change))

    with pytest.raises(ImbricateError) as caught:
        loaded(tree)

    assert str(caught.value) == f"over/kustomization.yaml: {message}"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "'PATH' does not exist, expected the folder of a kustomization"),
        ("over/a.yaml", "'PATH' is a file, expected the folder of a kustomization"),
        ("empty", "empty holds no kustomization: expected one of kustomization.yaml, kustomization.yml, Kustomization"),
        ("two", "two holds several kustomizations (kustomization.yml and Kustomization): expected one"),
        ("pipe", "'kustomization.yaml' is not a regular file (in pipe)"),
    ],
)
def test_folders_that_are_no_kustomization(tree: Path, path: str, message: str) -> None:
    for name in ("empty", "two", "pipe", "empty/Kustomization"):
        (tree / name).mkdir()
    for name in ("kustomization.yml", "Kustomization"):
        (tree / "two" / name).write_text("namePrefix: p-\n")
    os.mkfifo(tree / "pipe" / "kustomization.yaml")

    with pytest.raises(ImbricateError) as caught:
        loaded(tree, path)

    assert str(caught.value) == message.replace("PATH", str(tree / path))
