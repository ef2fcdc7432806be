"""Through which kustomizations a file reaches a unit, read off the paths that these name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.units import Unit

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Link(NamedTuple):
    """A field of a kustomization that names a file, or the folder of another kustomization."""

    file: str
    field: str

    def __str__(self) -> str:
        """Give file and field as messages do."""
        return f"{self.file}: {self.field}" if self.field else self.file


Chain = tuple[Link, ...]


def chains(root: Path, unit: Unit, sources: frozenset[str]) -> dict[str, Chain]:
    """Give for each file that a unit read the shortest chain from its overlay to the file.

    The overlay's own kustomization has an empty one. Of a file that no kustomization names (one of a chart, say) it is
    known only that the overlay read it.
    """
    start = next(path for name in _KUSTOMIZATIONS if (path := f"{unit.overlay}/{name}") in sources)
    found: dict[str, Chain] = {start: ()}
    pending = [start]
    for file in pending:  # grows while it is gone through: breadth first
        for field, named in _named(root, file, sources):
            if named not in found:
                found[named] = (*found[file], Link(file, field))
                if named.rpartition("/")[2] in _KUSTOMIZATIONS:
                    pending.append(named)
    return {source: found.get(source, (Link(start, ""),)) for source in sources}


def _named(root: Path, file: str, sources: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Give the files and kustomizations among the sources that a kustomization names, with the field."""
    from imbricate.documents import read_config  # noqa: PLC0415 - `doit list` needs no engine

    folder = file.rpartition("/")[0]
    for field, text in _texts("", read_config((root / file).read_bytes(), file)):
        for path in (text, text.partition("=")[2]):
            resolved = _resolved(root, folder, path)
            for candidate in (resolved, *(f"{resolved}/{name}" for name in _KUSTOMIZATIONS)):
                if candidate in sources:
                    yield field, candidate


def _resolved(root: Path, folder: str, path: str) -> str:
    if not path or "\n" in path or "://" in path or len(path) > 1000:
        return ""
    named = root / folder / path
    exists = os.path.exists(named)  # noqa: PTH110 - Path.exists raises for names that are too long
    return os.path.relpath(named.resolve(), root) if exists else ""


def _texts(field: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(f"{field}.{key}".lstrip("."), one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _texts(f"{field}[{index}]", one)
    elif isinstance(value, str) and "\0" not in value:
        yield field, value
