"""Layers that depend on nothing but their content: entries with a fixed time and without names of users.

In: layers as the engine saved them. Out: the same files in a tar archive that two clean builds make alike.
"""

from __future__ import annotations

import gzip
import tarfile
from hashlib import sha256
from typing import IO, TYPE_CHECKING, NamedTuple

from imbricate.options import user_cache
from imbricate.write import write_file
from tasks.images.context import EPOCH

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20
_LEVEL = 6
_KEPT_HEADERS = "SCHILY.xattr."  # capabilities of programs, among others


class Blob(NamedTuple):
    """What a registry keeps: the digest of the bytes, `sha256:…`, and how many they are."""

    digest: str
    size: int


def rewrite(source: IO[bytes], target: IO[bytes]) -> None:
    """Write a layer again, with the times that a context has."""
    with (
        tarfile.open(fileobj=source) as before,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in before:
            content = before.extractfile(member) if member.isreg() else None
            after.addfile(_steady(member), content)


def _steady(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = EPOCH
    member.uname = member.gname = ""
    member.pax_headers = {name: value for name, value in member.pax_headers.items() if name.startswith(_KEPT_HEADERS)}
    return member


def blob_of(file: IO[bytes]) -> Blob:
    """Give digest and size of what a file holds, from its beginning."""
    file.seek(0)
    digest, size = sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return Blob(f"sha256:{digest.hexdigest()}", size)


def compress(layer: IO[bytes], target: IO[bytes]) -> Blob:
    """Write a layer as registries keep it: gzip, without a time of its own."""
    layer.seek(0)
    with gzip.GzipFile(filename="", fileobj=target, mode="wb", compresslevel=_LEVEL, mtime=0) as zipped:
        while chunk := layer.read(_CHUNK):
            zipped.write(chunk)
    return blob_of(target)


def known_blob(diff_id: str) -> Blob | None:
    """Give what a layer is when compressed, if it was compressed on this machine before."""
    note = _note(diff_id)
    if note is None:
        return None
    try:
        digest, size = note.read_text().split()
        return Blob(digest, int(size))
    except (OSError, ValueError):
        return None


def keep_blob(diff_id: str, blob: Blob) -> None:
    """Remember what a layer is when compressed: minutes are spent once for a base that ten images share."""
    note = _note(diff_id)
    if note:
        note.parent.mkdir(parents=True, exist_ok=True)
        write_file(note, f"{blob.digest} {blob.size}\n")


def _note(diff_id: str) -> Path | None:
    return user_cache(f"layers/{diff_id.replace(':', '-')}")
