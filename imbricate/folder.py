"""A folder as a kustomization may read it: files in or below it, with symbolic links resolved first.

In: paths as written in a kustomization. Out: bytes. Everything that was read is remembered in `Sources`.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from imbricate.errors import LoadError

MAX_FILE_BYTES = 64 * 1024 * 1024


class Sources:
    """The files that a build read, in the order of their first reading, with their content."""

    def __init__(self) -> None:
        """Start with none."""
        self._contents: dict[Path, bytes] = {}

    def __iter__(self) -> object:
        """Go through the paths."""
        return iter(self._contents)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Give the paths, absolute and with links resolved."""
        return tuple(self._contents)

    def read(self, path: Path) -> bytes:
        """Read a file once. Raises OSError."""
        content = self._contents.get(path)
        if content is None:
            content = self._contents[path] = _read_regular(path)
        return content


def _read_regular(path: Path) -> bytes:
    """Read a regular file only: a pipe or a device would hang or never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, f"is larger than {MAX_FILE_BYTES // 1024**2} MiB")
        return opened.read(MAX_FILE_BYTES + 1)


class Folder:
    """The folder of one kustomization, and what it may reach."""

    __slots__ = ("root", "root_only", "sources")

    def __init__(self, root: Path, sources: Sources, *, root_only: bool = True) -> None:
        """Take an absolute path without links; `root_only` keeps files within it."""
        self.root = root
        self.sources = sources
        self.root_only = root_only

    def read(self, path: str) -> bytes:
        """Read a file. Raises LoadError when it is missing, unreadable, no file, or outside of the folder."""
        try:
            return self.sources.read(self.locate(path))
        except OSError as error:
            raise LoadError(path, self.root, _reason(error)) from None

    def locate(self, path: str) -> Path:
        """Find a file and check that it may be read. Raises LoadError as `read` does."""
        try:
            found = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise LoadError(path, self.root, _reason(error)) from None
        if found.is_dir():
            raise LoadError(path, self.root, "is a folder, expected a file")
        if self.root_only and not found.is_relative_to(self.root):
            raise LoadError(path, self.root, "is not in or below the kustomization's folder (--load-restrictor)")
        return found

    def enter(self, path: str) -> Path:
        """Find a folder. Raises LoadError when there is none."""
        try:
            found = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise LoadError(path, self.root, _reason(error)) from None
        if not found.is_dir():
            raise LoadError(path, self.root, "is a file, expected a folder")
        return found


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        if error.errno == errno.ENOENT:
            return "does not exist"
        if error.errno == errno.ELOOP:
            return "is a loop of symbolic links"
        return error.strerror or str(error)
    return "is a loop of symbolic links" if isinstance(error, RuntimeError) else f"is no path: {error}"


def display(path: Path) -> str:
    """Give a path as a message shows it: relative to the working folder where it lies below that."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here)) if path.is_relative_to(here) else os.fspath(path)
