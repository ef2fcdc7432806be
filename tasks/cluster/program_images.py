"""Container images made of files, without a container: static programs, and folders, each in a layer."""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from tasks.images.archive import Saved, encoded, write
from tasks.images.context import EPOCH
from tasks.images.layers import blob_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ProgramImage(NamedTuple):
    """An image by what it holds: for each layer, file or folder → place in the image."""

    reference: str
    layers: tuple[tuple[tuple[Path, str], ...], ...]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@contextmanager
def assembled(image: ProgramImage) -> Iterator[Saved]:
    """Give an image as an engine would save it, for as long as the context lasts."""
    with ExitStack() as stack:
        layers = []
        for files in image.layers:
            layer = stack.enter_context(tempfile.TemporaryFile())
            _fill(layer, files)
            layers.append(layer)
        process = {"Env": [_PATH], "Entrypoint": list(image.entrypoint), "Cmd": list(image.command), "WorkingDir": "/"}
        rootfs = {"type": "layers", "diff_ids": [blob_of(layer).digest for layer in layers]}
        config = {"architecture": "amd64", "os": "linux", "config": process, "rootfs": rootfs, "history": []}
        yield Saved(encoded(config), tuple(layers))


def write_archive(path: Path, image: ProgramImage) -> None:
    """Write an image as the archive that `docker load` and `ctr images import` take."""
    with assembled(image) as saved, path.open("wb") as file:
        write(file, saved, [image.reference])


def _fill(layer: IO[bytes], files: tuple[tuple[Path, str], ...]) -> None:
    made: set[str] = set()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for source, place in files:
            name = place.strip("/")
            _add_parents(archive, name, made)
            archive.add(source, name or ".", filter=_steady)


def _add_parents(archive: tarfile.TarFile, name: str, made: set[str]) -> None:
    for parent in reversed(PurePosixPath(name).parents[:-1]):
        if str(parent) not in made:
            made.add(str(parent))
            info = tarfile.TarInfo(str(parent))
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(_steady(info))


def _steady(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = EPOCH
    return info
