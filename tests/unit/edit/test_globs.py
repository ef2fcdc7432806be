"""File patterns: what they match, and what they do not."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.edit.file import read
from imbricate.edit.globs import glob, matches
from imbricate.errors import EditError
from tests.conformance.harness import KUSTOMIZE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "a.yaml", True),
        ("*", "", True),
        ("*", "a/b", False),
        ("*/*", "a/b", True),
        ("**", "a/b", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a?c", "aéc", True),
        ("[a-c]x", "bx", True),
        ("[a-c]x", "dx", False),
        ("[^a-c]x", "dx", True),
        ("[^a]", "/", True),
        ("[!a]", "!", True),
        ("[c-a]", "b", False),
        ("[^c-a]", "b", True),
        (r"[\]]", "]", True),
        (r"[\-x]", "-", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("a.c", "abc", False),
        ("*.yaml", "x.yaml\n", False),
        ("]", "]", True),
        ("{a,b}", "a", False),
    ],
)
def test_matching(pattern: str, path: str, *, expected: bool) -> None:
    assert matches(pattern, path) == expected


@pytest.mark.parametrize("pattern", ["[", "[a", "[]", "[a-]", "[-]", "a\\", "[\\", "[^"])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(EditError, match="is no file pattern"):
        matches(pattern, "")


@given(st.text(max_size=20))
def test_an_escaped_text_matches_itself_only(text: str) -> None:
    pattern = "".join(f"\\{sign}" for sign in text)

    assert matches(pattern, text)
    assert not matches(pattern, text + "x")


FOUND = {
    "*": ["a.yaml", "b.yaml", "dangling", "sub"],
    "*.yaml": ["a.yaml", "b.yaml"],
    "./*.yaml": ["a.yaml", "b.yaml"],
    "./a.yaml": ["./a.yaml"],
    ".*": [".hidden", ".kept.yaml"],
    ".hidden/*": [".hidden/x"],
    "*/x": [".hidden/x", "sub/x"],
    "sub//x": ["sub//x"],
    "sub/../*.yaml": ["a.yaml", "b.yaml"],
    "a.yaml/*": [],
    "nope/*": [],
    "nope": [],
    "sub/": ["sub/"],
    "s*/": [],
    "dangling": ["dangling"],
    "[^a-c]*": ["dangling", "sub"],
    r"\a.y?ml": ["a.yaml"],
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("sub", ".hidden"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").touch()
    for name in ("b.yaml", "a.yaml", ".kept.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(("pattern", "expected"), FOUND.items(), ids=FOUND)
def test_finding(pattern: str, expected: list[str]) -> None:
    assert glob(pattern) == expected


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("pattern", FOUND)
def test_kustomize_finds_the_same(pattern: str, tree: Path) -> None:
    found = glob(pattern)
    path = tree / "Kustomization"
    path.write_text("kind: Kustomization\n")

    done = subprocess.run([str(KUSTOMIZE), "edit", "add", "resource", pattern], capture_output=True, check=False)

    assert (done.returncode == 0) == bool(found)
    assert [str(one) for one in read(path).fields.get("resources", ())] == found


def test_an_absolute_pattern_gives_absolute_paths(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    assert glob(f"{tmp_path}/*") == [f"{tmp_path}/x"]
