"""Services in PHP: PHPUnit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tasks.suites.suite import Step, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTIONS = ("--do-not-cache-result", "--bootstrap", "src/autoload.php", "--fail-on-warning", "--fail-on-risky")


class Php(Suite):
    """A folder with src/autoload.php and tests/."""

    def missing(self) -> str:
        """Tell of phpunit."""
        return "" if shutil.which("phpunit") else "it needs phpunit on PATH (Debian: apt-get install phpunit)"

    def steps(self) -> Iterator[Step]:
        """Run PHPUnit."""
        yield Step(["phpunit", *_OPTIONS, "tests"], self.folder)
