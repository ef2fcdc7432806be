"""An image into a registry: its layers, its configuration, its manifest under an immutable tag.

What is there already is not sent again, and a tag that stands for another image is not moved.
"""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from tasks.images.archive import saved
from tasks.images.attachments import attachments
from tasks.images.errors import ImageError
from tasks.images.layers import blob_of, compress
from tasks.images.manifest import MEDIA_TYPE, manifest
from tasks.images.remote import connected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker import DockerClient

    from tasks.images.archive import Saved
    from tasks.images.attachments import Attachment
    from tasks.images.lock import Locked
    from tasks.images.manifest import Manifest
    from tasks.images.recipe import Recipe
    from tasks.images.remote import Remote


class Destination(NamedTuple):
    """Where an image goes: the registry with its path, and the builder that is named as the image's."""

    registry: str
    builder: str


def publish(
    client: DockerClient, recipe: Recipe, entry: Locked, destination: Destination, show: Callable[[str], None]
) -> None:
    """Push an image as REGISTRY/system/service:tag, and what is said of it. Raises ImageError."""
    said = attachments(recipe, entry, destination.builder)
    errand = Errand(recipe.reference, entry.digest, f"{destination.registry}/{recipe.reference}")
    push(client, errand, show, said)


class Errand(NamedTuple):
    """What goes where: an image of the engine, the digest that it must have, the reference in the registry."""

    local: str
    digest: str
    reference: str


def push(client: DockerClient, errand: Errand, show: Callable[[str], None], said: Sequence[Attachment] = ()) -> bool:
    """Push an image and what is said of it, unless it is there; tell whether it was not. Raises ImageError."""
    local, digest, reference = errand
    with connected(reference) as remote:
        if _is_there(remote, digest):
            show(f"{reference} is there")
            return False
        with saved(client, local) as image:
            described = _send(remote, image, digest, show)
        for attachment in said:
            _attach(remote, described, attachment)
            show(f"{attachment.media_type} attached")
    return True


def _is_there(remote: Remote, digest: str) -> bool:
    """Tell whether the tag stands for this image. Raises ImageError if it stands for another."""
    there = remote.digest()
    if there not in {None, digest}:
        raise ImageError(
            f"{remote.reference} is {there} there, and {digest} here: a tag is never moved; "
            "the same inputs have given another image"
        )
    return there is not None


def _send(remote: Remote, image: Saved, digest: str, show: Callable[[str], None]) -> Manifest:
    described = manifest(image)
    if described.digest != digest:
        raise ImageError(
            f"{remote.name}: compressed, the image is {described.digest}, and the lock has {digest}: "
            "it was made with another zlib; build it anew here"
        )
    for number, blob in enumerate(described.layers):
        if not remote.has(blob.digest):
            _send_layer(remote, image, number)
            show(f"layer {number + 1}/{len(described.layers)} pushed, {blob.size / 1_000_000:.1f} MB")
    remote.send(image.config)
    remote.tag(described.content)
    show(f"{remote.name} pushed: {described.digest}")
    return described


def _send_layer(remote: Remote, image: Saved, number: int) -> None:
    with tempfile.NamedTemporaryFile() as file:
        blob = compress(image.layers[number], file)
        file.flush()
        remote.send_file(file.name, blob)


def _attach(remote: Remote, described: Manifest, attachment: Attachment) -> None:
    """Push an artifact whose subject is the image; it has no tag, only its digest."""
    subject = {"mediaType": MEDIA_TYPE, "digest": described.digest, "size": len(described.content)}
    content, empty = (remote.send(part) for part in (attachment.content, b"{}"))
    made = attachment.manifest(subject, content.digest, empty.digest)
    remote.add(blob_of(io.BytesIO(made)).digest, made)
