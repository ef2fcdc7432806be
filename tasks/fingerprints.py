"""What tells that a file has changed: its size and time first, its content only when these differ."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any


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
