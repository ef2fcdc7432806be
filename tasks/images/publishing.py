"""An image into a registry: its layers, its configuration, its manifest under an immutable tag.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md. Credentials are those of Docker's own
configuration. What is there already is not sent again, and a tag that stands for another image is not moved.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from tasks.images.archive import saved
from tasks.images.errors import ImageError
from tasks.images.layers import Blob, compress
from tasks.images.manifest import MEDIA_TYPE, manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from oras.container import Container
    from oras.provider import Registry

    from tasks.images.archive import Saved
    from tasks.images.lock import Locked
    from tasks.images.manifest import Manifest
    from tasks.images.recipe import Recipe

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FOUND, _CREATED, _MISSING = 200, 201, 404


def publish(client: DockerClient, recipe: Recipe, entry: Locked, registry: str, show: Callable[[str], None]) -> None:
    """Push an image as REGISTRY/system/service:tag. Raises ImageError."""
    import requests  # noqa: PLC0415 - only for what is pushed
    from oras.container import Container  # noqa: PLC0415

    reference = f"{registry}/{recipe.reference}"
    container = Container(reference)
    remote = _connect(container)
    try:
        if _is_there(remote, container, reference, entry.digest):
            show(f"{reference} is there")
            return
        with saved(client, recipe.reference) as image:
            _send(remote, container, image, entry, show)
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


def _send(remote: Registry, container: Container, image: Saved, entry: Locked, show: Callable[[str], None]) -> None:
    described: Manifest = manifest(image)
    if described.digest != entry.digest:
        raise ImageError(
            f"{container.uri}: compressed, the image is {described.digest}, and the lock has {entry.digest}: "
            "it was made with another zlib; build it anew here"
        )
    for number, blob in enumerate(described.layers):
        if not remote.blob_exists({"digest": blob.digest}, container):
            _send_layer(remote, container, image, number)
            show(f"layer {number + 1}/{len(described.layers)} pushed, {blob.size / 1_000_000:.1f} MB")
    with tempfile.NamedTemporaryFile() as file:
        file.write(image.config)
        file.flush()
        _checked(remote.upload_blob(file.name, container, described.config._asdict()), container)
    headers = {"Content-Type": MEDIA_TYPE}
    url = _manifest_url(remote, container)
    _checked(remote.do_request(url, "PUT", headers=headers, data=described.content), container)
    show(f"{container.uri} pushed: {described.digest}")


def _send_layer(remote: Registry, container: Container, image: Saved, number: int) -> None:
    with tempfile.NamedTemporaryFile() as file:
        blob: Blob = compress(image.layers[number], file)
        file.flush()
        _checked(remote.upload_blob(file.name, container, blob._asdict()), container)


def _checked(response: object, container: Container) -> None:
    status = getattr(response, "status_code", 0)
    if status not in {_FOUND, _CREATED}:
        reason = getattr(response, "text", "") or getattr(response, "reason", "")
        raise ImageError(f"{container.uri}: the registry answered {status}: {' '.join(str(reason).split())}")
