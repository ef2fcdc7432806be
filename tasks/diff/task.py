"""`doit diff` and `doit drift`: what changes, and whether anything does.

Nothing differs: exit status 0. Something does: 1. It could not be told: 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskError, TaskFailed

from tasks.arguments import checked, choice, selection
from tasks.units import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.diff.changes import Report

FORMATS = ("text", "markdown", "json")
COLOURS = ("auto", "always", "never")


def task_diff() -> dict[str, Any]:
    """Show what the overlays change (env=, system=, against=REF|ENV|live, format=text|markdown|json, colour=)."""
    return {"actions": [(diff, [])], "verbosity": 2}


def diff() -> TaskFailed | TaskError | None:
    """Compare, show, and tell by the result whether anything differs."""
    from tasks.diff.reports import against  # noqa: PLC0415 - `doit list` needs none of it

    return shown(lambda: against(checked().get("against", ""), selection()), "diff")


def task_drift() -> dict[str, Any]:
    """Show where a cluster is not what gitops/ says, read-only (env=, system=, format=, colour=)."""
    return {"actions": [(drift, [])], "verbosity": 2}


def drift() -> TaskFailed | TaskError | None:
    """Compare with the cluster, show, and tell by the result whether anything differs."""
    from tasks.diff.reports import drift as drifted  # noqa: PLC0415 - as in `diff`

    return shown(lambda: drifted(selection()), "drift")


def shown(make: Callable[[], Report], task: str) -> TaskFailed | TaskError | None:
    """Make a report and print it. Gives what doit makes an exit status of: 1 for differences, 2 for an error."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.connection import ApiServerError  # noqa: PLC0415
    from tasks.git import GitError  # noqa: PLC0415

    try:
        colour, form = choice("colour", COLOURS), choice("format", FORMATS)
        report = make()
        print(_formatted(report, form, colour, task), end="")
    except (ConfigurationError, InvalidTask, ImbricateError, GitError, ApiServerError) as error:
        return TaskError(str(error))
    except (OSError, UnicodeError) as error:
        return TaskError(f"{getattr(error, 'filename', None) or 'gitops/'} cannot be read: {error}")
    if any(change.refused for change in report.changes):
        return TaskError("the cluster refuses what is marked with !")
    return TaskFailed("differs", report=False) if report.differing else None


def _formatted(report: Report, form: str, colour: str, task: str) -> str:
    if form == "json":
        from tasks.diff.as_json import as_json  # noqa: PLC0415 - one of three is needed

        return as_json(report)
    if form == "markdown":
        from tasks.diff.markdown import markdown  # noqa: PLC0415

        return markdown(report, command(task))
    from tasks.diff.text import text, wants_colour  # noqa: PLC0415

    warnings = "".join(f"warning: {line}\n" for line in report.warnings)
    return text(report, colour=wants_colour(colour)) + warnings


def command(task: str) -> str:
    """Give the command that shows the same as text."""
    words = (f"{name}={value}" for name, value in checked().items() if name not in {"format", "colour"})
    return " ".join(["doit", task, *words])
