"""Measure all contenders on one input, in turn, and see that what they print is the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tasks.bench.contenders import HELM, KUSTOMIZE, OURS, Place
from tasks.bench.errors import BenchError
from tasks.bench.shapes import inputs, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.bench.contenders import Contender, Sample
    from tasks.bench.shapes import Inputs


class Summary(NamedTuple):
    """What the samples of one contender come to: seconds, and bytes of memory at the peak."""

    median: float
    minimum: float
    maximum: float
    peak: float


class Measurement(NamedTuple):
    """One shape at one size: a summary for each contender, and how much they wrote."""

    shape: str
    size: int
    summaries: dict[str, Summary]
    output: int
    compared: bool


def measure(shape: str, size: int, seed: int, repeat: int, contenders: Sequence[Contender]) -> Measurement:
    """Measure contenders on a shape of a size; every round has another one go first.

    Raises BenchError when a program fails, or when two of them print something else.
    """
    made = inputs(shape, size, seed)
    taking_part = [one for one in contenders if made.chart or not one.needs_chart]
    with tempfile.TemporaryDirectory(prefix="imbricate-bench-") as name:
        folder = Path(name)
        places = _places(made, folder, taking_part)
        summaries = {name: _summary(taken) for name, taken in _in_turn(taking_part, places, repeat).items()}
        _compare(f"shape={shape} size={size}", taking_part, places)
        written = sum(file.stat().st_size for file in places[OURS].output.iterdir())
    return Measurement(shape, size or len(made.units), summaries, written, KUSTOMIZE in summaries)


def _in_turn(contenders: Sequence[Contender], places: dict[str, Place], repeat: int) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {one.name: [] for one in contenders}
    for contender in contenders:
        if contender.warms_up:
            contender.run(places[contender.name])
    for turn in range(repeat):
        first = turn % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            samples[contender.name].append(contender.run(places[contender.name]))
    return samples


def _places(made: Inputs, folder: Path, contenders: Sequence[Contender]) -> dict[str, Place]:
    units = tuple(write(made, folder / "input"))
    chart = folder / "input" / made.chart if made.chart else None
    places = {one.name: Place(units, chart, folder / "output" / one.name, folder / "caches") for one in contenders}
    for place in places.values():
        place.output.mkdir(parents=True)
    return places


def _summary(samples: Sequence[Sample]) -> Summary:
    seconds = [one.seconds for one in samples]
    return Summary(median(seconds), min(seconds), max(seconds), max(one.peak for one in samples))


def _compare(title: str, contenders: Sequence[Contender], places: dict[str, Place]) -> None:
    """See that all wrote what we wrote, and helm, whose order is its own, as many objects."""
    for index, unit in enumerate(places[OURS].units):
        texts = {one.name: (places[one.name].output / str(index)).read_bytes() for one in contenders}
        ours = texts[OURS]
        for name, text in texts.items():
            if name == HELM and _objects(text) != _objects(ours):
                raise BenchError(f"{title}: {unit.name}: {_objects(ours)} objects, helm prints {_objects(text)}")
            if name != HELM and text != ours:
                raise BenchError(f"{title}: {unit.name}: {_difference(name, ours, text)}")


def _objects(text: bytes) -> int:
    return sum(line.startswith(b"kind: ") for line in text.splitlines())


def _difference(other: str, ours: bytes, theirs: bytes) -> str:
    lines = [text.decode("utf-8", "replace").splitlines() for text in (ours, theirs)]
    number = next((index for index, pair in enumerate(zip(*lines, strict=False)) if pair[0] != pair[1]), None)
    if number is None:
        return f"{OURS} prints {len(lines[0])} lines, {other} {len(lines[1])}"
    return f"line {number + 1}: {OURS} prints {lines[0][number]!r}, {other} {lines[1][number]!r}"
