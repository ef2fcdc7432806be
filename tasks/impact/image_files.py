"""Which images a file under images/ is part of, and which manifests name an image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasks.images.folders import IMAGES, images

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.images.folders import Image

_IMAGE = re.compile(r"^\s*(?:- )?image: (?P<name>\S+?)(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?\s*$", re.MULTILINE)


def images_of(files: Iterable[str]) -> dict[str, list[str]]:
    """Give for each image that changed its files among these, by the image's name."""
    changed = [file for file in files if file.startswith(f"{IMAGES}/")]
    found = {image.name: [file for file in changed if _is_part(image, file)] for image in images()} if changed else {}
    return {name: parts for name, parts in found.items() if parts}


def _is_part(image: Image, file: str) -> bool:
    """Tell whether a file is in the image's build context, as its ignore file says."""
    if file in {str(image.dockerfile), str(image.ignore_file)}:
        return True
    try:
        from docker.utils.build import PatternMatcher  # noqa: PLC0415 - only where images changed

        lines = image.ignore_file.read_text().splitlines()
    except (ImportError, OSError):
        return file.startswith(f"{image.dockerfile.parent}/")
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    name: Any = file.removeprefix(f"{IMAGES}/")  # a text, whatever the types say: it is taken apart as one
    return not PatternMatcher(patterns).matches(name)


def names_image(text: str, name: str) -> bool:
    """Tell whether rendered text has a container of an image, from whatever registry."""
    return any(found["name"] == name or found["name"].endswith(f"/{name}") for found in _IMAGE.finditer(text))
