"""doit watch, as it is typed: a process that is written beside, and ended by Ctrl-C."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tasks.watch.snapshot import changed, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.tasks.conftest import Doit

SECONDS = 20


class Watching:
    """A running `doit watch`, whose lines are read as they come."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "doit", "watch", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(re.sub(r"^\d\d:\d\d:\d\d ", "", line.rstrip("\n")))

    def until(self, last: str) -> list[str]:
        """Give the lines up to one."""
        found: list[str] = []
        end = time.monotonic() + SECONDS
        while not found or found[-1] != last:
            try:
                found.append(self._lines.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"no line {last!r} within {SECONDS} s, only {found}")
        return found

    def end(self) -> tuple[int, list[str]]:
        """Press Ctrl-C; give the status and the lines that were not read yet."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        status = self._process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert self._process.stdout
        self._process.stdout.close()
        return status, [self._lines.get() for _ in range(self._lines.qsize())]


@pytest.fixture
def watch(project: Path) -> Iterator[Callable[..., Watching]]:
    """Give what starts `doit watch` and waits until it watches."""
    started: list[Watching] = []

    def start(*arguments: str) -> Watching:
        started.append(Watching(project, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.end()


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_it_renders_what_is_not_there_then_each_change(project: Path, watch: Callable[..., Watching]) -> None:
    running = watch("env=prod")
    first = running.until("watching 1 unit; Ctrl-C ends")
    assert first[0] == "prod/shop: 2 added"
    assert (project / "gitops/prod/shop/manifests.yaml").is_file()
    assert not (project / "gitops/dev").exists()

    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    assert running.until("      ~ spec.replicas: 3 → 4") == [
        "overlays/prod/shop/kustomization.yaml",
        "prod/shop: 1 changed",
        "  ~ Deployment/web in shop",
        "      ~ spec.replicas: 3 → 4",
    ]

    assert running.end() == (0, ["", "ended"])
    assert "replicas: 4" in (project / "gitops/prod/shop/manifests.yaml").read_text()


def test_only_the_units_that_read_a_file_are_rendered(
    project: Path, doit: Doit, watch: Callable[..., Watching]
) -> None:
    doit("render")
    running = watch()
    assert running.until("watching 2 units; Ctrl-C ends") == ["watching 2 units; Ctrl-C ends"]

    _edit(project / "overlays/prod/shop/strategy.yaml", "Recreate", "RollingUpdate")
    assert running.until("      ~ spec.strategy.type: Recreate → RollingUpdate")[1] == "prod/shop: 1 changed"

    _edit(project / "base/shop/service.yaml", "port: 80,", "port: 81,")
    lines = running.until("prod/shop: 1 changed")
    assert "dev/shop: 1 changed" in lines

    (project / "base/notes.md").write_text("nothing reads this\n")
    assert running.until("reaches none of the units that are watched")[-2] == "base/notes.md"


def test_an_error_is_shown_and_survived(project: Path, doit: Doit, watch: Callable[..., Watching]) -> None:
    doit("render")
    before = (project / "gitops/prod/shop/manifests.yaml").read_text()
    running = watch("env=prod")
    running.until("watching 1 unit; Ctrl-C ends")

    strategy = project / "overlays/prod/shop/strategy.yaml"
    saved = strategy.read_text()
    strategy.unlink()
    error = "prod/shop: ERROR: overlays/prod/shop/kustomization.yaml: patches[0].path: 'strategy.yaml' does not exist"
    lines = running.until(error)
    assert lines == ["overlays/prod/shop/strategy.yaml", error]
    assert (project / "gitops/prod/shop/manifests.yaml").read_text() == before

    strategy.write_text(saved)
    running.until("prod/shop: renders again, the same as before")
    assert running.end() == (0, ["", "ended"])


def test_what_must_not_be_rendered_is_refused_and_survived(
    project: Path, doit: Doit, watch: Callable[..., Watching]
) -> None:
    doit("render")
    running = watch("env=prod")
    running.until("watching 1 unit; Ctrl-C ends")

    _edit(project / "overlays/prod/shop/kustomization.yaml", "name: shop/web", "name: shop/wbe")
    running.until(
        "prod/shop: ERROR: overlays/prod/shop/kustomization.yaml: images[0]: matches nothing; "
        "remove it, or correct what it names"
    )
    _edit(project / "overlays/prod/shop/kustomization.yaml", "name: shop/wbe", "name: shop/web")
    running.until("prod/shop: renders again, the same as before")


def test_a_broken_list_of_environments_is_survived(project: Path, doit: Doit, watch: Callable[..., Watching]) -> None:
    doit("render")
    running = watch()
    running.until("watching 2 units; Ctrl-C ends")

    _edit(project / "overlays/environments.yaml", "name: prod", "nam: prod")
    running.until(
        "ERROR: overlays/environments.yaml: environments[1].nam: unknown field; "
        "known are name, cluster, kubernetes, secrets, context, manager"
    )
    _edit(project / "overlays/environments.yaml", "nam: prod", "name: prod")
    assert running.until("reaches none of the units that are watched")
    _edit(project / "base/shop/service.yaml", "port: 80,", "port: 81,")
    running.until("prod/shop: 1 changed")


def test_new_and_deleted_units_are_noticed(project: Path, doit: Doit, watch: Callable[..., Watching]) -> None:
    doit("render")
    running = watch()
    running.until("watching 2 units; Ctrl-C ends")

    cafe = project / "overlays/dev/cafe"
    cafe.mkdir()
    (cafe / "kustomization.yaml").write_text("resources:\n- ../../../base/shop\nnamespace: cafe\n")
    running.until("dev/cafe: 2 added")
    running.until("  + Service/web in cafe")
    ledger = project / "gitops/rendered.json"
    end = time.monotonic() + SECONDS
    while "gitops/dev/cafe" not in ledger.read_text() and time.monotonic() < end:
        time.sleep(0.05)

    shutil.rmtree(cafe)
    running.until("removed gitops/dev/cafe/manifests.yaml: its overlay is gone")
    assert not (project / "gitops/dev/cafe").exists()


def test_saves_at_once_are_one_change(project: Path, doit: Doit, watch: Callable[..., Watching]) -> None:
    """An editor that writes beside and renames, and a second file right after: rendered once."""
    doit("render")
    running = watch("env=prod")
    running.until("watching 1 unit; Ctrl-C ends")

    kustomization, strategy = (
        project / "overlays/prod/shop" / name for name in ("kustomization.yaml", "strategy.yaml")
    )
    beside = kustomization.with_name(".kustomization.yaml.swp")
    beside.write_text(kustomization.read_text().replace("count: 3", "count: 5"))
    beside.replace(kustomization)
    time.sleep(0.1)
    _edit(strategy, "Recreate", "RollingUpdate")

    assert running.until("      ~ spec.strategy.type: Recreate → RollingUpdate") == [
        "overlays/prod/shop/kustomization.yaml, overlays/prod/shop/strategy.yaml",
        "prod/shop: 1 changed",
        "  ~ Deployment/web in shop",
        "      ~ spec.replicas: 3 → 5",
        "      ~ spec.strategy.type: Recreate → RollingUpdate",
    ]


def test_the_values_of_secrets_are_not_shown(project: Path, doit: Doit, watch: Callable[..., Watching]) -> None:
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"
    doit("render")
    running = watch("env=prod")
    running.until("watching 1 unit; Ctrl-C ends")

    (project / "base/shop/secret.yaml").write_text(manifest)
    _edit(project / "base/shop/kustomization.yaml", "- service.yaml\n", "- service.yaml\n- secret.yaml\n")
    lines = running.until(
        "prod/shop: ERROR: base/shop/secret.yaml: Secret/s holds data, which must not be in git; "
        "declare it as an ExternalSecret (see base/<system>/secrets)"
    )
    assert "hunter2" not in "\n".join([*lines, *running.end()[1]])


def test_an_unknown_unit_is_an_error_at_once(doit: Doit) -> None:
    assert doit("watch", "env=prd") == (
        3,
        "ERROR: env=prd: there is no environment 'prd'; did you mean prod? known: dev, prod\n",
    )


def test_a_snapshot_tells_what_is_new_gone_and_different(tmp_path: Path) -> None:
    for name in ("same", "gone", "different", ".hidden", "backup~"):
        (tmp_path / name).write_text("1")
    before = snapshot([tmp_path], [])
    (tmp_path / "gone").unlink()
    (tmp_path / "different").write_text("12")
    (tmp_path / ".hidden").write_text("12")
    (tmp_path / "new").write_text("1")

    found = changed(before, snapshot([tmp_path], []))

    assert found == {str(tmp_path / name) for name in ("gone", "different", "new")}
    assert str(tmp_path / ".hidden") in snapshot([], [str(tmp_path / ".hidden")])
