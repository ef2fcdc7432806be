"""The words of `doit` in this repository: commands, tasks, sub-tasks, and the arguments of tasks with their values."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from doit.doit_cmd import DoitMain

from tasks.arguments import ARGUMENTS
from tasks.completion.values import LISTS, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BENCH = "bench"  # which checks its arguments itself


def words_of(before: Sequence[str], word: str) -> Iterable[str]:
    """Give what can follow the words before the last one."""
    commands = list(DoitMain().get_cmds())
    names = (one.partition(":")[0] for one in before)
    task = next((name for name in names if name in {*ARGUMENTS, _BENCH}), "")
    if word.startswith("-"):
        return _flags(next((one for one in before if one in commands), "run"))
    if "=" in word:
        return _values(task, word)
    if ":" in word:
        return _tasks(sub_tasks=True)
    given = {one.partition("=")[0] for one in before if "=" in one}
    arguments = [f"{name}=" for name in _arguments(task) if name not in given]
    if task and any(one.startswith(word) for one in arguments):
        return arguments
    return [*_tasks(sub_tasks=False), *(() if before else commands)]


def _arguments(task: str) -> Iterable[str]:
    if task == _BENCH:
        from tasks.bench.arguments import DEFAULTS  # noqa: PLC0415 - of one task

        return DEFAULTS
    return ARGUMENTS.get(task, ())


def _values(task: str, word: str) -> list[str]:
    """Give `name=value` for each value; of a list, the last name only can still change."""
    name, _, value = word.partition("=")
    known = values_of(task, name)
    if name not in LISTS:
        return [f"{name}={one}" for one in known]
    chosen, comma, _ = value.rpartition(",")
    return [f"{name}={chosen}{comma}{one}" for one in known if one not in chosen.split(",")]


def _tasks(*, sub_tasks: bool) -> list[str]:
    """Give the tasks of dodo.py, as `doit list` does."""
    listed = io.StringIO()
    with redirect_stdout(listed):
        DoitMain().run(["list", "--quiet", *(["--all"] if sub_tasks else [])])
    return listed.getvalue().split()


def _flags(command: str) -> list[str]:
    options = DoitMain().get_cmds().get_plugin(command).cmd_options
    return [f"--{one['long']}" for one in options if one.get("long")]
