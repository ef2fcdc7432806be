"""The build context of an image: the files under images/ that its ignore file lets through.

All of a context's entries belong to root, have the same time, and keep of their mode whether they can be executed: who
checked the repository out, when, and with which umask, is no matter of the image.
"""

from __future__ import annotations

import io
import tarfile
from hashlib import sha256
from typing import IO, TYPE_CHECKING, NamedTuple

from tasks.images.errors import ImageError
from tasks.images.folders import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasks.images.folders import Image

# The first second that a ZIP archive can hold; some programs refuse earlier ones.
EPOCH = 315532800


class Entry(NamedTuple):
    """One file or link of a context: its path under images/, its mode, its content (of a link: its target)."""

    path: str
    mode: int
    is_link: bool
    content: bytes


def entries(image: Image) -> tuple[Entry, ...]:
    """Give what an image's context holds, by path. Raises ImageError for what cannot be read."""
    try:
        return tuple(_entries(_let_through(image)))
    except OSError as error:
        raise ImageError(f"{error.filename} cannot be read: {error.strerror}") from None


def _let_through(image: Image) -> Iterator[Path]:
    from docker.utils.build import PatternMatcher  # noqa: PLC0415 - `doit list` needs no Docker

    try:
        lines = image.ignore_file.read_text().splitlines()
    except FileNotFoundError:
        raise ImageError(
            f"{image.ignore_file} is missing: it begins with * and lets through what the image needs (!{image.name})"
        ) from None
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    found = {*PatternMatcher(patterns).walk(IMAGES), str(image.dockerfile.relative_to(IMAGES))}
    return (IMAGES / path for path in sorted(found))


def _entries(paths: Iterable[Path]) -> Iterator[Entry]:
    for path in paths:
        name = path.relative_to(IMAGES).as_posix()
        if path.is_symlink():
            yield Entry(name, 0o777, is_link=True, content=str(path.readlink()).encode())
        elif path.is_file():
            yield Entry(name, 0o755 if path.stat().st_mode & 0o100 else 0o644, is_link=False, content=path.read_bytes())


def digest(context: Iterable[Entry]) -> str:
    """Give one SHA-256 of a context, which differs whenever the archive would."""
    total = sha256()
    for entry in context:
        inner = sha256(entry.content).hexdigest()
        total.update(f"{entry.path}\0{entry.mode:o}\0{entry.is_link}\0{inner}\n".encode())
    return total.hexdigest()


def archive(context: Iterable[Entry]) -> IO[bytes]:
    """Give a context as the tar archive that a builder takes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in context:
            info = tarfile.TarInfo(entry.path)
            info.mode, info.mtime = entry.mode, EPOCH
            if entry.is_link:
                info.type, info.linkname = tarfile.SYMTYPE, entry.content.decode()
                tar.addfile(info)
            else:
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
    buffer.seek(0)
    return buffer
