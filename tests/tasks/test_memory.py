"""What is remembered is found while everything that it was found out from is the same, and only then."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import memory as module
from tasks.memory import Memory, names, of_user, tree

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = ("base/a.yaml", "base/.hidden", "base/sub/b.yaml", "images/web/src/main.py", "images/web/Dockerfile")
PATHS = ("base/a.yaml", "base", tree("images/web"), names("images/*/*"), "away.yaml")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with some files, none of which has just changed."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_GRANULARITY", 0)
    monkeypatch.setattr(module, "code_digest", lambda: "the same code")
    time.sleep(0.02)
    return tmp_path


def _kept(folder: Path, paths: tuple[str, ...] = PATHS) -> None:
    Memory(folder).keep("one", {"found": [1, "é", None]}, paths)


def test_what_was_kept_is_recalled_by_another_process(here: Path) -> None:
    _kept(here / "memory")

    assert Memory(here / "memory").recall("one") == {"found": [1, "é", None]}
    assert Memory(here / "memory").recall("another") is None


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda here: (here / "base/a.yaml").write_text("other"),
    "a file of the same size and time": lambda here: _rewritten(here / "base/a.yaml"),
    "a file that is gone": lambda here: (here / "base/a.yaml").unlink(),
    "a file that was not there": lambda here: (here / "away.yaml").touch(),
    "a hidden file beside": lambda here: (here / "base/.hidden").write_text("other"),
    "a new file beside": lambda here: (here / "base/kustomization.yml").touch(),
    "a new hidden file beside": lambda here: (here / "base/.env").touch(),
    "a new folder beside": lambda here: (here / "base/networks").mkdir(),
    "a file that has become a folder": lambda here: _as_folder(here / "base/a.yaml"),
    "a link in the place of a file": lambda here: _as_link(here / "base/a.yaml"),
    "a file of a tree": lambda here: (here / "images/web/src/main.py").write_text("other"),
    "a new file in a tree": lambda here: (here / "images/web/src/.hidden").touch(),
    "a name": lambda here: (here / "images/web/another").mkdir(),
    "the whole tree": lambda here: (here / "images").rename(here / "gone"),
}


def _rewritten(file: Path) -> None:
    before = file.stat()
    file.write_text(file.read_text().upper())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


def _as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _as_link(file: Path) -> None:
    file.rename(file.with_name("target.yaml"))
    file.symlink_to("target.yaml")


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_not_recalled(here: Path, change: str) -> None:
    _kept(here / "memory")
    CHANGES[change](here)

    assert Memory(here / "memory").recall("one") is None


SAME: dict[str, Callable[[Path], object]] = {
    "a file that was only touched": lambda here: (here / "base/a.yaml").touch(),
    "a file that is written as it was": lambda here: (here / "base/a.yaml").write_text("base/a.yaml"),
    "a file further down": lambda here: (here / "base/sub/b.yaml").write_text("other"),
    "what is installed in a tree": lambda here: (here / "images/web/src/node_modules").mkdir(),
    "a file somewhere else": lambda here: (here / "README.md").touch(),
}


@pytest.mark.parametrize("change", SAME)
def test_what_has_not_is(here: Path, change: str) -> None:
    _kept(here / "memory")
    SAME[change](here)

    assert Memory(here / "memory").recall("one") == {"found": [1, "é", None]}


def test_other_code_recalls_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _kept(here / "memory")
    monkeypatch.setattr(module, "code_digest", lambda: "other code")

    assert Memory(here / "memory").recall("one") is None


def test_nothing_is_kept_by_code_that_changes_while_it_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "code_digest", lambda: "")
    _kept(here / "memory")

    assert not (here / "memory").exists()


@pytest.mark.parametrize("path", PATHS[:3])
def test_what_changed_since_it_began_is_not_kept(here: Path, path: str) -> None:
    memory = Memory(here / "memory")
    time.sleep(0.02)
    for name in FILES:
        (here / name).write_text("changed while it was read")
        os.utime(here / name, (0, 0))
    memory.keep("one", 1, [path])

    assert Memory(here / "memory").recall("one") is None


def test_another_checkout_has_its_own(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _kept(here / "memory", ())
    monkeypatch.chdir(here / "base")

    assert Memory(here / "memory").recall("one") is None


def test_a_later_value_takes_the_place_of_the_first(here: Path) -> None:
    for value in (1, 2):
        Memory(here / "memory").keep("one", value, PATHS)

    assert Memory(here / "memory").recall("one") == 2
    assert len(list((here / "memory").iterdir())) == 1


def test_without_a_folder_nothing_is_kept(here: Path) -> None:
    memory = Memory(None)
    memory.keep("one", 1, PATHS)

    assert memory.recall("one") is None
    assert {one.name for one in here.iterdir()} == {"base", "images"}


def test_it_is_in_the_folder_of_the_user(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    of_user().keep("one", 1, PATHS)

    assert (here / "cache/imbricate/checks").stat().st_mode & 0o777 == 0o700
    assert of_user().recall("one") == 1


LINKED: dict[str, Callable[[Path], object]] = {
    "a file": lambda here: (here / "base/sub/link.yaml").symlink_to("b.yaml"),
    "a folder": lambda here: (here / "base/current").symlink_to("sub"),
    "the folder at the top": lambda here: ((here / "base").rename(here / "old"), (here / "base").symlink_to("old")),
}


def test_sources_are_named_as_seen_from_here(here: Path) -> None:
    memory = Memory(None)

    assert memory.below_here([here / "base/a.yaml", here / "base/sub/b.yaml"]) == ["base/a.yaml", "base/sub/b.yaml"]
    assert memory.below_here([here / "base/a.yaml", Path("/etc/hosts")]) is None


@pytest.mark.parametrize("link", LINKED)
def test_sources_near_a_link_are_not(here: Path, link: str) -> None:
    LINKED[link](here)

    assert Memory(None).below_here([here / "base/a.yaml"]) is None


WORDS = st.sampled_from(["", "a", "b", "a\0b", "kind: A\n"])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(FILES), WORDS, min_size=1),
    st.dictionaries(st.sampled_from(FILES), WORDS, min_size=1),
)
def test_it_recalls_just_what_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        _written(folder, before)
        first = Memory(None).digest(PATHS)
        for name in before:
            (folder / name).unlink()
        _written(folder, after)

        assert (Memory(None).digest(PATHS) == first) == (_seen(before) == _seen(after))


def _written(folder: Path, files: dict[str, str]) -> None:
    for name in FILES:  # folders are there whatever is in them
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def _seen(files: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if name != "base/sub/b.yaml"}  # which no path is about


def _keep_and_recall(folder: Path) -> bool:
    os.chdir(folder)
    for number in range(30):
        memory = Memory(folder / "memory")
        found = memory.recall("one")
        if found is not None and set(found) != {"number", "filler"}:
            return False
        memory.keep("one", {"number": number, "filler": "x" * number * 1000}, ())
    return True


def test_processes_at_the_same_time_find_whole_values(here: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        assert all(pool.map(_keep_and_recall, [here] * 4))
