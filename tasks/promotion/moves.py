"""What a promotion or a rollback would change in one unit: pins there, pins wanted, and the moves between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.git import contents_at
from tasks.promotion import pins
from tasks.promotion.errors import PromotionError

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.git import Commit
    from tasks.promotion.pins import Pin
    from tasks.units import Unit


class Moves(NamedTuple):
    """The images and settings that a unit is to have anew; the registry of an image stays the unit's own."""

    unit: Unit
    before: dict[str, Pin]
    images: tuple[Pin, ...]
    settings: dict[str, str]

    def __bool__(self) -> bool:
        """Tell whether anything moves."""
        return bool(self.images or self.settings)

    def lines(self) -> list[str]:
        """Say each move in one line."""
        unpinned = "nothing"
        images = [
            f"{pin.name} {self.before[pin.name].version if pin.name in self.before else unpinned} → {pin.version}"
            for pin in self.images
        ]
        return [*images, *(f"{name}={value}" for name, value in self.settings.items())]


def forward(source: Unit, target: Unit) -> Moves:
    """Compare two stages of a system. Raises PromotionError for an image that the earlier one has not rendered."""
    wanted = pins.read(_text(pins.file_of(source)), str(pins.file_of(source)))
    _check_rendered(wanted, _text(source.manifests), str(source.manifests), f"doit render env={source.environment}")
    return _moves(target, wanted, _settings(pins.release_file_of(source)))


def back(target: Unit, commit: Commit) -> Moves:
    """Compare a unit with itself at a commit. Raises PromotionError for an image that was not rendered there."""
    files = [str(path) for path in (pins.file_of(target), target.manifests, pins.release_file_of(target))]
    found = {path: content.decode() for path, content in contents_at(commit, files).items()}
    missing = next((path for path in files[:2] if path not in found), None)
    if missing:
        raise PromotionError(f"{missing} was not there at {commit}")
    wanted = pins.read(found[files[0]], f"{files[0]} at {commit}")
    _check_rendered(wanted, found[files[1]], f"{files[1]} at {commit}", "choose a commit with a render of it")
    return _moves(target, wanted, pins.settings(found.get(files[2], "")))


def _moves(target: Unit, wanted: dict[str, Pin], settings: dict[str, str]) -> Moves:
    before = pins.read(_text(pins.file_of(target)), str(pins.file_of(target)))
    here = _settings(pins.release_file_of(target))
    moving = {name: settings[name] for name in pins.moving_keys() if name in settings}
    return Moves(
        target,
        before,
        tuple(pin for pin in wanted.values() if _is_used(pin, before, target) and _differs(before.get(pin.name), pin)),
        {name: value for name, value in moving.items() if here.get(name) != value},
    )


def _is_used(pin: Pin, before: dict[str, Pin], target: Unit) -> bool:
    """Tell whether a unit runs an image: it is pinned there, or rendered without a pin, as a new service is first."""
    if pin.name in before:
        return True
    rendered = re.compile(rf"image: ['\"]?{re.escape(pin.name)}(?:[:@].*)?['\"]?$", re.MULTILINE)
    return target.manifests.is_file() and bool(rendered.search(target.manifests.read_text()))


def _differs(here: Pin | None, wanted: Pin) -> bool:
    """Tell whether a pin moves; one without a digest replaces none that has one."""
    if here is None:
        return True
    if here.digest and not wanted.digest:
        return False
    return (here.tag, here.digest) != (wanted.tag, wanted.digest)


def _check_rendered(wanted: dict[str, Pin], manifests: str, where: str, way_on: str) -> None:
    values = {line.rpartition(": ")[2].strip("'\"") for line in manifests.splitlines()}
    for pin in wanted.values():
        if pin.reference not in values:
            raise PromotionError(f"{where} has no image {pin.reference}, which the pins name: {way_on}")


def _settings(path: Path) -> dict[str, str]:
    return pins.settings(path.read_text()) if path.is_file() else {}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise PromotionError(f"{path} cannot be read: {error.strerror}") from None
