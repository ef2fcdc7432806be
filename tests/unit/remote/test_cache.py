"""The cache: entries that changed are dropped, it stays within its bounds, processes do not disturb each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imbricate.remote.cache import Cache, digest_of
from tests.unit.remote.test_builds import BASE, built, resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.remote.conftest import Repository, Write


def fill(folder: Path) -> str:
    (folder / "a").write_text("text")
    (folder / "sub").mkdir()
    (folder / "sub" / "b").write_text("more")
    return "commit"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a changed file": lambda home: (home / "tree/a").write_text("tExt"),
    "a missing file": lambda home: (home / "tree/a").unlink(),
    "an added file": lambda home: (home / "tree/c").write_text(""),
    "a link for a file": lambda home: ((home / "tree/a").unlink(), (home / "tree/a").symlink_to("text")),
    "a file to be run": lambda home: (home / "tree/a").chmod(0o755),
    "no digest": lambda home: (home / "entry.json").unlink(),
    "a broken digest": lambda home: (home / "entry.json").write_text("{"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_tree_that_changed_is_dropped(damage: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.add_tree(fill, str)
    home = cache.folder / "trees" / "commit"
    assert cache.tree("commit") is not None
    DAMAGES[damage](home)

    assert cache.tree("commit") is None
    assert not home.exists()
    cache.close()


def test_a_file_that_changed_is_dropped(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    path = cache.add_file(b"text")
    path.write_bytes(b"tExt")

    assert cache.file(path.name) is None
    assert not path.exists()
    cache.close()


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> str:
        fill(folder)
        raise InterruptedError

    cache = Cache(tmp_path / "cache")
    with pytest.raises(InterruptedError):
        cache.add_tree(fail, str)

    assert list((cache.folder / "trees").iterdir()) == []
    assert list(cache.folder.glob("new-*")) == []
    cache.close()


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", limit=250)
    paths = [cache.add_file(bytes([number]) * 100) for number in range(3)]
    for age, path in enumerate(paths):
        os.utime(path, (age, age))
    assert cache.file(paths[0].name) is not None
    cache.close()

    assert [path.exists() for path in paths] == [True, False, True]


def test_nothing_is_removed_while_another_reads(tmp_path: Path) -> None:
    reader = Cache(tmp_path / "cache")
    writer = Cache(tmp_path / "cache", limit=0)
    path = writer.add_file(b"text")
    writer.close()

    assert path.exists()
    reader.close()


def test_unfinished_work_is_removed(tmp_path: Path) -> None:
    (tmp_path / "cache" / "new-left" / "tree").mkdir(parents=True)
    cache = Cache(tmp_path / "cache")
    cache.add_file(b"text")
    cache.close()

    assert not (tmp_path / "cache" / "new-left").exists()


def test_digests_tell_names_from_contents(tmp_path: Path) -> None:
    for name, files in {"one": {"ab": "c"}, "two": {"a": "bc"}}.items():
        (tmp_path / name).mkdir()
        for path, text in files.items():
            (tmp_path / name / path).write_text(text)

    assert digest_of(tmp_path / "one") != digest_of(tmp_path / "two")


def test_a_damaged_tree_is_fetched_again(repository: Callable[[str], Repository], write: Write, at_home: Path) -> None:
    shop = repository("shop")
    shop.commit(BASE)
    write("overlay/kustomization.yaml", resources(f"{shop.url}//base"))
    expected = built()
    (found,) = at_home.glob("trees/*/tree/base/c.yaml")
    found.write_text("kind: Damaged")

    assert built() == expected


def test_processes_that_fetch_the_same_agree(
    repository: Callable[[str], Repository], write: Write, at_home: Path
) -> None:
    shop = repository("shop")
    shop.commit(BASE)
    names = [f"overlay{number}" for number in range(4)]
    for name in names:
        write(f"{name}/kustomization.yaml", resources(f"{shop.url}//base?ref=main"))
    root = Path(__file__).parents[3]
    flags = ("--allow-remote", "--lock", ".")
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "imbricate", "build", name, *flags],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        for name in names
    ]
    outputs = {run.communicate()[0] for run in runs}

    assert [run.returncode for run in runs] == [0] * 4
    assert len(outputs) == 1
    assert len(list(at_home.glob("trees/*"))) == 1
