"""Services in PHP: PHPUnit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.suites.suite import Step, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPTIONS = ("--do-not-cache-result", "--bootstrap", "src/autoload.php", "--fail-on-warning", "--fail-on-risky")


@dataclass(frozen=True)
class Php:
    """A folder with src/autoload.php and tests/."""

    folder: Path

    @property
    def name(self) -> str:
        """Give the name of its sub-task."""
        return f"{self.folder.parent.name}-{self.folder.name}"

    @property
    def system(self) -> str:
        """Give the system whose it is."""
        return self.folder.parent.name

    def inputs(self) -> list[Path]:
        """Give its own files."""
        return sources(self.folder)

    def missing(self) -> str:
        """Tell of phpunit."""
        return "" if shutil.which("phpunit") else "it needs phpunit on PATH (Debian: apt-get install phpunit)"

    def steps(self) -> Iterator[Step]:
        """Run PHPUnit."""
        yield Step(["phpunit", *_OPTIONS, "tests"], self.folder)
