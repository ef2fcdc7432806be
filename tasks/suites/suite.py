"""What a suite of a service's tests is, and one command of it."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_MADE = frozenset({"node_modules", "dist", "__pycache__", ".next"})


class SuiteError(Exception):
    """A command of a suite failed; the message is what was run, and what it wrote."""


@dataclass(frozen=True)
class Step:
    """One command, with the folder that it runs in and the variables that it adds to the environment."""

    command: Sequence[str]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Run it; nothing is shown unless it fails.

        Raises SuiteError.
        """
        done = subprocess.run(  # noqa: S603 - commands of this package alone
            self.command,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise SuiteError(f"{done.stdout.rstrip()}\n{self.folder}: {' '.join(self.command)}: exit {done.returncode}")


@dataclass(frozen=True)
class Suite(ABC):
    """The tests of one service, or of a library that services share, in the folder of it."""

    folder: Path

    @property
    def name(self) -> str:
        """Give the name of its sub-task: `tamma-api`."""
        return f"{self.system}-{self.folder.name}"

    @property
    def system(self) -> str:
        """Give the system whose it is: `tamma`."""
        return self.folder.parent.name

    def inputs(self) -> list[Path]:
        """Give the files that decide its outcome: its own, unless it says otherwise."""
        return sources(self.folder)

    @abstractmethod
    def missing(self) -> str:
        """Tell what this machine lacks to run it; empty when nothing."""

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """Give the commands, in order; what is installed already is not installed again."""


def sources(*folders: Path) -> list[Path]:
    """Give the files of folders, sorted, without what tools make there."""
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not _MADE & set(path.parts))
