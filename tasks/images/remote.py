"""A tag of a repository in a registry: what is there, and what is sent to it.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md. Credentials are those of Docker's own
configuration; a registry on this machine is spoken to without TLS, as Docker does.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from tasks.images.errors import ImageError
from tasks.images.layers import Blob, blob_of
from tasks.images.manifest import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import Response

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FOUND, _CREATED, _MISSING = 200, 201, 404
_SECONDS = 20


class Remote:
    """A reference, `REGISTRY/PATH:TAG`, and a client for its registry."""

    _sent: ClassVar[dict[tuple[str, str], str]] = {}  # registry and digest of a blob → a repository that has it

    def __init__(self, reference: str) -> None:
        """Take the reference; nothing is sent yet."""
        from oras.container import Container  # noqa: PLC0415 - only for what is pushed
        from oras.provider import Registry  # noqa: PLC0415 - as above

        self.reference = reference
        self._container = Container(reference)
        host = self._container.registry.rpartition(":")[0] or self._container.registry
        self._registry: Any = Registry(insecure=host in _LOOPBACK)
        self._registry.auth.load_configs(self._container)

    def reach(self) -> None:
        """Ask the registry for a sign of life, once: the client asks five times, which takes two minutes."""
        import requests  # noqa: PLC0415 - as above

        requests.head(f"{self._registry.prefix}://{self._container.registry}/v2/", timeout=_SECONDS)

    @property
    def name(self) -> str:
        """Give the reference in full."""
        return str(self._container.uri)

    def digest(self) -> str | None:
        """Give the digest of what the tag stands for, None when there is no such tag. Raises ImageError."""
        found = self._registry.do_request(self._manifest_url(), "HEAD", headers={"Accept": MEDIA_TYPE})
        if found.status_code == _MISSING:
            return None
        if found.status_code != _FOUND:
            raise ImageError(f"{self.reference}: the registry answered {found.status_code} {found.reason}")
        return found.headers.get("Docker-Content-Digest") or "an image without digest"

    def has(self, digest: str) -> bool:
        """Tell whether the repository has a blob, or has it now from another one to which it was sent before."""
        is_there = bool(self._registry.blob_exists({"digest": digest}, self._container)) or self._mounted(digest)
        if is_there:
            self._sent[self._container.registry, digest] = self._container.api_prefix
        return is_there

    def _mounted(self, digest: str) -> bool:
        source = self._sent.get((self._container.registry, digest))
        if source is None:
            return False
        uploads = f"{self._registry.prefix}://{self._container.registry}/v2/{self._container.api_prefix}/blobs/uploads/"
        answer = self._registry.do_request(f"{uploads}?mount={digest}&from={source}", "POST")
        return bool(answer.status_code == _CREATED)

    def send_file(self, path: str, blob: Blob) -> None:
        """Send a blob from a file. Raises ImageError."""
        self._check(self._registry.upload_blob(path, self._container, blob._asdict()))
        self._sent[self._container.registry, blob.digest] = self._container.api_prefix

    def send(self, content: bytes) -> Blob:
        """Send a blob. Raises ImageError."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            blob = blob_of(file)
            self.send_file(file.name, blob)
        return blob

    def tag(self, manifest: bytes) -> None:
        """Send a manifest that the tag is to stand for. Raises ImageError."""
        self._send_manifest(self._manifest_url(), manifest)

    def add(self, digest: str, manifest: bytes) -> None:
        """Send a manifest that is known by its digest only. Raises ImageError."""
        self._send_manifest(f"{self._manifest_url().rpartition('/')[0]}/{digest}", manifest)

    def _send_manifest(self, url: str, content: bytes) -> None:
        self._check(self._registry.do_request(url, "PUT", headers={"Content-Type": MEDIA_TYPE}, data=content))

    def _manifest_url(self) -> str:
        return f"{self._registry.prefix}://{self._container.manifest_url()}"

    def _check(self, response: Response) -> None:
        if response.status_code not in {_FOUND, _CREATED}:
            reason = " ".join((response.text or response.reason).split())
            raise ImageError(f"{self.name}: the registry answered {response.status_code}: {reason}")


@contextmanager
def connected(reference: str) -> Iterator[Remote]:
    """Give a reference in its registry. Raises ImageError for all that goes wrong on the way."""
    try:
        import requests  # noqa: PLC0415 - only for what is pushed

        remote = Remote(reference)
    except ImportError:
        raise ImageError("a registry is spoken to with oras: pip install -e '.[images]'") from None
    except ValueError as error:
        raise ImageError(f"{reference}: {error}") from None
    try:
        remote.reach()
        yield remote
    except (requests.RequestException, ValueError) as error:
        raise ImageError(f"{reference} cannot be pushed: {error}") from None
