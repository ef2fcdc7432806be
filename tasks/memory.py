"""What was found out before, as good as new while nothing that it was found out from has changed.

In: a name, a value that JSON has, and the paths of what the value comes from: files, folders (the names in them, and
the files directly there), what `tree` and `names` give. Out: the value, as long as the content of all of them, our own
code and the packages that it uses are the same. Nothing is taken from the times of files, except that what changed
since the process began may have changed while it was read, and is not kept.
"""

from __future__ import annotations

import json
import os
import time
from glob import glob
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbricate.cache_folder import CacheFolder
from imbricate.options import user_cache
from tasks.fingerprints import code_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TREE, _NAMES = "\0tree", "\0names"  # no path has such an end
MOST_BYTES = 32 * 1024 * 1024
UNSEEN = frozenset({"node_modules", "__pycache__"})  # folders that no tree stands for
_GRANULARITY = 50_000_000  # ns; the times of files are that coarse, or finer
_BYTES = 16


class Memory:
    """Remembers for one checkout; `folder` None: nothing, from one process to the next."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder of the entries."""
        self._entries = CacheFolder(folder, MOST_BYTES) if folder else None
        self._began = time.time_ns() - _GRANULARITY
        self._here = os.fspath(Path.cwd())
        self._digests: dict[str, str] = {}
        self._linked: dict[str, bool] = {}

    def recall(self, name: str) -> Any | None:
        """Give what was kept under a name, None when there is nothing, or something has changed since."""
        content = self._entries.load(self._key(name)) if self._entries else None
        if content is None:
            return None
        entry = json.loads(content)
        if entry.get("code") != code_digest():  # which may have had another form for entries
            return None
        return entry["value"] if entry["digest"] == self.digest(entry["paths"]) else None

    def keep(self, name: str, value: Any, paths: Iterable[str]) -> None:
        """Keep a value under a name, in the place of what was there, unless something has just changed."""
        known = sorted(set(paths))
        code = code_digest() if self._entries else ""
        if self._entries is None or not code or any(_changed(path) >= self._began for path in known):
            return
        entry = {"code": code, "paths": known, "digest": self.digest(known), "value": value}
        self._entries.store(self._key(name), json.dumps(entry).encode())

    def below_here(self, sources: Iterable[Path]) -> list[str] | None:
        """Give files, without links on their way, as seen from here.

        None where one is elsewhere, or where a link is near, that may have led there and lead elsewhere one day.
        """
        if not all(one.is_relative_to(self._here) for one in sources):
            return None
        found = [str(one.relative_to(self._here)) for one in sources]
        for top in {one.partition("/")[0] for one in found} - self._linked.keys():
            self._linked[top] = _has_links(top)
        return None if any(self._linked[one.partition("/")[0]] for one in found) else found

    def digest(self, paths: Iterable[str]) -> str:
        """Give one digest of the contents of files, folders and trees."""
        return _of_texts(self._digest(path) for path in paths)

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = self._one(path)
        return self._digests[path]

    def _one(self, path: str) -> str:
        if path.endswith(_TREE):
            return _of_texts(f"{below}\0{self._digest(below)}" for below in _below(path))
        if path.endswith(_NAMES):
            return _of_texts(_named(path))
        try:
            if os.path.isdir(path):  # noqa: PTH112 - a text
                return self._folder(path)
            with open(path, "rb") as file:  # noqa: PTH123 - half the time of Path, for thousands of files
                return digest_of(file.read())
        except OSError as error:
            return f"errno {error.errno}"

    def _folder(self, path: str) -> str:
        with os.scandir(path) as entries:
            found = sorted(entries, key=lambda one: one.name)
        parts = []
        for one in found:
            if one.is_symlink():
                parts.append(f"{one.name}\0{Path(one.path).readlink()}")
            parts.append(f"{one.name}\0{self._digest(one.path) if one.is_file() else one.is_dir()}")
        return _of_texts(parts)

    def _key(self, name: str) -> str:
        return _of_texts((self._here, name))


def of_user() -> Memory:
    """Give the memory in the user's cache folder."""
    return Memory(user_cache("checks"))


def folders_of(files: Iterable[str]) -> tuple[str, ...]:
    """Give the folders that files are in."""
    return tuple(sorted({one.rpartition("/")[0] or "." for one in files}))


def digest_of(content: bytes) -> str:
    """Give the digest of a content."""
    return blake2b(content, digest_size=_BYTES).hexdigest()


def tree(folder: str) -> str:
    """Give a path that stands for all files below a folder."""
    return f"{folder}{_TREE}"


def names(pattern: str) -> str:
    """Give a path that stands for the names of all that fits a pattern such as `images/*/*`."""
    return f"{pattern}{_NAMES}"


def _of_texts(texts: Iterable[str]) -> str:
    return digest_of("\0".join(texts).encode("utf-8", "surrogateescape"))


def _has_links(top: str) -> bool:
    below = (f"{folder}/{name}" for folder, folders, files in os.walk(top) for name in (*folders, *files))
    return os.path.islink(top) or any(map(os.path.islink, below))  # noqa: PTH114 - texts


def _below(path: str) -> Iterator[str]:
    """Give all files of a tree, in one order."""
    for top, folders, files in os.walk(path.removesuffix(_TREE)):
        folders[:] = sorted(one for one in folders if one not in UNSEEN)
        yield from (f"{top}/{name}" for name in sorted(files))


def _named(path: str) -> list[str]:
    return sorted(glob(path.removesuffix(_NAMES)))  # noqa: PTH207 - texts


def _changed(path: str) -> int:
    """Give when a file, or something in a folder or tree, changed last, in ns; by the clock that nobody can set."""
    if path.endswith((_TREE, _NAMES)):
        found = _below(path) if path.endswith(_TREE) else _named(path)
        return max((_changed_at(one) for one in found), default=0)
    if not os.path.isdir(path):  # noqa: PTH112 - a text
        return _changed_at(path)
    with os.scandir(path) as entries:
        return max(_changed_at(path), *(_changed_at(one.path) for one in entries), 0)


def _changed_at(path: str) -> int:
    try:
        return os.lstat(path).st_ctime_ns
    except OSError:
        return 0
