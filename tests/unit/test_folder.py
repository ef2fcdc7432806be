"""What a kustomization may reach, how often it is read, and how paths are shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imbricate.errors import LoadError
from imbricate.filepath import joined
from imbricate.folder import MAX_FILE_BYTES, Folder, Sources, display


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app" / "below").mkdir(parents=True)
    (tmp_path / "app" / "a.yaml").write_text("a")
    (tmp_path / "app" / "below" / "b.yaml").write_text("b")
    (tmp_path / "app" / "link.yaml").symlink_to("below/b.yaml")
    (tmp_path / "app" / "away").symlink_to("..")
    (tmp_path / "out.yaml").write_text("out")
    return tmp_path / "app"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.yaml", b"a"),
        ("./a.yaml", b"a"),
        ("below/../a.yaml", b"a"),
        ("below/b.yaml", b"b"),
        ("link.yaml", b"b"),
        ("../app/a.yaml", b"a"),
        ("away/app/a.yaml", b"a"),
    ],
)
def test_files_in_and_below_the_folder_are_read(tree: Path, path: str, content: bytes) -> None:
    assert Folder(tree, Sources()).read(path) == content


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none.yaml", "does not exist"),
        ("a.yaml/x", "cannot be read: Not a directory"),
        ("below", "is a folder, expected a file"),
        (".", "is a folder, expected a file"),
        ("../out.yaml", "is not in or below the kustomization's folder (--load-restrictor)"),
        ("away/out.yaml", "is not in or below the kustomization's folder (--load-restrictor)"),
        ("x" * 300, "cannot be read: File name too long"),
        ("a\0b", "is no path: embedded null byte"),
    ],
)
def test_what_cannot_be_read(tree: Path, path: str, reason: str) -> None:
    with pytest.raises(LoadError) as caught:
        Folder(tree, Sources()).read(path)

    assert caught.value.reason == reason
    assert str(caught.value) == f"{path!r} {reason} (in {os.path.relpath(tree)})"


def test_the_restriction_can_be_lifted(tree: Path) -> None:
    assert Folder(tree, Sources(), root_only=False).read("../out.yaml") == b"out"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("below", True), ("away", True), ("a.yaml", False), ("link.yaml", False), ("none", False), ("x" * 300, False)],
)
def test_folders_are_told_from_files(tree: Path, path: str, *, expected: bool) -> None:
    assert Folder(tree, Sources()).is_folder(path) is expected


def test_a_folder_that_is_gone_holds_nothing(tree: Path) -> None:
    folder = Folder(tree / "none", Sources())

    assert folder.is_folder("a.yaml") is False
    with pytest.raises(LoadError) as caught:
        folder.read("a.yaml")
    assert caught.value.reason == "does not exist"


def test_folders_are_entered_and_files_are_not(tree: Path) -> None:
    folder = Folder(tree, Sources())

    assert folder.enter("away") == tree.parent
    with pytest.raises(LoadError) as caught:
        folder.enter("a.yaml")
    assert caught.value.reason == "is a file, expected a folder"


def test_a_file_is_read_once(tree: Path) -> None:
    sources = Sources()
    first = Folder(tree, sources).read("link.yaml")
    (tree / "below" / "b.yaml").write_text("changed")

    assert Folder(tree / "below", sources).read("b.yaml") is first
    assert sources.paths == (tree / "below" / "b.yaml",)


def test_a_file_without_a_size_is_read_to_its_end() -> None:
    """Those of /proc say that they are empty."""
    path = "/proc/self/status"
    if not Path(path).exists():
        pytest.skip("there is no /proc here")

    assert Sources().read(path).startswith(b"Name:")


def test_files_have_a_limit(tree: Path) -> None:
    with (tree / "a.yaml").open("wb") as opened:
        opened.truncate(MAX_FILE_BYTES + 1)

    with pytest.raises(LoadError) as caught:
        Folder(tree, Sources()).read("a.yaml")

    assert caught.value.reason == "is larger than 64 MiB"


@pytest.mark.parametrize(
    ("path", "shown"), [("app/a.yaml", "app/a.yaml"), (".", "."), ("../other", "ABOVE/other"), ("/x/y", "/x/y")]
)
def test_paths_are_shown_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)

    absolute = Path(os.path.normpath(tmp_path / path))
    assert display(absolute) == shown.replace("ABOVE", str(tmp_path.parent))


@pytest.mark.parametrize(
    ("origin", "path", "expected"),
    [
        ("", "a.yaml", "a.yaml"),
        ("base", "a.yaml", "base/a.yaml"),
        ("../base", "./x//a.yaml", "../base/x/a.yaml"),
        ("../base", "../a.yaml", "../a.yaml"),
        ("..", "../a.yaml", "../../a.yaml"),
        ("a/b", "../../c", "c"),
        ("", ".", ""),
    ],
)
def test_paths_are_joined_in_the_text(origin: str, path: str, expected: str) -> None:
    assert joined(origin, path) == expected
