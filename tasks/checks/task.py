"""`doit check [env=] [system=] [format=text|json|sarif] [cache=no]`: every finding of every unit, then it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskError, TaskFailed

from tasks.arguments import choice, selection
from tasks.units import ConfigurationError

if TYPE_CHECKING:
    from tasks.checks.gate import Verdict

FORMATS = ("text", "json", "sarif")


def task_check() -> dict[str, Any]:
    """Check what the overlays render, by the rules of docs/policies.md (env=, system=, format=, cache=no)."""
    return {"actions": [(check, [])], "verbosity": 2}


def check() -> TaskFailed | TaskError | None:
    """Print every finding, then fail if there was one."""
    from tasks.checks.gate import judge  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.checks.show import summary  # noqa: PLC0415
    from tasks.memory import of_user  # noqa: PLC0415

    try:
        form = choice("format", FORMATS)
        verdict = judge(selection(), memory=of_user() if choice("cache", ("yes", "no")) == "yes" else None)
    except (ConfigurationError, InvalidTask) as error:
        return TaskError(str(error))
    print(_formatted(verdict, form), end="")
    if form != "text":
        return TaskFailed("findings", report=False) if verdict.findings else None
    if verdict.findings:
        return TaskFailed(summary(verdict))
    print(summary(verdict))
    return None


def _formatted(verdict: Verdict, form: str) -> str:
    from tasks.checks import show  # noqa: PLC0415 - `doit list` needs none of it

    return {"text": show.as_text, "json": show.as_json, "sarif": show.as_sarif}[form](verdict)
