"""The images of the repository, found from images/<system>/<service>/Dockerfile."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

IMAGES = Path("images")
STAND_INS = "stand-ins"
_DOCKERFILE = "Dockerfile"
DOCKERFILES = f"{IMAGES}/*/*/{_DOCKERFILE}"


class Image(NamedTuple):
    """One image: the system whose it is, and its own name there."""

    system: str
    service: str

    @property
    def name(self) -> str:
        """Give its name in manifests: `tamma/api`."""
        return f"{self.system}/{self.service}"

    @property
    def task(self) -> str:
        """Give the name of its sub-task: `tamma-api`."""
        return f"{self.system}-{self.service}"

    @property
    def dockerfile(self) -> Path:
        """Give the path of its Dockerfile."""
        return IMAGES / self.system / self.service / _DOCKERFILE

    @property
    def ignore_file(self) -> Path:
        """Give the path of the file that says what of images/ stays out of its context.

        BuildKit's own name for one: https://docs.docker.com/build/concepts/context/#filename-and-location.
        """
        return self.dockerfile.with_name(f"{_DOCKERFILE}.dockerignore")


def images() -> tuple[Image, ...]:
    """Find the images, by name."""
    found = (path.parent for path in IMAGES.glob(f"*/*/{_DOCKERFILE}"))
    return tuple(sorted(Image(folder.parent.name, folder.name) for folder in found if folder.parent.name != STAND_INS))
