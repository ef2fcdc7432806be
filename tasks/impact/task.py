"""`doit impact [since=main] [format=text|markdown|json|list] [colour=]`: what the changes of a branch reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskError

from tasks.arguments import checked, choice
from tasks.diff.task import COLOURS, FORMATS
from tasks.units import ConfigurationError

if TYPE_CHECKING:
    from tasks.impact.reach import Impact

_SINCE = "main"


def task_impact() -> dict[str, Any]:
    """Show which units and objects a change reaches (since=main, format=text|markdown|json|list, colour=, cache=no)."""
    return {"actions": [(show_impact, [])], "verbosity": 2}


def show_impact() -> TaskError | None:
    """Find and print what is reached."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.git import GitError  # noqa: PLC0415
    from tasks.impact.reach import impact  # noqa: PLC0415
    from tasks.memory import Memory, of_user  # noqa: PLC0415

    try:
        colour, form = choice("colour", COLOURS), choice("format", (*FORMATS, "list"))
        memory = of_user() if choice("cache", ("yes", "no")) == "yes" else Memory(None)
        since = checked().get("since", _SINCE)
        print(_formatted(impact(since, memory), form, colour, f"doit impact since={since}"), end="")
    except (ConfigurationError, InvalidTask, ImbricateError, GitError) as error:
        return TaskError(str(error))
    return None


def _formatted(found: Impact, form: str, colour: str, command: str) -> str:
    from tasks.diff.text import wants_colour  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.impact import show  # noqa: PLC0415

    if form == "list":
        return show.names(found)
    if form == "json":
        return show.as_json(found)
    if form == "markdown":
        return show.markdown(found, command)
    return show.text(found, colour=wants_colour(colour))
