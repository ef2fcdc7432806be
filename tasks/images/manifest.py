"""The manifest of an image, and with it the digest under which every registry will know the image.

https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
"""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from tasks.images.archive import config_blob, encoded
from tasks.images.layers import Blob, blob_of, compress, keep_blob, known_blob

if TYPE_CHECKING:
    from typing import IO

    from tasks.images.archive import Saved

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


class Manifest(NamedTuple):
    """An image as a registry has it: its configuration and its compressed layers by digest and size."""

    config: Blob
    layers: tuple[Blob, ...]

    @property
    def content(self) -> bytes:
        """Give the manifest itself."""
        layers = [{"mediaType": LAYER_TYPE, "digest": blob.digest, "size": blob.size} for blob in self.layers]
        config = {"mediaType": CONFIG_TYPE, "digest": self.config.digest, "size": self.config.size}
        return encoded({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": config, "layers": layers})

    @property
    def digest(self) -> str:
        """Give the image's digest."""
        return blob_of(io.BytesIO(self.content)).digest


def manifest(image: Saved) -> Manifest:
    """Describe an image; layers that were compressed on this machine before are not compressed again."""
    layers = (_blob(diff_id, layer) for diff_id, layer in zip(image.diff_ids, image.layers, strict=True))
    return Manifest(config_blob(image), tuple(layers))


def _blob(diff_id: str, layer: IO[bytes]) -> Blob:
    known = known_blob(diff_id)
    if known:
        return known
    with tempfile.TemporaryFile() as target:
        blob = compress(layer, target)
    keep_blob(diff_id, blob)
    return blob
