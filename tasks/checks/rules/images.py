"""Images: which version runs must be known, and from the second stage on it must be the very one that was tried."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasks.checks.findings import Problem
from tasks.checks.objects import field
from tasks.checks.registry import rule, unit_rule
from tasks.memory import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest, Path
    from tasks.checks.subject import Subject

_GROUP = "Images"
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_OF_CUSTOM = {"Cluster": ("spec", "imageName"), "OpenTelemetryCollector": ("spec", "image")}


def _images(subject: Subject) -> Iterator[tuple[Manifest, Path, str]]:
    for pod in subject.objects.pods:
        for one in pod.containers:
            yield pod.manifest, (*one.path, "image"), str(one.value.get("image") or "")
    for manifest in subject.objects.of_kind(*_OF_CUSTOM):
        found: Any = field(manifest, *_OF_CUSTOM[manifest["kind"]])
        if found:
            yield manifest, _OF_CUSTOM[manifest["kind"]], str(found)


@unit_rule("image-tag", _GROUP, fix="name the version, in the pins of the overlay")
def image_tag(subject: Subject) -> Iterator[Problem]:
    """Every image has a version, and none is `latest`.

    A tag that moves makes of the same manifest another program on each node.
    """
    for manifest, path, image in _images(subject):
        name, at, _ = image.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if not image:
            yield Problem("there is no image", manifest, path)
        elif tag == "latest":
            yield Problem(f"image {image} is the latest, whichever that is", manifest, path, culprit="latest")
        elif not tag and not at:
            yield Problem(f"image {image} has no version", manifest, path)


def _images_and_lock(_: Subject) -> tuple[str, ...]:
    from tasks.images.folders import DOCKERFILES  # noqa: PLC0415 - as below
    from tasks.images.lock import LOCK  # noqa: PLC0415

    return str(LOCK), names(DOCKERFILES)


@rule(
    "image-digest",
    _GROUP,
    fix="build and promote it (doit build, doit promote), or write the digest into the pins",
    reads=_images_and_lock,
)
def image_digest(subject: Subject) -> Iterator[Problem]:
    """From the second environment on, every image has its digest.

    What was tried in the stage before is then what runs, even if somebody pushes the tag again. An image of images/
    that was never built has none yet; `doit build` and `doit promote` give it one.
    """
    if subject.is_first:
        return
    unbuilt = never_built()
    for manifest, path, image in _images(subject):
        if not _DIGEST.fullmatch(image) and name_of_image(image) not in unbuilt:
            yield Problem(f"image {image} has no digest", manifest, path)


def never_built() -> frozenset[str]:
    """Give the images of the repository, `tamma/api`, that are not in the lock."""
    from tasks.images.errors import ImageError  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.images.folders import images  # noqa: PLC0415
    from tasks.images.lock import locked  # noqa: PLC0415

    try:
        return frozenset(one.name for one in images()) - locked().keys()
    except ImageError:
        return frozenset()


def name_of_image(image: str) -> str:
    """Give system and service of an image: registry.example.com/tamma/api:1.0 is tamma/api."""
    path = image.partition("@")[0].split("/")
    return "/".join([*path[-2:-1], path[-1].partition(":")[0]])
