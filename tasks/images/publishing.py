"""An image into a registry: its layers, its configuration, its manifest under an immutable tag.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md. Credentials are those of Docker's own
configuration. What is there already is not sent again, and a tag that stands for another image is not moved.
"""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from tasks.images.archive import saved
from tasks.images.attachments import attachments
from tasks.images.errors import ImageError
from tasks.images.layers import Blob, blob_of, compress
from tasks.images.manifest import MEDIA_TYPE, manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker import DockerClient
    from oras.container import Container
    from oras.provider import Registry
    from requests import Response

    from tasks.images.archive import Saved
    from tasks.images.attachments import Attachment
    from tasks.images.lock import Locked
    from tasks.images.manifest import Manifest
    from tasks.images.recipe import Recipe

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FOUND, _CREATED, _MISSING = 200, 201, 404


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


def push(client: DockerClient, errand: Errand, show: Callable[[str], None], said: Sequence[Attachment] = ()) -> None:
    """Push an image and what is said of it, unless it is there. Raises ImageError."""
    import requests  # noqa: PLC0415 - only for what is pushed
    from oras.container import Container  # noqa: PLC0415

    local, digest, reference = errand
    container = Container(reference)
    remote = _connect(container)
    try:
        if _is_there(remote, container, reference, digest):
            show(f"{reference} is there")
            return
        with saved(client, local) as image:
            described = _send(remote, container, image, digest, show)
        for attachment in said:
            _attach(remote, container, described, attachment)
            show(f"{attachment.media_type} attached")
    except (requests.RequestException, ValueError) as error:
        raise ImageError(f"{reference} cannot be pushed: {error}") from None


def _connect(container: Container) -> Registry:
    """Give a client for a registry; one on this machine is spoken to without TLS, as Docker does."""
    from oras.provider import Registry  # noqa: PLC0415 - as above

    host = container.registry.rpartition(":")[0] or container.registry
    remote = Registry(insecure=host in _LOOPBACK)
    remote.auth.load_configs(container)
    return remote


def _is_there(remote: Registry, container: Container, reference: str, digest: str) -> bool:
    """Tell whether the tag stands for this image. Raises ImageError if it stands for another."""
    found = remote.do_request(_manifest_url(remote, container), "HEAD", headers={"Accept": MEDIA_TYPE})
    if found.status_code == _MISSING:
        return False
    if found.status_code != _FOUND:
        raise ImageError(f"{reference}: the registry answered {found.status_code} {found.reason}")
    there = found.headers.get("Docker-Content-Digest", "")
    if there != digest:
        raise ImageError(
            f"{reference} is {there or 'an image without digest'} there, and {digest} here: a tag is never moved; "
            "the same inputs have given another image"
        )
    return True


def _manifest_url(remote: Registry, container: Container) -> str:
    return f"{remote.prefix}://{container.manifest_url()}"


def _send(remote: Registry, container: Container, image: Saved, digest: str, show: Callable[[str], None]) -> Manifest:
    described = manifest(image)
    if described.digest != digest:
        raise ImageError(
            f"{container.uri}: compressed, the image is {described.digest}, and the lock has {digest}: "
            "it was made with another zlib; build it anew here"
        )
    for number, blob in enumerate(described.layers):
        if not remote.blob_exists({"digest": blob.digest}, container):
            _send_layer(remote, container, image, number)
            show(f"layer {number + 1}/{len(described.layers)} pushed, {blob.size / 1_000_000:.1f} MB")
    _send_blob(remote, container, image.config)
    _send_manifest(remote, container, _manifest_url(remote, container), described.content)
    show(f"{container.uri} pushed: {described.digest}")
    return described


def _send_layer(remote: Registry, container: Container, image: Saved, number: int) -> None:
    with tempfile.NamedTemporaryFile() as file:
        blob = compress(image.layers[number], file)
        file.flush()
        _check(remote.upload_blob(file.name, container, blob._asdict()), container)


def _send_blob(remote: Registry, container: Container, content: bytes) -> Blob:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        blob = blob_of(file)
        _check(remote.upload_blob(file.name, container, blob._asdict()), container)
    return blob


def _send_manifest(remote: Registry, container: Container, url: str, content: bytes) -> None:
    _check(remote.do_request(url, "PUT", headers={"Content-Type": MEDIA_TYPE}, data=content), container)


def _attach(remote: Registry, container: Container, described: Manifest, attachment: Attachment) -> None:
    """Push an artifact whose subject is the image; it has no tag, only its digest."""
    subject = {"mediaType": MEDIA_TYPE, "digest": described.digest, "size": len(described.content)}
    content, empty = (_send_blob(remote, container, part) for part in (attachment.content, b"{}"))
    made = attachment.manifest(subject, content.digest, empty.digest)
    url = _manifest_url(remote, container).rpartition("/")[0]
    _send_manifest(remote, container, f"{url}/{blob_of(io.BytesIO(made)).digest}", made)


def _check(response: Response, container: Container) -> None:
    if response.status_code not in {_FOUND, _CREATED}:
        reason = " ".join((response.text or response.reason).split())
        raise ImageError(f"{container.uri}: the registry answered {response.status_code}: {reason}")
