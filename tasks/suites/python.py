"""Services in Python: pytest, with the packages of their lock files in a folder of the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.images.folders import IMAGES
from tasks.suites.suite import Step, Suite, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

CHASSIS = IMAGES / "chassis/python"
_TEST_REQUIREMENTS = CHASSIS / "requirements-test.txt"
_SHARED = (CHASSIS, IMAGES / "santaclaude/message-queue-service")  # whose packages other services import


class Python(Suite):
    """A folder with requirements.txt, packages and tests/."""

    def inputs(self) -> list[Path]:
        """Give its own files, and those of the packages that it shares."""
        return sources(self.folder, *(shared for shared in _SHARED if shared != self.folder))

    def missing(self) -> str:
        """Tell nothing: the interpreter that runs this runs the tests."""
        return ""

    def steps(self) -> Iterator[Step]:
        """Install both lock files where they are not yet, then run pytest."""
        locks = (self.folder / "requirements.txt", _TEST_REQUIREMENTS)
        for lock in locks:
            yield from _installed(lock)
        found = [self.folder, *_SHARED, *map(_packages, locks)]
        path = os.pathsep.join(str(folder.resolve()) for folder in found)
        variables = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-c", str((CHASSIS / "pyproject.toml").resolve()), "tests"]
        yield Step(command, self.folder, variables)


def _packages(lock: Path) -> Path:
    """Give the folder of a lock file's packages, for this interpreter."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imbricate" / "suites"
    return cache / hashlib.sha256(sys.version.encode() + lock.read_bytes()).hexdigest()[:16]


def _installed(lock: Path) -> Iterator[Step]:
    """Install beside the folder and rename, so that an interrupted run leaves no half of it."""
    target = _packages(lock)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "packages"
        options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps", "--only-binary=:all:"]
        yield Step([sys.executable, "-m", "pip", "install", *options, f"--target={made}", "-r", lock.name], lock.parent)
        if not target.exists():
            shutil.move(made, target)
