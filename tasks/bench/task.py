"""`doit bench`: measure, show, keep. The order of the work; each step is a module of this package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks import arguments as command_line
from tasks.bench import arguments
from tasks.bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.bench.arguments import Arguments
    from tasks.bench.measure import Measurement

NAME = "bench"


def task_bench() -> dict[str, Any]:
    """Time us beside kustomize on made inputs (shape=, sizes=, repeat=, seed=, plot=, profile=yes n=)."""
    asked = command_line.given() if NAME in sys.argv[1:] else {}
    return {"actions": [(run, [arguments.read(asked)])], "verbosity": 2}


def run(asked: Arguments) -> TaskFailed | None:
    """Do what was asked for; a program that fails or an output that differs fails the task, and nothing is kept."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine

    try:
        if asked.profile:
            _profile(asked)
        else:
            _bench(asked)
    except (BenchError, ImbricateError) as error:
        return TaskFailed(str(error))
    except OSError as error:
        return TaskFailed(f"{error.filename or 'a file'}: {error.strerror}")
    return None


def _profile(asked: Arguments) -> None:
    from imbricate.write import write_file  # noqa: PLC0415
    from tasks.bench.profiler import profile  # noqa: PLC0415
    from tasks.bench.record import FOLDER, circumstances  # noqa: PLC0415

    FOLDER.mkdir(parents=True, exist_ok=True)
    page = FOLDER / "profile.md"
    now = circumstances({}, asked.seed, 1)
    when = f"Measured {now['date'][:16]}Z at commit {now['commit'] or 'unknown'}, Python {now['python']}."
    write_file(page, profile(asked.shapes[0], asked.n, asked.seed, when))
    print(page)


def _bench(asked: Arguments) -> None:
    from tasks.bench import record, table  # noqa: PLC0415
    from tasks.bench.contenders import found  # noqa: PLC0415
    from tasks.bench.measure import measure  # noqa: PLC0415

    field = found()
    for remark in field.remarks:
        print(remark)
    common = record.circumstances(field.versions, asked.seed, asked.repeat)
    _show(table.COLUMNS, table.COLUMNS)
    made = []
    for shape in asked.shapes:
        for size in asked.sizes_of(shape):
            measured: Measurement = measure(shape, size, asked.seed, asked.repeat, field.contenders)
            made.append(record.record(common, measured))
            _show(table.row(made[-1]), table.COLUMNS)
    record.append(made)
    table.write_readme(table.newest(record.read()))
    if asked.plot:
        _plot(made)


def _show(cells: Sequence[str], columns: Sequence[str]) -> None:
    aligned = (f"{cell:>{max(len(column), 9)}}" for cell, column in zip(cells[1:], columns[1:], strict=True))
    print(f"{cells[0]:12}  {'  '.join(aligned)}", flush=True)


def _plot(made: list[dict[str, Any]]) -> None:
    from imbricate.write import write_file  # noqa: PLC0415
    from tasks.bench.chart import chart  # noqa: PLC0415
    from tasks.bench.record import FOLDER  # noqa: PLC0415
    from tasks.bench.shapes import SHAPES  # noqa: PLC0415

    for shape in dict.fromkeys(one["shape"] for one in made):
        records = [one for one in made if one["shape"] == shape]
        if len(records) > 1:
            file = FOLDER / f"{shape}.svg"
            write_file(file, chart(f"{shape}: seconds of one build", SHAPES[shape].counts, records))
            print(file)
