"""Files are whole or untouched: whatever happens on the way, links, permissions and folders included."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imbricate.errors import WriteError
from imbricate.resources import ResMap, Resource
from imbricate.write import write_each, write_file

ROOT = Path(__file__).parent.parent.parent
# Writes `new` over f in the working folder, and does ACTION in place of one function of the system.
PROGRAM = """\
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from imbricate.write import write_file
{action}
write_file(Path("f"), "new" * 100_000)
"""
KILL = "lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)"


def run(folder: Path, action: str, **options: Any) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(root=str(ROOT), action=action)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, check=False, text=True, capture_output=True, **options)


@pytest.mark.parametrize("text", ["", "text\n", "käse\n", "\udce4"])
def test_what_is_written_stands_there(tmp_path: Path, text: str) -> None:
    assert write_file(tmp_path / "f", text) is True
    assert (tmp_path / "f").read_bytes() == text.encode("utf-8", "surrogatepass")
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_the_same_text_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("same\n")
    before = path.stat()

    assert write_file(path, "same\n") is False
    assert path.stat() == before
    assert write_file(path, "other\n") is True
    assert path.stat().st_ino != before.st_ino


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_permissions_are_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(mode)

    write_file(path, "new")

    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o666)])
def test_a_new_file_has_the_permissions_that_the_user_asks_for(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_file(tmp_path / "f", "new")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode


@pytest.mark.parametrize("function", ["os.fsync", "Path.chmod", "Path.replace"])
def test_killed_half_way_the_old_file_is_whole(tmp_path: Path, function: str) -> None:
    (tmp_path / "f").write_text("old")

    done = run(tmp_path, f"{function} = {KILL}")

    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "f").read_text() == "old"


def test_killed_after_the_renaming_the_new_file_is_whole(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")

    action = f"rename = Path.replace\nPath.replace = lambda *all: (rename(*all), ({KILL})())"
    done = run(tmp_path, action)

    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "f").read_text() == "new" * 100_000
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_interrupted_it_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")

    done = run(tmp_path, "def stop(*_): raise KeyboardInterrupt\nos.fsync = stop")

    assert done.returncode != 0
    assert (tmp_path / "f").read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_no_room_is_an_error_that_leaves_the_old_file_whole(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: the write itself fails."""
    (tmp_path / "f").write_text("old")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = run(tmp_path, "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)", preexec_fn=limit)

    assert done.stderr.splitlines()[-1] == "imbricate.errors.WriteError: f cannot be written: File too large"
    assert (tmp_path / "f").read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_a_link_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "f").symlink_to("target")

    write_file(tmp_path / "f", "new")

    assert (tmp_path / "target").read_text() == "old"
    assert (tmp_path / "f").read_text() == "new"
    assert not (tmp_path / "f").is_symlink()


def test_a_link_to_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").symlink_to("nowhere")

    write_file(tmp_path / "f", "new")

    assert (tmp_path / "f").read_text() == "new"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing/f", "missing/f cannot be written: No such file or directory"),
        ("file/f", "file/f cannot be written: Not a directory"),
        ("folder", "folder cannot be written: Is a directory"),
        ("x" * 300, f"{'x' * 300} cannot be written: File name too long"),
    ],
)
def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()

    with pytest.raises(WriteError) as caught:
        write_file(tmp_path / path, "new")

    assert str(caught.value) == message
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def made(api_version: str, kind: str, name: str, namespace: str = "") -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Resource({"apiVersion": api_version, "kind": kind, "metadata": metadata})


@pytest.mark.parametrize(
    ("resources", "names"),
    [
        ([made("v1", "ConfigMap", "a")], ["v1_configmap_a.yaml"]),
        ([made("apps/v1", "Deployment", "Web", "x")], ["apps_v1_deployment_web.yaml"]),
        (
            [made("v1", "ConfigMap", "a", "x"), made("v1", "ConfigMap", "a", "y"), made("v1", "Namespace", "x")],
            ["v1_namespace_x.yaml", "x_v1_configmap_a.yaml", "y_v1_configmap_a.yaml"],
        ),
        ([made("v1", "A", "a/../../b")], ["v1_a_a_.._.._b.yaml"]),
    ],
)
def test_one_file_a_resource(tmp_path: Path, resources: list[Resource], names: list[str]) -> None:
    write_each(ResMap(resources), tmp_path)

    assert sorted(one.name for one in tmp_path.iterdir()) == names
    first = (tmp_path / names[0]).read_text()
    assert first.startswith("apiVersion: ")
