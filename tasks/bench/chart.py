"""Records as a picture: time against N, both logarithmic, one line for each contender, as SVG."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 170, 50, 60
_COLOURS = ("#0072b2", "#b34700", "#007a5a", "#9c4a7c", "#8a6100")
_DARK_COLOURS = ("#56b4e9", "#ff8c42", "#2fd6a3", "#e6a3c8", "#f5c542")

Point = tuple[float, float]


class Axis(NamedTuple):
    """A logarithmic axis: the values at its ends, and the pixels that they are at."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Give the pixel of a value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Give the powers of ten on the axis, and between them 2 and 5 where there are few."""
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1, 2, 5) if self.high / self.low <= 1000 else (1,)
        found = [step * 10.0**exponent for exponent in exponents for step in steps]
        return [tick for tick in found if self.low <= tick * 1.0001 and tick <= self.high * 1.0001]


def chart(title: str, counts: str, records: Iterable[dict[str, Any]]) -> str:
    """Draw the medians of records of one shape; `counts` says what N is. Gives the text of an SVG file."""
    lines = _lines(records)
    sizes = [size for points in lines.values() for size, _ in points]
    times = [time for points in lines.values() for _, time in points]
    across = _axis(sizes, _LEFT, _WIDTH - _RIGHT)
    up = _axis(times, _HEIGHT - _BOTTOM, _TOP)
    parts = [_head(title, len(lines)), *_grid(across, up, sorted(set(sizes))), *_labels(title, counts)]
    ends = _apart([up.place(points[-1][1]) for points in lines.values()])
    for index, (name, points) in enumerate(lines.items()):
        parts += _line(index, name, [(across.place(size), up.place(time)) for size, time in points], ends[index])
    return "\n".join([*parts, "</svg>", ""])


def _lines(records: Iterable[dict[str, Any]]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for record in sorted(records, key=lambda one: one["n"]):
        for name, times in record["contenders"].items():
            found.setdefault(name, []).append((record["n"], max(times["median"], 1e-4)))
    return found


def _axis(values: Sequence[float], start: float, end: float) -> Axis:
    return Axis(min(values) / 1.3, max(values) * 1.3, start, end)


def _head(title: str, lines: int) -> str:
    def rules(colours: Sequence[str]) -> str:
        return " ".join(f".c{index} {{ color: {colours[index % len(colours)]} }}" for index in range(lines))

    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">
<style>
  svg {{ font: 13px system-ui, sans-serif; color: #1f2328 }}
  text {{ fill: currentColor }} .title {{ font-size: 16px; font-weight: 600 }}
  .paper {{ fill: #ffffff }} .grid {{ stroke: #d0d7de }} .line {{ fill: none; stroke: currentColor; stroke-width: 2.5 }}
  .dot {{ fill: currentColor }} {rules(_COLOURS)}
  @media (prefers-color-scheme: dark) {{
    svg {{ color: #e6edf3 }} .paper {{ fill: #0d1117 }} .grid {{ stroke: #30363d }} {rules(_DARK_COLOURS)}
  }}
</style>
<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>"""


def _grid(across: Axis, up: Axis, sizes: Sequence[float]) -> list[str]:
    parts = []
    for size in sizes:
        x = across.place(size)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{up.end}" x2="{x:.1f}" y2="{up.start}"/>')
        parts.append(f'<text x="{x:.1f}" y="{up.start + 20}" text-anchor="middle">{size:g}</text>')
    for time in up.ticks():
        y = up.place(time)
        parts.append(f'<line class="grid" x1="{across.start}" y1="{y:.1f}" x2="{across.end}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{across.start - 8}" y="{y + 4:.1f}" text-anchor="end">{time:g} s</text>')
    return parts


def _labels(title: str, counts: str) -> list[str]:
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        f'<text class="title" x="{_LEFT}" y="28">{escape(title)}</text>',
        f'<text x="{middle}" y="{_HEIGHT - 15}" text-anchor="middle">N {escape(counts)}</text>',
    ]


def _apart(places: Sequence[float], gap: float = 17) -> list[float]:
    """Move labels down until none lies on another."""
    moved = list(places)
    order = sorted(range(len(places)), key=lambda index: places[index])
    for above, below in itertools.pairwise(order):
        moved[below] = max(moved[below], moved[above] + gap)
    return moved


def _line(index: int, name: str, points: Sequence[Point], label: float) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points)
    text = f'<text style="fill: currentColor" x="{points[-1][0] + 12:.1f}" y="{label + 4:.1f}">{escape(name)}</text>'
    return [f'<g class="c{index}"><polyline class="line" points="{path}"/>{dots}{text}</g>']
