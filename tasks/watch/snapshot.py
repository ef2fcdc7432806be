"""What files are there, and since when: to be looked at again and again, which works on every file system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Snapshot = dict[str, tuple[int, int, int]]
_NO_SOURCES = ("__pycache__", "node_modules")


def snapshot(folders: Iterable[Path], files: Iterable[str]) -> Snapshot:
    """Take note of all files below folders, hidden ones left out, and of single files: path → identity, time, size."""
    found: Snapshot = {}
    for path in {*files, *(path for folder in folders for path in _below(str(folder)))}:
        try:
            status = os.stat(path)  # noqa: PTH116 - thousands of times a second
        except OSError:
            continue
        found[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def _below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NO_SOURCES]
        yield from (f"{parent}/{name}" for name in names if not name.startswith(".") and not name.endswith("~"))


def changed(before: Snapshot, after: Snapshot) -> set[str]:
    """Give the files that are new, gone or different."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def is_new_beside(path: str, sources: Iterable[str], after: Snapshot, before: Snapshot) -> bool:
    """Tell whether a file has appeared in a folder of which something is read: it could be meant, too."""
    folder = str(Path(path).parent)
    return path in after and path not in before and any(str(Path(source).parent) == folder for source in sources)
