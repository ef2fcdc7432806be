"""The suites of the repository, each told by the files that its language has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.images.folders import IMAGES, STAND_INS
from tasks.suites.node import NodePackage, NodeWorkspace
from tasks.suites.php import Php
from tasks.suites.python import Python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.suites.suite import Suite


def suites() -> list[Suite]:
    """Find the suites, by folder: images/<system>/<service>/ with tests of a language that is known."""
    systems = sorted(path for path in IMAGES.glob("*/") if path.name not in {STAND_INS, "node_modules"})
    return [suite for system in systems for folder in sorted(system.glob("*/")) for suite in _of(folder)]


def _of(folder: Path) -> Iterator[Suite]:
    if (folder / "package-lock.json").exists():
        yield NodePackage(folder)
    elif (folder / "package.json").exists() and (folder / "test").is_dir():
        yield NodeWorkspace(folder)
    elif (folder / "requirements.txt").exists() and (folder / "tests").is_dir():
        yield Python(folder)
    elif any(folder.glob("tests/*Test.php")):
        yield Php(folder)
