"""Digests into the first environment: overlays/<env>/<system>/pins/, which people never edit.

The registry of an image, `newName`, stays what the pins already say, unless the image was pushed to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.edit.images import KEEP, set_images
from imbricate.errors import ImbricateError
from imbricate.kustomization import Image as Entry
from tasks.images.errors import ImageError
from tasks.units import OVERLAYS, environments

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.images.folders import Image


def pins_of(system: str, environment: str) -> Path:
    """Give the file that holds a system's pins in an environment."""
    return OVERLAYS / environment / system / "pins" / "kustomization.yaml"


def pin(image: Image, tag: str, digest: str, registry: str = "") -> bool:
    """Write an image's tag and digest into the first environment's pins; tell whether that changed them."""
    file = pins_of(image.system, environments()[0].name)
    if not file.is_file():
        raise ImageError(f"{file} is missing: it is the Component that holds the digests of {image.system}")
    name = f"{registry}/{image.name}" if registry else KEEP
    try:
        return set_images(file, [Entry(image.name, name, new_tag=tag, digest=digest)])
    except ImbricateError as error:
        raise ImageError(str(error)) from None
