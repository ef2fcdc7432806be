"""Services in TypeScript: npm, node's own test runner."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tasks.images.folders import IMAGES
from tasks.suites.suite import Step, Suite, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHASSIS = IMAGES / "chassis/node"
_WORKSPACE_FILES = ("package.json", "package-lock.json", "tsconfig.base.json")
_QUIET = {"NPM_CONFIG_AUDIT": "false", "NPM_CONFIG_FUND": "false", "NPM_CONFIG_UPDATE_NOTIFIER": "false"}


class NodePackage(Suite):
    """A package with a lock file of its own."""

    def missing(self) -> str:
        """Tell of node and npm."""
        return _missing(_read(self.folder / "package.json"))

    def steps(self) -> Iterator[Step]:
        """Install its lock file where that is not done yet, then run its tests."""
        yield from _installed(self.folder)
        yield Step(["npm", "test", "--silent"], self.folder, _QUIET)


class NodeWorkspace(NodePackage):
    """A package of the workspace whose lock file is images/package-lock.json."""

    def inputs(self) -> list[Path]:
        """Give the files of its system and of what all share: its packages import each other."""
        return [*sources(self.folder.parent, _CHASSIS), *(IMAGES / name for name in _WORKSPACE_FILES)]

    def missing(self) -> str:
        """Tell of node and npm."""
        return _missing(_read(IMAGES / "package.json"))

    def steps(self) -> Iterator[Step]:
        """Install the workspace where that is not done yet, compile the package, then run its tests."""
        yield from _installed(IMAGES)
        package = str(self.folder.relative_to(IMAGES))
        yield Step([str((IMAGES / "node_modules/.bin/tsc").resolve()), "-b", package], IMAGES)
        yield Step(["npm", "test", "--silent", "--workspace", package], IMAGES, _QUIET)


def _installed(folder: Path) -> Iterator[Step]:
    """Install without scripts: what a dependency would run at its installation is nobody's test.

    npm writes node_modules/.package-lock.json last, so that it is there tells that the rest is.
    """
    done = folder / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime_ns < (folder / "package-lock.json").stat().st_mtime_ns:
        yield Step(["npm", "ci", "--ignore-scripts"], folder, _QUIET)


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def _missing(package: dict[str, Any]) -> str:
    wanted = package.get("engines", {}).get("node", "")
    found = _version()
    if not found or not shutil.which("npm"):
        return "it needs node and npm on PATH"
    if found < _numbers(wanted):
        return f"it needs node {wanted}, and {'.'.join(map(str, found))} is on PATH"
    return ""


@lru_cache(maxsize=1)
def _version() -> tuple[int, ...]:
    """Give the version of node on PATH; empty when there is none."""
    program = shutil.which("node")
    if program is None:
        return ()
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - node
    return _numbers(told.stdout)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
