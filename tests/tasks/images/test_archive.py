"""Images made steady: the same files give the same digest, whenever and wherever they were built."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tasks.images.archive import saved_file, steady, write
from tasks.images.context import EPOCH
from tasks.images.layers import blob_of, compress, rewrite
from tasks.images.manifest import manifest
from tests.tasks.images.conftest import layer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tasks.images.archive import Saved


def test_two_builds_of_the_same_files_are_one_image(saved: Callable[..., Saved]) -> None:
    files = {"app.py": "print()", "data/": tarfile.TarInfo("data/")}

    with steady(saved(files, time=1), 0) as first, steady(saved(files, time=2), 0) as second:
        assert first.identity == second.identity
        assert manifest(first).digest == manifest(second).digest


def test_the_layers_of_a_base_stay_as_they_are(saved: Callable[..., Saved]) -> None:
    image = saved({"etc/base": "1"}, {"app.py": "2"})

    with steady(image, 1) as made:
        assert made.diff_ids[0] == image.diff_ids[0]
        assert made.diff_ids[1] != image.diff_ids[1]
        assert made.layers[0] is image.layers[0]


def test_what_says_how_it_runs_stays_and_what_says_when_it_was_made_goes(saved: Callable[..., Saved]) -> None:
    with steady(saved({"app.py": "1"}, env=("A=b",)), 0) as made:
        config = json.loads(made.config)

    assert config["config"] == {"User": "1000:1000", "Env": ["A=b"]}
    assert config["created"] == config["history"][0]["created"] == "1980-01-01T00:00:00Z"
    assert "container" not in config


def test_an_image_is_read_as_it_was_written(saved: Callable[..., Saved], tmp_path: Path) -> None:
    image = saved({"a": "1"}, {"b": "2"})
    with (tmp_path / "image.tar").open("wb") as file:
        write(file, image, ["shop/web:1"])

    with saved_file(tmp_path / "image.tar") as found:
        assert (found.config, found.diff_ids) == (image.config, image.diff_ids)
        assert [blob_of(one) for one in found.layers] == [blob_of(one) for one in image.layers]


def test_layers_that_a_builder_left_compressed_are_unpacked(saved: Callable[..., Saved], tmp_path: Path) -> None:
    image = saved({"a": "1"})
    packed = io.BytesIO(gzip.compress(image.layers[0].read()))
    with (tmp_path / "image.tar").open("wb") as file:
        write(file, image._replace(layers=(packed,)), ["shop/web:1"])

    with saved_file(tmp_path / "image.tar") as found:
        assert [blob_of(one).digest for one in found.layers] == list(image.diff_ids)


def test_two_layers_of_one_content_are_kept_once(saved: Callable[..., Saved], tmp_path: Path) -> None:
    with (tmp_path / "image.tar").open("wb") as file:
        write(file, saved({"a": "1"}, {"a": "1"}), ["shop/web:1"])

    with tarfile.open(tmp_path / "image.tar") as archive:
        assert len([name for name in archive.getnames() if name.endswith(".tar")]) == 1


NAMES = st.text(st.characters(categories=["L", "N"], include_characters="._-"), min_size=1, max_size=120)


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=5), st.integers(0, 2**33))
def test_a_rewritten_layer_has_the_same_files_and_one_time(files: dict[str, bytes], time: int) -> None:
    once, twice = io.BytesIO(), io.BytesIO()
    rewrite(layer(files, time=time), once)
    once.seek(0)
    rewrite(once, twice)

    with tarfile.open(fileobj=io.BytesIO(once.getvalue())) as archive:
        members = {member.name: member for member in archive}
        found = {name: archive.extractfile(member) for name, member in members.items()}
        assert {name: file.read() for name, file in found.items() if file} == files
    assert {member.mtime for member in members.values()} <= {EPOCH}
    assert {member.uname for member in members.values()} <= {""}
    assert once.getvalue() == twice.getvalue()


def test_what_a_program_may_do_survives() -> None:
    entry = tarfile.TarInfo("usr/bin/tool")
    entry.mode = 0o755
    entry.pax_headers = {"SCHILY.xattr.security.capability": "rights", "mtime": "7.5"}
    target = io.BytesIO()
    source = io.BytesIO()
    with tarfile.open(fileobj=source, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry)
    source.seek(0)

    rewrite(source, target)

    target.seek(0)
    with tarfile.open(fileobj=target) as archive:
        found = archive.getmember("usr/bin/tool")
    assert found.pax_headers == {"SCHILY.xattr.security.capability": "rights"}
    assert found.mode == 0o755


def test_a_layer_is_compressed_once_on_a_machine(
    saved: Callable[..., Saved], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    image = saved({"a": "1"})
    first = manifest(image)
    monkeypatch.setattr("tasks.images.manifest.compress", None)

    assert manifest(image) == first


def test_a_compressed_layer_says_nothing_of_its_time() -> None:
    first, second = io.BytesIO(), io.BytesIO()

    assert compress(layer({"a": "1"}), first) == compress(layer({"a": "1"}), second)
    assert first.getvalue()[4:8] == b"\0\0\0\0"
