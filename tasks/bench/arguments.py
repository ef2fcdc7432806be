"""The arguments of `doit bench`, `shape=apps,layers sizes=10,100 repeat=3`: read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doit.exceptions import InvalidTask

from imbricate.nearest import nearest
from tasks.bench.shapes import SHAPES, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULTS = {"shape": "apps", "sizes": "", "repeat": "3", "seed": "1", "plot": "yes", "profile": "no", "n": ""}
ALL = "all"
_PROFILED_SIZE = 1000


class Arguments(NamedTuple):
    """What a command asks for: sizes are empty where each shape's own are meant; `n` is the size that is profiled."""

    shapes: tuple[str, ...]
    sizes: tuple[int, ...]
    repeat: int
    seed: int
    plot: bool
    profile: bool
    n: int

    def sizes_of(self, shape: str) -> tuple[int, ...]:
        """Give the sizes that a shape is measured at; the units of the repository have but one."""
        return SHAPES[shape].sizes if shape == UNITS else self.sizes or SHAPES[shape].sizes


def read(given: Mapping[str, str]) -> Arguments:
    """Check `name=value` arguments. Raises InvalidTask, whose text names the argument at fault and what is known."""
    for name, value in given.items():
        _check(name, DEFAULTS, f"{name}={value}", "argument")
    values = {**DEFAULTS, **given}
    profile = _flag(values, "profile")
    if values["n"] and not profile:
        raise InvalidTask(f"n={values['n']}: n goes with profile=yes; sizes={values['n']} chooses what is measured")
    shapes = _shapes(values)
    sized = next((name for name in ("sizes", "n") if values[name]), None)
    if sized and shapes == (UNITS,):
        raise InvalidTask(f"{sized}={values[sized]}: the units of the repository are as many as they are")
    if profile and len(shapes) != 1:
        raise InvalidTask(f"shape={values['shape']}: a profile is of one shape, found {len(shapes)}")
    return Arguments(
        shapes,
        tuple(sorted(set(_numbers(values, "sizes")))) if values["sizes"] else (),
        _number(values, "repeat", 1),
        _number(values, "seed", 0),
        _flag(values, "plot"),
        profile,
        _number(values, "n", 1) if values["n"] else _PROFILED_SIZE,
    )


def _shapes(values: Mapping[str, str]) -> tuple[str, ...]:
    names = [name.strip() for name in values["shape"].split(",")]
    for name in names:
        _check(name, (*SHAPES, ALL), f"shape={values['shape']}", "shape")
    return tuple(SHAPES) if ALL in names else tuple(name for name in SHAPES if name in names)


def _numbers(values: Mapping[str, str], name: str) -> list[int]:
    return [_number({name: part.strip()}, name, 1) for part in values[name].split(",")]


def _number(values: Mapping[str, str], name: str, least: int) -> int:
    found = values[name]
    if not (found.isascii() and found.isdigit() and least <= int(found) <= 1_000_000):
        raise InvalidTask(f"{name}={found}: expected a whole number from {least} to 1000000")
    return int(found)


def _flag(values: Mapping[str, str], name: str) -> bool:
    _check(values[name], ("yes", "no"), f"{name}={values[name]}", "answer")
    return values[name] == "yes"


def _check(name: str, known: Iterable[str], shown: str, what: str) -> None:
    names = list(known)
    if name in names:
        return
    near = nearest(name, names)
    hint = f"did you mean {near}? " if near else ""
    raise InvalidTask(f"{shown}: there is no {what} {name!r}; {hint}known: {', '.join(names)}")
