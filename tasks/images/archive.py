"""Images as the engine saves and loads them, made steady on the way.

What the engine builds depends on the clock. It is saved, its own layers and its configuration are written again
without times, and loaded under its tag: then what runs here is, to the byte, what a registry is given.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from tasks.images.context import EPOCH
from tasks.images.errors import ImageError
from tasks.images.layers import Blob, blob_of, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from docker import DockerClient

_CREATED = datetime.fromtimestamp(EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_OF_THE_IMAGE = ("architecture", "os", "variant", "os.version")
_OF_ITS_PROCESS = (
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
)


class Saved(NamedTuple):
    """An image outside the engine: its configuration as bytes, and its layers, uncompressed, lowest first."""

    config: bytes
    layers: tuple[IO[bytes], ...]

    @property
    def identity(self) -> str:
        """Give the image's id: the digest of its configuration."""
        return blob_of(io.BytesIO(self.config)).digest

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Give the digest of each layer."""
        return tuple(json.loads(self.config)["rootfs"]["diff_ids"])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Give the bytes of each layer."""
        return tuple(layer.seek(0, io.SEEK_END) for layer in self.layers)


@contextmanager
def saved(client: DockerClient, identity: str) -> Iterator[Saved]:
    """Give an image as the engine saves it, for as long as the context lasts."""
    with tempfile.TemporaryFile() as file:
        for chunk in client.images.get(identity).save():
            file.write(chunk)
        with _opened(file) as image:
            yield image


@contextmanager
def saved_file(path: Path) -> Iterator[Saved]:
    """Give an image from an archive such as `docker save` writes, for as long as the context lasts."""
    with path.open("rb") as file, _opened(file) as image:
        yield image


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[Saved]:
    file.seek(0)
    with ExitStack() as stack:
        archive = stack.enter_context(tarfile.open(fileobj=file))
        manifest = json.loads(_member(archive, "manifest.json").read())[0]
        layers = tuple(_unpacked(_member(archive, name), stack) for name in manifest["Layers"])
        yield Saved(_member(archive, manifest["Config"]).read(), layers)


def _unpacked(layer: IO[bytes], stack: ExitStack) -> IO[bytes]:
    """Give a layer uncompressed: BuildKit leaves those of a base as a registry had them."""
    magic = layer.read(len(_GZIP))
    layer.seek(0)
    if magic != _GZIP:
        return layer
    target = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed by the stack
    with gzip.open(layer) as unpacked:
        shutil.copyfileobj(unpacked, target, _CHUNK)
    return target


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise ImageError(f"the engine saved an image without {name}")
    return found


@contextmanager
def steady(image: Saved, kept: int) -> Iterator[Saved]:
    """Give an image without times; its `kept` lowest layers, which are those of its base, stay as they are."""
    with ExitStack() as stack:
        layers = list(image.layers[:kept])
        for layer in image.layers[kept:]:
            target = stack.enter_context(tempfile.TemporaryFile())
            rewrite(layer, target)
            layers.append(target)
        digests = [*image.diff_ids[:kept], *(blob_of(layer).digest for layer in layers[kept:])]
        yield Saved(_steady_config(json.loads(image.config), digests), tuple(layers))


def _steady_config(config: dict[str, Any], digests: list[str]) -> bytes:
    """Keep what says how the image runs; leave out what says when and in which container it was made."""
    process = {name: config["config"][name] for name in _OF_ITS_PROCESS if config["config"].get(name)}
    history = [{**step, "created": _CREATED} for step in config.get("history", ())]
    kept = {name: config[name] for name in _OF_THE_IMAGE if config.get(name)}
    rootfs = {"type": "layers", "diff_ids": digests}
    return encoded(kept | {"config": process, "created": _CREATED, "history": history, "rootfs": rootfs})


def encoded(value: object) -> bytes:
    """Write JSON in the one way that a digest is taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def load(client: DockerClient, image: Saved, references: Sequence[str]) -> None:
    """Bring an image into the engine under its names. Raises ImageError."""
    import docker  # noqa: PLC0415 - 0.15 s, and only for what needs the engine

    with tempfile.TemporaryFile() as file:
        write(file, image, references)
        file.seek(0)
        try:
            client.images.load(file)
        except docker.errors.DockerException as error:
            raise ImageError(f"{references[0]} cannot be loaded into the engine: {error}") from None


def write(file: IO[bytes], image: Saved, references: Sequence[str]) -> None:
    """Write the archive that `docker load` takes, and `kind load image-archive` too."""
    names = [f"{digest.removeprefix('sha256:')}.tar" for digest in image.diff_ids]
    config = f"{image.identity.removeprefix('sha256:')}.json"
    manifest = [{"Config": config, "RepoTags": list(references), "Layers": names}]
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, layer in dict(zip(names, image.layers, strict=True)).items():
            _add(archive, name, layer)
        _add(archive, config, io.BytesIO(image.config))
        _add(archive, "manifest.json", io.BytesIO(encoded(manifest)))


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = content.seek(0, io.SEEK_END)
    info.mtime = EPOCH
    content.seek(0)
    archive.addfile(info, content)


def base_layers(client: DockerClient, image: Saved, bases: Sequence[str]) -> int:
    """Count the lowest layers that an image has from one of its bases."""
    known = [client.images.get(base).attrs["RootFS"].get("Layers", []) for base in bases]
    return max((len(layers) for layers in known if list(image.diff_ids[: len(layers)]) == layers), default=0)


def config_blob(image: Saved) -> Blob:
    """Give digest and size of an image's configuration."""
    return blob_of(io.BytesIO(image.config))
