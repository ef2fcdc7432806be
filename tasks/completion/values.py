"""The values that the arguments of tasks can have, where these are a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.task import FORMATS as OF_CHECK
from tasks.completion.task import SHELLS
from tasks.diff.task import COLOURS, FORMATS
from tasks.units import environments, units

if TYPE_CHECKING:
    from collections.abc import Iterable

_YES_NO = ("no", "yes")
LISTS = ("env", "system", "shape")  # take several names with commas between
_CHOICES = {
    "bases": ("published", "stand-ins"),
    "cache": _YES_NO,
    "colour": COLOURS,
    "commit": _YES_NO,
    "dry_run": _YES_NO,
    "nodes": ("1", "3"),
    "pin": _YES_NO,
    "plot": _YES_NO,
    "profile": _YES_NO,
    "refresh": _YES_NO,
    "shell": SHELLS,
}
_FORMATS = {"check": OF_CHECK, "impact": (*FORMATS, "list")}


def values_of(task: str, name: str) -> Iterable[str]:
    """Give the values of an argument of a task; nothing where it takes any text. Raises ConfigurationError."""
    if name in {"env", "from", "against"} or (name, task) == ("to", "promote"):
        return [*(one.name for one in environments()), *(["live"] if name == "against" else [])]
    if name in {"system", "service"}:
        return () if task == "new" else _OF_REPOSITORY[name]()
    if name == "shape":
        from tasks.bench.shapes import SHAPES  # noqa: PLC0415 - of one task

        return [*SHAPES, "all"]
    if name == "format":
        return _FORMATS.get(task, FORMATS)
    return _CHOICES.get(name, ())


def _systems() -> Iterable[str]:
    return {unit.system for unit in units()}


def _services() -> Iterable[str]:
    from tasks.images.folders import images  # noqa: PLC0415 - of one task

    return {image.service for image in images()}


_OF_REPOSITORY = {"system": _systems, "service": _services}
