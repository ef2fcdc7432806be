"""What a promotion or a rollback would change in one unit: pins there, pins wanted, and the moves between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.promotion import pins, repository
from tasks.promotion.errors import PromotionError

if TYPE_CHECKING:
    from pathlib import Path

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


def back(target: Unit, commit: str) -> Moves:
    """Compare a unit with itself at a commit. Raises PromotionError for an image that was not rendered there."""
    file = pins.file_of(target)
    where = f"{file} at {commit[:12]}"
    text, manifests = repository.text_at(commit, file), repository.text_at(commit, target.manifests)
    if text is None or manifests is None:
        missing = file if text is None else target.manifests
        raise PromotionError(f"{missing} was not there at {commit[:12]}")
    wanted = pins.read(text, where)
    _check_rendered(wanted, manifests, f"{target.manifests} at {commit[:12]}", "choose a commit with a render of it")
    release = repository.text_at(commit, pins.release_file_of(target)) or ""
    return _moves(target, wanted, pins.settings(release))


def _moves(target: Unit, wanted: dict[str, Pin], settings: dict[str, str]) -> Moves:
    before = pins.read(_text(pins.file_of(target)), str(pins.file_of(target)))
    here = _settings(pins.release_file_of(target))
    moving = {name: settings[name] for name in pins.moving_keys() if name in settings}
    return Moves(
        target,
        before,
        tuple(pin for pin in wanted.values() if _differs(before.get(pin.name), pin)),
        {name: value for name, value in moving.items() if here.get(name) != value},
    )


def _differs(here: Pin | None, wanted: Pin) -> bool:
    return here is None or (here.tag, here.digest) != (wanted.tag, wanted.digest)


def _check_rendered(wanted: dict[str, Pin], manifests: str, where: str, way_on: str) -> None:
    lines = {line.strip() for line in manifests.splitlines()}
    for pin in wanted.values():
        forms = {f"{dash}image: {quote}{pin.reference}{quote}" for dash in ("", "- ") for quote in ("", "'", '"')}
        if not forms & lines:
            raise PromotionError(f"{where} has no image {pin.reference}, which the pins name: {way_on}")


def _settings(path: Path) -> dict[str, str]:
    return pins.settings(path.read_text()) if path.is_file() else {}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise PromotionError(f"{path} cannot be read: {error.strerror}") from None
