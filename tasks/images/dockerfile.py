"""What the builder reads of a Dockerfile: its global arguments and its stages.

A base image is a global argument whose name ends in _IMAGE, so that a site can put its own in its place:
https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "_IMAGE"
_PINNED = re.compile(r"@sha256:[0-9a-f]{64}$")
_ARGUMENT = re.compile(r"ARG\s+(?P<name>\w+)(?:=(?P<value>\S*))?\s*$", re.IGNORECASE)
_STAGE = re.compile(r"FROM\s+(?:--\S+\s+)?(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*$", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(?P<name>\w+)\}?$")


class Dockerfile(NamedTuple):
    """The global arguments with their defaults, the names of the stages, and all arguments that any of them takes."""

    arguments: dict[str, str]
    stages: tuple[str, ...]
    taken: frozenset[str]

    @property
    def bases(self) -> dict[str, str]:
        """Give the base images: argument → reference."""
        return {name: value for name, value in self.arguments.items() if name.endswith(BASE)}


def read(path: Path) -> Dockerfile:
    """Read a Dockerfile. Raises ImageError for a base image that is no pinned argument."""
    arguments: dict[str, str] = {}
    stages: list[str] = []
    taken = set()
    for number, line in _instructions(path):
        stage = _STAGE.match(line)
        argument = _ARGUMENT.match(line)
        if stage:
            _check_base(f"{path}:{number}", stage["base"], arguments, stages)
            stages.append(stage["name"] or "")
        elif argument:
            taken.add(argument["name"])
            if not stages:
                arguments[argument["name"]] = argument["value"] or ""
    if not stages:
        raise ImageError(f"{path}: expected a FROM, found none")
    return Dockerfile(arguments, tuple(stages), frozenset(taken))


def _instructions(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines that begin an instruction or go on with one; comments and empty lines left out."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _check_base(where: str, base: str, arguments: dict[str, str], stages: list[str]) -> None:
    if base in stages or base == "scratch":
        return
    variable = _VARIABLE.match(base)
    if not variable or not variable["name"].endswith(BASE) or variable["name"] not in arguments:
        raise ImageError(
            f"{where}: FROM {base}: expected a stage above, scratch, or a global argument whose name ends in {BASE}"
        )
    if not _PINNED.search(arguments[variable["name"]]):
        found = arguments[variable["name"]] or "nothing"
        raise ImageError(f"{where}: ARG {variable['name']}: expected a reference with @sha256:…, found {found}")
