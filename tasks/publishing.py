"""A rendered environment as an OCI artifact that Flux and Argo CD take.

In: gitops/<env> at a commit. Out: one layer, a tar archive with the paths that it has in git, and a manifest. All
follows from the commit that changed the folder last, so that the same content has the same digest wherever it is
published.
"""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tasks.git import changed_since, commit, contents_at, files_at, last_change, origin
from tasks.images.archive import encoded
from tasks.images.context import EPOCH
from tasks.images.errors import ImageError
from tasks.images.layers import blob_of, compress
from tasks.images.manifest import MEDIA_TYPE
from tasks.units import GITOPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasks.images.remote import Remote

# https://fluxcd.io/flux/cheatsheets/oci-artifacts/
CONFIG_TYPE = "application/vnd.cncf.flux.config.v1+json"
LAYER_TYPE = "application/vnd.cncf.flux.content.v1.tar+gzip"
_CONFIG = b"{}"
_ANNOTATION = "org.opencontainers.image"
_SHORT = 12


class Artifact(NamedTuple):
    """The layer, and what is said of it: the commit, when that was made, where it is from."""

    layer: bytes
    revision: str
    created: str
    source: str

    @property
    def tag(self) -> str:
        """Give the tag that it has if no other is asked for."""
        return self.revision[:_SHORT]

    @property
    def manifest(self) -> bytes:
        """Give the manifest."""
        said = {"created": self.created, "revision": f"sha1:{self.revision}", "source": self.source}
        return encoded(
            {
                "schemaVersion": 2,
                "mediaType": MEDIA_TYPE,
                "config": _described(CONFIG_TYPE, _CONFIG),
                "layers": [_described(LAYER_TYPE, self.layer)],
                "annotations": {f"{_ANNOTATION}.{name}": value for name, value in said.items() if value},
            }
        )

    @property
    def digest(self) -> str:
        """Give the digest of the manifest."""
        return blob_of(io.BytesIO(self.manifest)).digest


def _described(media_type: str, content: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, **blob_of(io.BytesIO(content))._asdict()}


def artifact(environment: str, source: str = "") -> Artifact:
    """Make the artifact of an environment as it is committed. Raises ImageError or GitError."""
    folder = f"{GITOPS}/{environment}"
    head = commit("HEAD")
    changed = [path for path in changed_since(head) if path.startswith(f"{folder}/")]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ImageError(f"{changed[0]}{more}: not committed; what is published is what a commit has")
    files = contents_at(head, files_at(head, folder))
    if not files:
        raise ImageError(f"{folder} is empty at {head}; run doit render env={environment} and commit it")
    revision, time = last_change(folder)
    created = datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Artifact(layer_of(files), revision.id, created, source or origin())


def layer_of(files: Mapping[str, bytes]) -> bytes:
    """Pack files, by path, without times and users of their own."""
    packed, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(files.items()):
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.mode = len(content), EPOCH, 0o644
            archive.addfile(info, io.BytesIO(content))
    compress(packed, zipped)
    return zipped.getvalue()


def publish(made: Artifact, remote: Remote, show: Callable[[str], None], *, is_moving: bool) -> None:
    """Push an artifact, unless it is there. Raises ImageError where its tag is another one's and must not move."""
    there = remote.digest()
    if there == made.digest:
        show(f"{remote.name} is there: {made.digest}")
        return
    if there and not is_moving:
        raise ImageError(f"{remote.reference} is {there} there, and {made.digest} here: this tag is never moved")
    for content in (made.layer, _CONFIG):
        if not remote.has(blob_of(io.BytesIO(content)).digest):
            remote.send(content)
    remote.tag(made.manifest)
    moved = f", moved from {there}" if there else ""
    show(f"{remote.name} pushed{moved}: {made.digest}, {len(made.layer) / 1000:.0f} kB")
