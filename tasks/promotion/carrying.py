"""Moves carried out: pins written, units rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.edit.images import KEEP, set_images
from imbricate.errors import ImbricateError
from imbricate.kustomization import Image
from imbricate.write import write_file
from tasks.arguments import Selection
from tasks.diff.changes import unit_change
from tasks.diff.noise import Noise
from tasks.diff.sides import manifests_of
from tasks.diff.text import unit_lines
from tasks.ledger import LEDGER, OwnershipError, settle
from tasks.promotion import pins
from tasks.promotion.errors import PromotionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tasks.promotion.moves import Moves
    from tasks.units import Unit


def files_of(moves: Sequence[Moves]) -> list[Path]:
    """Give the files that moves are carried out in."""
    return [*(path for one in moves for path in _files(one)), LEDGER]


def carry_out(moves: Sequence[Moves]) -> tuple[list[Path], list[str]]:
    """Write pins and rendered output; give the files that are different, and the differences as lines.

    Raises PromotionError; what was written until then stays.
    """
    before = {path: _text(path) for path in files_of(moves)}
    try:
        lines = [line for one in moves for line in _carried_out(one)]
        settle(_selection([one.unit for one in moves]))
    except (ImbricateError, OwnershipError) as error:
        raise PromotionError(str(error)) from None
    return [path for path, text in before.items() if _text(path) != text], lines


def _selection(units: Sequence[Unit]) -> Selection:
    environments, systems = ({unit[field] for unit in units} for field in range(2))
    return Selection(tuple(units), tuple(sorted(environments)), tuple(sorted(systems)), is_all=False)


def _files(moves: Moves) -> list[Path]:
    files = [pins.file_of(moves.unit), moves.unit.manifests]
    return [*files, pins.release_file_of(moves.unit)] if moves.settings else files


def _carried_out(moves: Moves) -> list[str]:
    if moves.images:
        set_images(pins.file_of(moves.unit), [_image(pin, moves.before) for pin in moves.images])
    if moves.settings:
        release = pins.release_file_of(moves.unit)
        write_file(release, pins.with_settings(_text(release) or "", moves.settings))
    return _rendered(moves.unit)


def _image(pin: pins.Pin, before: Mapping[str, pins.Pin]) -> Image:
    """Give the entry of an image: its registry stays what the unit has, if the unit has it at all."""
    return Image(pin.name, KEEP if pin.name in before else pin.new_name, new_tag=pin.tag, digest=pin.digest)


def _rendered(unit: Unit) -> list[str]:
    from imbricate import compose  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.strict import refusals  # noqa: PLC0415

    composition = compose(unit.overlay)
    refused = refusals(composition)
    if refused:
        raise PromotionError(refused[0])
    before = _text(unit.manifests) or ""
    unit.manifests.parent.mkdir(parents=True, exist_ok=True)
    write_file(unit.manifests, composition.text)
    old, new = (manifests_of(text, unit.name) for text in (before, composition.text))
    change = unit_change(unit, old, new, Noise(()))
    return [line.text for line in unit_lines(change)]


def _text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None
