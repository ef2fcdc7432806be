"""The images of a deployment, brought into the registry beside the kind cluster: nodes ask it before any other.

Ours go in by their digest, as they would anywhere; what stands in for an image of somebody else goes in under that
image's name. What is in neither place is left to the real registry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.cluster import registry
from tasks.images.engine import references
from tasks.images.errors import ImageError
from tasks.images.folders import images
from tasks.images.lock import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from docker import DockerClient

    from tasks.connection import Manifest

_IMAGE = re.compile(r"^(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$")
_HUB = "docker.io"


class Reference(NamedTuple):
    """An image as a manifest names it, with the registry that is meant where none is named."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """Give it without registry and digest."""
        return f"{self.repository}:{self.tag or 'latest'}"

    @property
    def full_name(self) -> str:
        """Give it without digest, as a node asks for it."""
        return f"{self.registry}/{self.name}"


def parse(text: str) -> Reference:
    """Read a reference as container runtimes do: `postgres` is docker.io/library/postgres."""
    found = _IMAGE.match(text)
    if not found:
        raise ImageError(f"{text!r} is no reference of an image")
    first, slash, rest = found["name"].partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Reference(first, rest, found["tag"] or "", found["digest"] or "")
    repository = found["name"] if slash else f"library/{found['name']}"
    return Reference(_HUB, repository, found["tag"] or "", found["digest"] or "")


def images_of(manifests: Iterable[Manifest]) -> list[str]:
    """Give the images that the pods of all workloads run."""
    return sorted({image for manifest in manifests for image in _images(manifest.get("spec"))})


def _images(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        image = node.get("image")
        if isinstance(image, str) and "name" in node:
            yield image
        for value in node.values():
            yield from _images(value)
    elif isinstance(node, list):
        for value in node:
            yield from _images(value)


def supply(
    client: DockerClient, wanted: Iterable[str], stand_ins: Mapping[str, str], show: Callable[[str], None]
) -> None:
    """Bring images into the registry; `stand_ins`: public image by full name → local one.

    Raises ImageError for one of ours that is not in the engine.
    """
    here = references(client)
    ours = {image.name for image in images()}
    for text in wanted:
        reference = parse(text)
        if reference.repository in ours:
            _supply_ours(client, reference, here, show)
        elif reference.full_name in stand_ins:
            _supply_stand_in(client, reference, stand_ins[reference.full_name], here, show)


def _supply_ours(client: DockerClient, wanted: Reference, here: frozenset[str], show: Callable[[str], None]) -> None:
    from tasks.images.publishing import Errand, push  # noqa: PLC0415 - only for what is pushed

    entry = locked().get(wanted.repository)
    if entry is None or (wanted.tag, wanted.digest) != (entry.tag, entry.digest or wanted.digest):
        return  # another build than the last one here: the registry has it, or the real one does
    if wanted.name not in here:
        raise ImageError(f"{wanted.name} is not in the engine: run `doit build`")
    if push(client, Errand(wanted.name, entry.digest, f"{registry.HOST}/{wanted.name}"), lambda _: None):
        show(f"{wanted.name} is in the cluster's registry now")


def _supply_stand_in(
    client: DockerClient, wanted: Reference, local: str, here: frozenset[str], show: Callable[[str], None]
) -> None:
    if local not in here:
        show(f"{wanted.name} comes from {wanted.registry}: `doit base_images` would make its stand-in")
        return
    pushed = f"{registry.HOST}/{wanted.name}"
    client.api.tag(local, pushed)
    for line in client.images.push(pushed, stream=True, decode=True):
        if "error" in line:
            raise ImageError(f"{pushed} cannot be pushed: {line['error']}")
    show(f"{wanted.name} is played by {local}")


def plays(client: DockerClient, image: str, port: int) -> bool:
    """Tell whether what runs under the name of an image has a port: a stand-in may play a part of it only."""
    from tasks.stand_ins.plans import stand_ins_for  # noqa: PLC0415 - only where a port is closed

    local = stand_ins_for([image]).get(parse(image).full_name)
    if local is None or local not in references(client):
        return True
    exposed = client.images.get(local).attrs["Config"].get("ExposedPorts") or {}
    return f"{port}/tcp" in exposed
