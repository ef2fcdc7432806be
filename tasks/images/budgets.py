"""images/budgets.yaml: how large an image may be, by the specification of its system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tasks.images.errors import ImageError
from tasks.images.folders import IMAGES

if TYPE_CHECKING:
    from tasks.images.folders import Image

BUDGETS = IMAGES / "budgets.yaml"
_DEFAULT = "default"
_MEGABYTE = 1_000_000


def budget(image: Image) -> int:
    """Give the bytes that an image may have unpacked, its base included. Raises ImageError."""
    try:
        found = yaml.safe_load(BUDGETS.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ImageError(f"{BUDGETS} cannot be read: {' '.join(str(error).split())}") from None
    megabytes = found.get(image.name, found.get(_DEFAULT)) if isinstance(found, dict) else None
    if not isinstance(megabytes, int):
        raise ImageError(f"{BUDGETS}: {image.name}: expected a number of megabytes, found {megabytes!r}")
    return megabytes * _MEGABYTE
