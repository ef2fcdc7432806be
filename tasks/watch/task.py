"""`doit watch env=dev [system=tamma]`: renders on save, with what each change does; Ctrl-C ends it, with status 0."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tasks.arguments import selection

if TYPE_CHECKING:
    from tasks.arguments import Selection


def task_watch() -> dict[str, Any]:
    """Render whenever a file is saved, and show what that changed (env=, system=); Ctrl-C ends."""
    return {"actions": [(partial(watch, selection()), [])], "verbosity": 2}


def watch(chosen: Selection) -> None:
    """Watch until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        from tasks.watch.loop import Loop  # noqa: PLC0415 - `doit list` needs none of it

        Loop(chosen).run()
    print("\nended", flush=True)
