"""What tells that a file has changed: its size and time first, its content only when these differ."""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGAN = time.time_ns() - 1_000_000_000  # this module is imported within a second of the others
_PACKAGES = ("PyYAML", "google-re2", "jsonschema", "kubernetes-validate")


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's content."""
    return sha256(path.read_bytes()).hexdigest()


def record(path: Path) -> list[Any]:
    """Give what to remember of a file: size, time of its last change in ns, digest."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, file_digest(path)]


def is_unchanged(path: str, known: list[Any]) -> bool:
    """Tell whether a file is as it was when it was recorded."""
    size, changed, digest = known
    try:
        status = Path(path).stat()
        if [status.st_size, status.st_mtime_ns] == [size, changed]:
            return True
        return bool(status.st_size == size and file_digest(Path(path)) == digest)
    except OSError:
        return False


@lru_cache(maxsize=1)
def engine_digest() -> str:
    """Give one digest of the library's code and of the tasks that render with it."""
    here = Path(__file__).parent
    files = sorted([*(here.parent / "imbricate").rglob("*.py"), *here.glob("*.py")])
    digest = sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Give one digest of all our code with its data, of Python, and of the packages that it uses.

    An empty text when some of it changed about when this process began: what runs may be other code than what is there.
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - `doit render` needs none of it

    here = Path(__file__).parent
    digest = sha256(sys.version.encode())
    for package in _PACKAGES:
        try:
            digest.update(f"{package} {version(package)}\0".encode())
        except PackageNotFoundError:
            digest.update(f"{package} is not there\0".encode())
    for file in sorted(one for top in (here, here.parent / "imbricate") for one in _files_below(top)):
        digest.update(file.encode() + b"\0")
        with open(file, "rb") as content:  # noqa: PTH123 - half the time of Path, for hundreds of files
            if os.fstat(content.fileno()).st_ctime_ns >= _BEGAN:
                return ""
            digest.update(content.read())
    return digest.hexdigest()


def _files_below(folder: Path) -> Iterator[str]:
    for top, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if one != "__pycache__"]
        yield from (f"{top}/{name}" for name in files)
