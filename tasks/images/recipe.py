"""The recipe of an image: all that its content is made from, and the tag that follows from it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tasks.images import context, dockerfile
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.images.folders import Image

# Part of every digest: raised when the builder makes another image from the same files.
_BUILDER = 1
_VERSION = "VERSION"
_SNAPSHOT = "DEBIAN_SNAPSHOT"
_LENGTH = 16


class Recipe(NamedTuple):
    """What an image is made from.

    `bases`: argument → reference of its base image. `arguments`: all build arguments that differ from the
    Dockerfile's own. `digest`: one SHA-256 of the files, the bases and the arguments.
    """

    image: Image
    bases: dict[str, str]
    arguments: dict[str, str]
    stages: tuple[str, ...]
    entries: tuple[context.Entry, ...]
    version: str
    digest: str

    @property
    def tag(self) -> str:
        """Give the content-addressed tag, after the version if the Dockerfile has an ARG VERSION."""
        return "-".join(filter(None, (self.version, self.digest[:_LENGTH])))

    @property
    def reference(self) -> str:
        """Give the name under which the local engine knows the image."""
        return f"{self.image.name}:{self.tag}"


def recipe(image: Image, stand_ins: Mapping[str, str] | None = None) -> Recipe:
    """Describe how an image is made.

    `stand_ins`: argument → local image, where no registry is at hand; Debian packages then come from the stand-in's own
    sources, not from a dated snapshot. Raises ImageError.
    """
    read = dockerfile.read(image.dockerfile)
    arguments = {} if stand_ins is None else _replaced(image, read, stand_ins)
    bases = {name: arguments.get(name, value) for name, value in read.bases.items()}
    entries = context.entries(image)
    inputs = [_BUILDER, bases, arguments, context.digest(entries)]
    digest = sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return Recipe(image, bases, arguments, read.stages, entries, read.arguments.get(_VERSION, ""), digest)


def _replaced(image: Image, read: dockerfile.Dockerfile, stand_ins: Mapping[str, str]) -> dict[str, str]:
    missing = sorted(read.bases.keys() - stand_ins.keys())
    if missing:
        raise ImageError(f"{image.dockerfile}: ARG {missing[0]} has no stand-in; known: {', '.join(sorted(stand_ins))}")
    return {name: stand_ins[name] for name in read.bases} | ({_SNAPSHOT: ""} if _SNAPSHOT in read.taken else {})
