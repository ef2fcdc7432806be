"""A folder as a kustomization may read it: files in or below it, with symbolic links resolved first.

In: paths as written in a kustomization. Out: bytes. Everything that was read is remembered in `Sources`.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from imbricate.errors import LoadError
from imbricate.remote import OFF, is_url, redacted

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FILE_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class Sources:
    """The files that a build read, in the order of their first reading, with their content."""

    def __init__(self) -> None:
        """Start with none."""
        self._contents: dict[str, bytes] = {}

    @property
    def paths(self) -> tuple[Path, ...]:
        """Give the paths, absolute and with links resolved."""
        return tuple(map(Path, self._contents))

    def reach_further(self) -> None:
        """Hear that a build used the network or ran a program."""

    def read_in(self, root: Path, path: str, content: bytes | None, reason: str = "") -> None:
        """Hear what a file that a folder's kustomization names holds, or why it cannot be read."""

    def entered(self, root: Path, path: str, found: Path) -> None:
        """Hear where a folder is that a folder's kustomization names."""

    def read(self, path: str) -> bytes:
        """Read a file once, by its absolute path. Raises OSError."""
        content = self._contents.get(path)
        if content is None:
            content = self._contents[path] = _read_regular(path)
        return content


def _read_regular(path: str) -> bytes:
    """Read a regular file only: a pipe or a device would hang or never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, f"is larger than {MAX_FILE_BYTES // 1024**2} MiB")
        return _read_all(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    content = os.read(descriptor, size + 1)
    if len(content) == size:
        return content
    # It grew or shrank meanwhile, or is of no size, as files of /proc are.
    chunks = [content]
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
    return b"".join(chunks)


class Folder:
    """The folder of one kustomization, and what it may reach."""

    __slots__ = ("_below", "_fetch", "_files", "_folders", "root", "root_only", "sources")

    def __init__(
        self, root: Path, sources: Sources, *, root_only: bool = True, fetch: Callable[[str], bytes] | None = None
    ) -> None:
        """Take an absolute path without links; `root_only` keeps files within it; `fetch` reads URLs."""
        self._fetch = fetch or self._refuse
        self.root = root
        self.sources = sources
        self.root_only = root_only
        self._files: dict[str, str] | None = None
        self._folders: dict[str, bool] = {}
        self._below: dict[str, str | None] = {}

    def read(self, path: str) -> bytes:
        """Read a file. Raises LoadError when it is missing, unreadable, no file, or outside of the folder."""
        if is_url(path):
            return self._fetch(path)
        try:
            content = self._read(path)
        except LoadError as error:
            self.sources.read_in(self.root, path, None, error.reason)
            raise
        self.sources.read_in(self.root, path, content)
        return content

    def _read(self, path: str) -> bytes:
        try:
            return self.sources.read(self.locate(path))
        except OSError as error:
            raise LoadError(path, self.root, _reason(error)) from None

    def shown(self, path: str) -> str:
        """Give a file's path, or a URL without what is secret in it, as messages show it."""
        return redacted(path) if is_url(path) else str(self.root / path)

    def _refuse(self, url: str) -> NoReturn:
        raise LoadError(redacted(url), self.root, OFF)

    def is_folder(self, path: str) -> bool:
        """Tell whether a path names a folder."""
        if self._plain_file(path) is not None:
            return False
        try:
            return (self.root / path).is_dir()
        except OSError:
            return False  # reading it as a file says why

    def is_plain_file(self, path: str) -> bool:
        """Tell whether a path certainly names a file in or below the folder, without a link on the way."""
        return self._plain_file(path) is not None

    def _plain_file(self, path: str) -> str | None:
        """Find a regular file in or below the folder that no link leads to; None says nothing."""
        folder, _, name = path.removeprefix("./").rpartition("/")
        try:
            if not folder:
                return self._plain_files().get(name)
            if path not in self._below:
                found = f"{self.root}/{folder}/{name}"
                is_file = self._is_plain(folder) and stat.S_ISREG(os.lstat(found).st_mode)
                self._below[path] = found if is_file else None
            return self._below[path]
        except (OSError, ValueError):
            return None

    def _plain_files(self) -> dict[str, str]:
        """Give the files that lie directly here: one look at the folder instead of one at each."""
        if self._files is None:
            with os.scandir(self.root) as entries:
                self._files = {one.name: one.path for one in entries if one.is_file(follow_symlinks=False)}
        return self._files

    def _is_plain(self, folder: str) -> bool:
        """Tell whether a folder lies below this one, and no link leads there."""
        known = self._folders.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            known = self._folders[folder] = (
                name not in {"", ".", ".."}
                and (not above or self._is_plain(above))
                and stat.S_ISDIR(os.lstat(f"{self.root}/{folder}").st_mode)
            )
        return known

    def locate(self, path: str) -> str:
        """Find a file and check that it may be read. Raises LoadError as `read` does."""
        plain = self._plain_file(path)
        if plain is not None:
            return plain
        found = self._resolved(path)
        if found.is_dir():
            raise LoadError(path, self.root, "is a folder, expected a file")
        if self.root_only and not found.is_relative_to(self.root):
            raise LoadError(path, self.root, "is not in or below the kustomization's folder (--load-restrictor)")
        return str(found)

    def _resolved(self, path: str) -> Path:
        try:
            return (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise LoadError(path, self.root, _reason(error)) from None

    def enter(self, path: str) -> Path:
        """Find a folder. Raises LoadError when there is none."""
        found = self._resolved(path)
        if not found.is_dir():
            raise LoadError(path, self.root, "is a file, expected a folder")
        self.sources.entered(self.root, path, found)
        return found


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        if error.errno == errno.ENOENT:
            return "does not exist"
        if error.errno == errno.ELOOP:
            return "is a loop of symbolic links"
        reason = error.strerror or str(error)
        return reason if reason.startswith("is ") else f"cannot be read: {reason}"
    return "is a loop of symbolic links" if isinstance(error, RuntimeError) else f"is no path: {error}"


def display(path: Path) -> str:
    """Give a path as a message shows it: relative to the working folder where it lies below that."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here)) if path.is_relative_to(here) else os.fspath(path)
