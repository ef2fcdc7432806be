"""ConfigMaps and Secrets made of literals, files and env files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.folder import Folder, Sources
from imbricate.generators import config_map, file_source, secret
from imbricate.kustomization import GeneratorArgs, GeneratorOptions

if TYPE_CHECKING:
    from pathlib import Path

HERE = Where("k.yaml", "configMapGenerator[0]")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "text.txt").write_text("käse\n")
    (tmp_path / "bytes.bin").write_bytes(b"\xff\0")
    (tmp_path / "a.env").write_bytes(b"\xef\xbb\xbfA=1\r\n# no\n\n  B = x=y \nC\n=d\n")
    (tmp_path / "bad.env").write_bytes(b"A=1\nB=\xff\n")
    return Folder(tmp_path, Sources())


@pytest.mark.parametrize(
    ("args", "data", "binary"),
    [
        ({"literals": ("a=1", "b='x'", 'c="y"', "d='x", "e=", "f=x=y")}, "a=1 b=x c=y d='x e= f=x=y", {}),
        ({"files": ("text.txt",)}, "text.txt=käse\n", {}),
        ({"files": ("k=text.txt", "bytes.bin")}, "k=käse\n", {"bytes.bin": "/wA="}),
        ({"envs": ("a.env",)}, "A=1 B = x=y  C=", {}),
        ({"env": "a.env"}, "A=1 B = x=y  C=", {}),
        ({}, None, {}),
    ],
)
def test_what_a_config_map_holds(
    folder: Folder, args: dict[str, Any], data: str | None, binary: dict[str, str]
) -> None:
    manifest = config_map(GeneratorArgs(name="c", **args), folder, HERE).manifest

    found = manifest.get("data")
    assert data == (None if found is None else " ".join(f"{key}={value}" for key, value in found.items()))
    assert manifest.get("binaryData", {}) == binary


def test_a_secret_is_in_base64(folder: Folder) -> None:
    args = GeneratorArgs(name="s", namespace="ns", literals=("b=x",), files=("bytes.bin",))

    resource = secret(args, folder, HERE)

    assert resource.manifest == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "ns"},
        "type": "Opaque",
        "data": {"b": "eA==", "bytes.bin": "/wA="},
    }
    assert resource.needs_hash
    assert secret(args._replace(type="x"), folder, HERE).manifest["type"] == "x"


@pytest.mark.parametrize(
    ("options", "metadata", "immutable", "needs_hash"),
    [
        (None, {"name": "c"}, None, True),
        (GeneratorOptions(), {"name": "c"}, None, True),
        (GeneratorOptions(labels={"b": "2", "a": "1"}), {"name": "c", "labels": {"a": "1", "b": "2"}}, None, True),
        (GeneratorOptions(annotations={"a": "1"}), {"name": "c", "annotations": {"a": "1"}}, None, True),
        (GeneratorOptions(immutable=True, disable_name_suffix_hash=True), {"name": "c"}, True, False),
    ],
)
def test_options(
    folder: Folder,
    options: GeneratorOptions | None,
    metadata: dict[str, Any],
    immutable: bool | None,  # noqa: FBT001 - a column of the table
    needs_hash: bool,  # noqa: FBT001 - a column of the table
) -> None:
    resource = config_map(GeneratorArgs(name="c", options=options, behavior="merge"), folder, HERE)

    assert resource.manifest["metadata"] == metadata
    assert resource.manifest.get("immutable") is immutable
    assert (resource.needs_hash, resource.behavior) == (needs_hash, "merge")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"name": ""}, "name: a ConfigMap needs a name"),
        ({"literals": ("a",)}, "literals[0]: expected key=value, found 'a'"),
        ({"literals": ("a=1", "=b")}, "literals[1]: expected key=value, found '=b'"),
        ({"literals": ("a=1", "a=2")}, "literals[1]: the key 'a' of c is there already"),
        ({"files": ("none.txt",)}, "files[0]: 'none.txt' does not exist"),
        ({"files": ("=text.txt",)}, "files[0]: expected a path or key=path, found '=text.txt'"),
        ({"files": ("a=b=c",)}, "files[0]: expected a path or key=path, found 'a=b=c'"),
        ({"files": ("k=text.txt", "k=bytes.bin")}, "files[1]: the key 'k' of c is there already"),
        ({"envs": ("none.env",)}, "envs[0]: 'none.env' does not exist"),
        ({"envs": ("a.env", "bad.env")}, "envs[1]: line 2 of bad.env is not UTF-8"),
        ({"envs": ("a.env",), "literals": ("A=1",)}, "literals[0]: the key 'A' of c is there already"),
    ],
)
def test_what_cannot_be_made(folder: Folder, args: dict[str, Any], message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        config_map(GeneratorArgs(**{"name": "c", **args}), folder, HERE)

    assert str(caught.value) == f"k.yaml: configMapGenerator[0].{message}"


def test_the_name_of_a_file_is_its_key() -> None:
    assert file_source("a/b/c.txt", HERE) == ("c.txt", "a/b/c.txt")
    assert file_source("k=a/b", HERE) == ("k", "a/b")
