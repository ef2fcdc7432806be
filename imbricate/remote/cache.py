"""Trees and files that were fetched, each under the name of what it holds: a commit id, or a SHA-256.

    trees/<commit>+submodules/   tree/ and entry.json with its digest
    files/<sha256>
    new-…                        what is being fetched; renamed when it is whole
    lock                         shared by those who read, exclusive for the clean-up
    alone                        held while an imbricate.lock is written

Every entry is compared with its digest before its first use in a build; one that does not fit is dropped and fetched
again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.errors import WriteError
from imbricate.options import user_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_LIMIT = 2 * 1024**3
_NEW = "new-"


class Tree(NamedTuple):
    """A tree in the cache: its folder, without links, and the digest of all that it holds."""

    folder: Path
    digest: str


def default_folder() -> Path:
    """Give the user's cache: $XDG_CACHE_HOME/imbricate/remote, or the same below ~/.cache."""
    return user_cache("remote") or Path.home() / ".cache" / "imbricate" / "remote"


class Cache:
    """A folder of entries. While it is open no other process removes any."""

    def __init__(self, folder: Path, limit: int = DEFAULT_LIMIT) -> None:
        """Take the folder, which is made when it is missing, and the bytes it may hold. Raises WriteError."""
        self._limit = limit
        self._has_grown = False
        try:
            for part in ("trees", "files"):
                (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder = folder.resolve()
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        except OSError as error:
            raise WriteError(folder, f"{error.strerror}; the cache of remote bases is at $XDG_CACHE_HOME") from None

    def close(self) -> None:
        """Give back the lock; clean up before when something was added and nobody else is reading."""
        if self._lock < 0:
            return
        try:
            if self._has_grown:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._clean_up()
        finally:
            os.close(self._lock)
            self._lock = -1

    def tree(self, name: str) -> Tree | None:
        """Give a tree; None when there is none, or when it is not what was fetched."""
        home = self.folder / "trees" / name
        try:
            digest = str(json.loads((home / "entry.json").read_bytes())["digest"])
            if digest == digest_of(home / "tree"):
                os.utime(home)
                return Tree(home / "tree", digest)
        except FileNotFoundError:
            if not home.exists():
                return None
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self._drop(home)
        return None

    def add_tree(self, fetch: Callable[[Path], str], name_of: Callable[[str], str]) -> tuple[str, Tree]:
        """Have a tree fetched into a new folder; give its commit, and the tree under its name."""
        with self._new() as new:
            (new / "tree").mkdir()
            commit = fetch(new / "tree")
            tree = self.tree(name_of(commit))
            if tree is None:
                tree = self._keep(new, self.folder / "trees" / name_of(commit))
        return commit, tree

    def _keep(self, new: Path, home: Path) -> Tree:
        digest = digest_of(new / "tree")
        (new / "entry.json").write_text(json.dumps({"digest": digest, "size": _size_of(new)}))
        try:
            new.rename(home)
        except OSError:
            if not home.is_dir():
                raise
        # Else another process was faster; its tree is of the same commit.
        self._has_grown = True
        return Tree(home / "tree", digest)

    def file(self, digest: str) -> tuple[Path, bytes] | None:
        """Give a file by its SHA-256; None when there is none, or when it is not what was fetched."""
        path = self.folder / "files" / digest
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != digest:
            self._drop(path)
            return None
        os.utime(path)
        return path, content

    def add_file(self, content: bytes) -> Path:
        """Add a file; give its path, whose name is its SHA-256."""
        path = self.folder / "files" / hashlib.sha256(content).hexdigest()
        if self.file(path.name) is None:
            with self._new() as new:
                (new / "file").write_bytes(content)
                (new / "file").rename(path)
            self._has_grown = True
        return path

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process is in here."""
        with (self.folder / "alone").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _new(self) -> Iterator[Path]:
        new = Path(tempfile.mkdtemp(prefix=_NEW, dir=self.folder))
        try:
            yield new
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _drop(self, path: Path) -> None:
        """Take an entry away in one step, so that nobody finds half of it."""
        with self._new() as new, contextlib.suppress(FileNotFoundError):
            path.rename(new / "dropped")

    def _clean_up(self) -> None:
        """Remove what was left unfinished, then the entries that were not used for longest, down to the limit."""
        for left in self.folder.glob(f"{_NEW}*"):
            shutil.rmtree(left, ignore_errors=True)
        entries = sorted(
            ((path.stat().st_mtime, path) for part in ("trees", "files") for path in (self.folder / part).iterdir()),
            reverse=True,
        )
        total = 0
        for _, path in entries:
            total += _size_of(path)
            if total > self._limit:
                self._drop(path)


def digest_of(folder: Path) -> str:
    """Give the SHA-256 over the paths, kinds and contents of all that lies in a folder."""
    found = hashlib.sha256()
    for path in sorted(_files_in(folder)):
        content, kind = _content_of(path)
        found.update(json.dumps([os.fspath(path.relative_to(folder)), kind, len(content)]).encode())
        found.update(content)
    return found.hexdigest()


def _content_of(path: Path) -> tuple[bytes, str]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return os.fsencode(path.readlink()), "link"
    if stat.S_ISREG(mode):
        return path.read_bytes(), "program" if mode & stat.S_IXUSR else "file"
    return b"", "other"


def _files_in(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _files_in(Path(entry.path))
        else:
            yield Path(entry.path)


def _size_of(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads((path / "entry.json").read_bytes())["size"])
    return sum(one.lstat().st_size for one in _files_in(path))
