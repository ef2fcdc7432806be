"""Documents that were read before: found again whole, or not at all."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from imbricate.cache import Batch, DocumentCache
from imbricate.cache_folder import CacheFolder, digest
from imbricate.composition import compose
from imbricate.documents import Folded, Quoted, Scalar
from imbricate.errors import DocumentError
from imbricate.options import BuildOptions, user_cache
from tests.unit.damages import DAMAGES

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS = [b"kind: A\n", b"kind: B\n"]
DOCUMENTS: list[list[dict[str, Any]]] = [
    [{"kind": "A", "v": Scalar("0x1F", 31), "w": Quoted("x"), "f": Folded("a\n b\n", "a\n\n b\n")}],
    [{"kind": "B", "l": [1, 1.5, None, True, "t", {}]}, {"kind": "C"}],
]


def stored(folder: Path, documents: Any = None, contents: list[bytes] = CONTENTS) -> DocumentCache:
    cache = DocumentCache(folder)
    key, found = cache.load(contents)
    assert found is None
    cache.store(key, DOCUMENTS if documents is None else documents)
    return cache


def test_what_was_kept_is_found_by_content_with_all_spellings(tmp_path: Path) -> None:
    _, found = stored(tmp_path / "c").load(CONTENTS)

    assert repr(found) == repr(DOCUMENTS)
    assert found is not None
    assert [type(value) for value in found[0][0].values()] == [str, Scalar, Quoted, Folded]
    assert found[0][0]["f"].written == "a\n\n b\n"


@pytest.mark.parametrize(
    "other", [[b"kind: A\nkind: B\n"], [b"kind: A\n", b"kind: C\n"], [b"kind: B\n", b"kind: A\n"], []]
)
def test_other_contents_are_not_found(tmp_path: Path, other: list[bytes]) -> None:
    assert stored(tmp_path / "c").load(other)[1] is None


def test_two_loads_share_nothing(tmp_path: Path) -> None:
    cache = stored(tmp_path / "c")
    first, second = cache.load(CONTENTS)[1], cache.load(CONTENTS)[1]

    assert first is not None
    first[0][0]["kind"] = "changed"
    assert second == DOCUMENTS


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    stored(tmp_path / "c")

    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700
    assert [one.stat().st_mode & 0o777 for one in (tmp_path / "c").iterdir()] == [0o600]


def test_what_holds_a_secret_is_not_kept(tmp_path: Path) -> None:
    stored(tmp_path / "c", [[{"kind": "A"}], [{"kind": "Secret", "stringData": {"password": "x"}}]])

    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_entry_is_as_good_as_none(tmp_path: Path, damage: Any) -> None:
    cache = stored(tmp_path / "c")
    (entry,) = (tmp_path / "c").iterdir()
    entry.write_bytes(damage(entry.read_bytes()))

    assert cache.load(CONTENTS)[1] is None


def test_an_entry_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    cache = stored(tmp_path / "c")
    (entry,) = (tmp_path / "c").iterdir()
    payload = pickle.dumps([Evil()], 5)
    entry.write_bytes(digest(payload) + payload)

    assert cache.load(CONTENTS)[1] is None
    assert not (tmp_path / "ran").exists()


def test_the_entries_not_used_for_the_longest_time_make_room(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    for number in range(4):
        stored(folder, contents=[bytes([number])])
    for number, entry in enumerate(sorted(folder.iterdir())):
        os.utime(entry, (number, number))
    oldest = min(folder.iterdir(), key=lambda one: one.stat().st_mtime)
    size = oldest.stat().st_size

    cache = DocumentCache(folder, most_bytes=4 * size)
    cache.store(cache.load([b"new"])[0], DOCUMENTS)

    assert len(list(folder.iterdir())) == 4
    assert not oldest.exists()
    assert cache.load([b"new"])[1] == DOCUMENTS


def test_small_entries_make_room_now_and_then(tmp_path: Path) -> None:
    entries = CacheFolder(tmp_path / "c", most_bytes=64 * 100)
    for number in range(1, 200):
        entries.store(f"{number:04x}", b"x" * 100)

    assert 30 <= len(list((tmp_path / "c").iterdir())) <= 6400 // 132 + 16


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file")

    assert stored(tmp_path / "c").load(CONTENTS)[1] is None


def test_a_batch_reads_anew_once_and_is_kept(tmp_path: Path) -> None:
    contents = {"a.yaml": b"kind: A\nmetadata: {name: a}\nv: 0x1F\n", "b.yaml": b"kind: B\nmetadata: {name: b}\n"}
    cache = DocumentCache(tmp_path / "c")
    first = Batch(cache, contents)
    read = {path: first.read(path, content, path) for path, content in contents.items()}
    first.keep()

    second = Batch(cache, contents)

    assert cache.load(list(contents.values()))[1] == list(read.values())
    for path in contents:
        assert second.read(path, b"not: [read", path) == read[path]
    assert second.read("a.yaml", contents["a.yaml"], "a.yaml") == read["a.yaml"]


def test_a_batch_with_a_mistake_is_not_kept(tmp_path: Path) -> None:
    contents = {"a.yaml": b"kind: A\nmetadata: {name: a}\n", "b.yaml": b"kind: [\n"}
    batch = Batch(DocumentCache(tmp_path / "c"), contents)
    batch.read("a.yaml", contents["a.yaml"], "a.yaml")

    with pytest.raises(DocumentError, match=r"^b\.yaml:2:1: expected YAML: "):
        batch.read("b.yaml", contents["b.yaml"], "b.yaml")
    batch.keep()

    assert not (tmp_path / "c").exists()


def test_a_file_with_a_schema_in_a_comment_is_not_kept(tmp_path: Path) -> None:
    content = b'kind: A\nmetadata: {name: a}\nl: # {"type": "array"}\n- a\n'
    batch = Batch(DocumentCache(tmp_path / "c"), {"a.yaml": content})

    assert batch.read("a.yaml", content, "a.yaml").described
    batch.keep()
    assert not (tmp_path / "c").exists()


def test_a_build_is_the_same_with_and_without_cache(tmp_path: Path) -> None:
    notes = "".join(f"  note{number}: 'some words, {number}'\n" for number in range(4000))
    (tmp_path / "kustomization.yaml").write_text("resources: [a.yaml, b.yaml]\nnamePrefix: p-\n")
    (tmp_path / "a.yaml").write_text(f"kind: A\nmetadata:\n  name: a\nspec:\n{notes}")
    (tmp_path / "b.yaml").write_text("kind: B\nmetadata: {name: b}\nv: 1.50\n")
    options = BuildOptions(cache=tmp_path / "c")

    texts = [compose(tmp_path, one).text for one in (BuildOptions(), options, options)]

    assert len(list((tmp_path / "c").iterdir())) == 1
    assert texts[1:] == texts[:1] * 2


def _keep_and_find(folder: Path) -> bool:
    cache = DocumentCache(folder)
    for _ in range(50):
        key, found = cache.load(CONTENTS)
        if found is not None and found != DOCUMENTS:
            return False
        cache.store(key, DOCUMENTS)
    return True


def test_builds_at_the_same_time_find_whole_entries(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        assert all(pool.map(_keep_and_find, [tmp_path / "c"] * 4))
    assert len(list((tmp_path / "c").iterdir())) == 1


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/imbricate/documents"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/imbricate/documents"),
        ({"HOME": "/h"}, "/h/.cache/imbricate/documents"),
        ({"HOME": ""}, "None"),
        ({}, "None"),
    ],
)
def test_the_folder_is_that_of_the_user(environment: dict[str, str], folder: str) -> None:
    assert str(user_cache("documents", environment)) == folder
