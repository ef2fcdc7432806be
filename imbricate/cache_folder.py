"""A folder of entries in the user's cache folder: contents by key.

In: a key and what to keep under it. Out: the same, whole, or nothing: an entry that is missing, damaged or not our own
is as good as none. The entries that were not used for the longest time make room for new ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

_DIGEST_BYTES = 32
_SMALL = 64


class CacheFolder:
    """A folder of entries, safe for processes at the same time: an entry is put in place whole."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Take the folder, which is made when it is first written to, and how much it may hold."""
        self._folder = folder
        self._most_bytes = most_bytes

    def load(self, key: str) -> bytes | None:
        """Find what was kept under a key, a name that a file may have."""
        path = self._folder / key
        try:
            if self._folder.stat().st_uid != os.getuid():
                return None
            content = _checked(path.read_bytes())
            os.utime(path)
        except OSError:
            return None
        return content

    def store(self, key: str, content: bytes) -> None:
        """Keep something under a key. A folder that cannot be written is no error."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._put(key, digest(content) + content)
            # To look at all entries takes longer than to add a small one.
            if len(content) > self._most_bytes // _SMALL or key.endswith("0"):
                self._make_room()

    def _put(self, key: str, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).replace(self._folder / key)
        except OSError:
            Path(name).unlink()
            raise

    def _make_room(self) -> None:
        """Remove the entries that were not used for the longest time."""
        with os.scandir(self._folder) as found:
            entries = sorted(((one.stat().st_mtime, one.stat().st_size, one.path) for one in found), reverse=True)
        kept = 0
        for _, size, path in entries:
            kept += size
            if kept > self._most_bytes:
                with suppress(FileNotFoundError):
                    Path(path).unlink()


@cache
def installation() -> str:
    """Tell the code of this installation from that of any other: what another one made of the same may differ.

    Raises OSError when it does not lie in a folder.
    """
    package = os.path.dirname(__file__)  # noqa: PTH120 - a text, as scandir gives
    files = []
    for folder in (package, f"{package}/documents"):
        with os.scandir(folder) as found:
            statuses = [(one.path, one.stat()) for one in found if one.name.endswith(".py")]
        files += sorted((path, status.st_size, status.st_mtime_ns) for path, status in statuses)
    return digest(repr((files, sys.version)).encode("utf-8", "surrogateescape")).hex()


def digest(content: bytes) -> bytes:
    """Give what an entry begins with: the digest of the rest."""
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _checked(content: bytes) -> bytes | None:
    """Take off the digest. Gives None when it is not that of the rest."""
    payload = content[_DIGEST_BYTES:]
    return payload if content[:_DIGEST_BYTES] == digest(payload) else None
