"""The pins of a unit: its images, and the settings of its release that move on with them.

overlays/<env>/<system>/pins/kustomization.yaml has the images; release.env beside it, if it is there, the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import yaml

from tasks.promotion.errors import PromotionError
from tasks.quick_yaml import read_yaml
from tasks.units import ENVIRONMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.units import Unit

_RELEASE = "release.env"


class Pin(NamedTuple):
    """One image as the pins have it."""

    name: str
    new_name: str = ""
    tag: str = ""
    digest: str = ""

    @property
    def reference(self) -> str:
        """Give the reference that a render makes of it."""
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"{self.new_name or self.name}{tag}{digest}"

    @property
    def version(self) -> str:
        """Give what tells one image of a name from another: the tag and the digest."""
        return f"{self.tag}@{self.digest[:19]}" if self.tag and self.digest else self.tag or self.digest


def file_of(unit: Unit) -> Path:
    """Give the file of a unit's pins."""
    return unit.overlay / "pins" / "kustomization.yaml"


def release_file_of(unit: Unit) -> Path:
    """Give the file of the settings of a unit's release."""
    return unit.overlay / "pins" / _RELEASE


def read(text: str, where: str) -> dict[str, Pin]:
    """Read the images of a pins file: name → pin. Raises PromotionError for what is no list of images."""
    try:
        images = (read_yaml(text) or {}).get("images") or []
        return {one["name"]: _pin(one) for one in images}
    except (yaml.YAMLError, AttributeError, TypeError, KeyError):
        raise PromotionError(f"{where}: images: expected a list of images with a name each") from None


def _pin(entry: dict[str, object]) -> Pin:
    fields = (entry.get(name) or "" for name in ("name", "newName", "newTag", "digest"))
    return Pin(*(str(field) for field in fields))


def moving_keys() -> tuple[str, ...]:
    """Give the settings that environments.yaml lets move on (`promote: [KEY, …]`)."""
    found = read_yaml(ENVIRONMENTS.read_text()).get("promote") or []
    if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
        raise PromotionError(f"{ENVIRONMENTS}: promote: expected a list of names of settings")
    return tuple(found)


def settings(text: str) -> dict[str, str]:
    """Read the settings of a release: `NAME=value` lines."""
    lines = (line for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def with_settings(text: str, changed: dict[str, str]) -> str:
    """Put settings into a release's text, in the place of those of the same name, or at its end."""
    lines = [_line(line, changed) for line in text.splitlines()]
    added = [f"{name}={value}" for name, value in changed.items() if name not in settings(text)]
    return "".join(f"{line}\n" for line in [*lines, *added])


def _line(line: str, changed: dict[str, str]) -> str:
    name, equals, _ = line.partition("=")
    return f"{name}={changed[name]}" if equals and name in changed else line
