"""Parts that take minutes to make and are kept on disk: each under the hash of what it is made from.

Two commands at once make a part twice and keep one; an interrupted one leaves nothing that looks whole.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.options import user_cache
from tasks.cluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CLUSTER = Path("cluster")
_LENGTH = 12


class Part(NamedTuple):
    """One part: its name, the files and words that it is made from, and what makes it in an empty folder."""

    name: str
    inputs: tuple[Path | str, ...]
    make: Callable[[Path], None]

    @property
    def digest(self) -> str:
        """Give the hash of the inputs; a folder counts with all its files."""
        total = sha256()
        for one in self.inputs:
            for name, content in _contents(one):
                total.update(f"{name}\0{sha256(content).hexdigest()}\n".encode())
        return total.hexdigest()[:_LENGTH]

    @property
    def folder(self) -> Path:
        """Give where the part is kept. Raises ClusterError where the user has no cache folder."""
        kept = user_cache(f"cluster/{self.name}-{self.digest}")
        if kept is None:
            raise ClusterError("neither XDG_CACHE_HOME nor HOME is set: there is no place to keep what is built")
        return kept

    def had(self, show: Callable[[str], None]) -> Path:
        """Give the part's folder, made now if it is not there."""
        folder = self.folder
        if not folder.is_dir():
            began = time.perf_counter()
            self._made(folder)
            show(f"{self.name} made in {time.perf_counter() - began:.0f} s")
        return folder

    def _made(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=folder.parent))
        try:
            self.make(unfinished)
            unfinished.chmod(0o755)
            if not folder.is_dir():  # else another command was quicker
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _contents(one: Path | str) -> Iterable[tuple[str, bytes]]:
    if isinstance(one, str):
        return [(one, b"")]
    files = sorted(path for path in one.rglob("*") if path.is_file()) if one.is_dir() else [one]
    return [(str(path), path.read_bytes()) for path in files]
