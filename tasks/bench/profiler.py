"""Where the time of one build goes: by module and by function, from cProfile."""

from __future__ import annotations

import cProfile
import pstats
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import imbricate
from tasks.bench.shapes import SHAPES, inputs, write

_LONGEST = 25


class Function(NamedTuple):
    """What the profiler says of a function: calls, seconds in itself, and seconds with all that it calls."""

    module: str
    name: str
    calls: int
    own: float
    cumulative: float


def profile(shape: str, size: int, seed: int, circumstances: str) -> str:
    """Build a shape in this process, once for the clock and once under the profiler; give the tables as Markdown.

    `circumstances` is a sentence on when and of what, which goes with them.
    """
    with tempfile.TemporaryDirectory(prefix="imbricate-bench-") as folder:
        first = write(inputs(shape, 1, seed), Path(folder) / "first")
        units = write(inputs(shape, size, seed), Path(folder) / "input")
        _build(first)  # whatever is imported on first use is not what is looked for
        started = time.perf_counter()
        _build(units)
        seconds = time.perf_counter() - started
        profiler = cProfile.Profile()
        with profiler:
            _build(units)
    title = f"`{shape}`, N = {size or len(units)} {SHAPES[shape].counts}"
    return _page(title, circumstances, seconds, _functions(pstats.Stats(profiler)))


def _build(units: list[Path]) -> None:
    for unit in units:
        imbricate.build(unit)


def _functions(stats: pstats.Stats) -> list[Function]:
    found = []
    for (file, line, name), (_, calls, own, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        found.append(Function(_module(file), f"{name}:{line}" if line else name, calls, own, cumulative))
    return found


def _module(file: str) -> str:
    """Name a module by its file, without the folders of this machine."""
    if not file.endswith(".py"):
        return "built in"
    path = Path(file)
    for root in (Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib")), Path.cwd()):
        if path.is_relative_to(root):
            return ".".join(path.relative_to(root).with_suffix("").parts)
    return ".".join(path.with_suffix("").parts[-2:])


def _page(title: str, circumstances: str, seconds: float, functions: list[Function]) -> str:
    total = sum(one.own for one in functions)
    modules: dict[str, float] = {}
    for one in functions:
        modules[one.module] = modules.get(one.module, 0.0) + one.own
    by_module = sorted(modules.items(), key=lambda item: -item[1])[:_LONGEST]
    ours = [one for one in functions if one.module != "built in"]
    return "\n".join(
        [
            "# Profile\n",
            f"{title}. {circumstances}\n",
            f"A build takes {seconds:.2f} s, under the profiler {total:.2f} s.",
            "The profiler makes many short calls look longer than they are.\n",
            "## Own time by module\n",
            "| module | seconds | share |\n|---|---:|---:|",
            *(f"| {name} | {own:.3f} | {own / total:.0%} |" for name, own in by_module),
            "\n## Functions by own time\n",
            *_rows(sorted(functions, key=lambda one: -one.own)),
            "\n## Functions by cumulative time\n",
            *_rows(sorted(ours, key=lambda one: -one.cumulative)),
            "",
        ]
    )


def _rows(functions: list[Function]) -> list[str]:
    return [
        "| module | function:line | calls | own | cumulative |\n|---|---|---:|---:|---:|",
        *(
            f"| {one.module} | `{one.name}` | {one.calls} | {one.own:.3f} | {one.cumulative:.3f} |"
            for one in functions[:_LONGEST]
        ),
    ]
