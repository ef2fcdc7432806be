"""How a run is shown: a line for each unit or image with its seconds and what changed, a total at the end.

A line is printed only when its task is done, by the main process, so nothing interleaves with `-n 2`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 28
_SHOWN = ("render:", "build:", "base_images:", "test:")


class Reporter:
    """A doit reporter: https://pydoit.org/reporter.html."""

    desc = "one line a unit"

    def __init__(self, outstream: TextIO, options: dict[str, Any]) -> None:
        """Take where to print; doit calls the methods below."""
        self._out = outstream
        self._show = not options.get("quiet")
        self._started = time.perf_counter()
        self._counts = {
            "rendered": 0,
            "built": 0,
            "unchanged": 0,
            "up to date": 0,
            "failed": 0,
            "removed": 0,
            "passed": 0,
            "left out": 0,
        }
        self._has_total = False

    def initialize(self, tasks: dict[str, Any], selected_tasks: Sequence[str]) -> None:
        """Nothing is shown before a task is done."""

    def get_status(self, task: Any) -> None:
        """Nothing is shown while a task is looked at."""

    def execute_task(self, task: Any) -> None:
        """Nothing is shown while a task runs: its own output tells."""

    def add_success(self, task: Any) -> None:
        """Show what a unit's rendering changed, or what was built."""
        values = task.values or {}
        if "line" in values:
            self._counts["unchanged" if values["line"] == "unchanged" else values.get("did", "rendered")] += 1
            self._line(task.name, f"{values['seconds']:6.2f} s   {values['line']}")
        for path in values.get("removed", ()):
            self._counts["removed"] += 1
            self._line("render:ownership", f"removed {path}: its overlay is gone")

    def skip_uptodate(self, task: Any) -> None:
        """Show that there was nothing to do."""
        if task.name.startswith(_SHOWN):
            self._counts["up to date"] += 1
            self._line(task.name, "           up to date")

    def skip_ignore(self, task: Any) -> None:
        """Show that the user had it ignored (`doit ignore`)."""
        self._line(task.name, "           ignored")

    def add_failure(self, task: Any, fail: Any) -> None:
        """Show an error as its lines; a traceback only for what is a fault of ours."""
        if not fail.report:  # what there is to say has been printed: `doit diff` tells by its status that it differs
            return
        self._counts["failed"] += 1
        text = fail.get_msg().strip()
        if fail.get_name() not in {"TaskFailed", "UnmetDependency"} and getattr(fail, "traceback", None):
            text = "".join(fail.traceback).strip()
        for line in text.splitlines() or ["failed"]:
            self._line(task.name, f"ERROR: {line}")

    def cleanup_error(self, exception: Any) -> None:
        """Show an error while cleaning up."""
        self._out.write(f"{exception.get_msg()}\n")

    def runtime_error(self, msg: str) -> None:
        """Show an error of doit itself."""
        self._out.write(f"ERROR: {msg}\n")

    def teardown_task(self, task: Any) -> None:
        """Nothing is torn down."""

    def complete_run(self) -> None:
        """Show the total of a rendering or a build."""
        counted = [f"{number} {what}" for what, number in self._counts.items() if number]
        if counted and self._has_total:
            self._out.write(f"{', '.join(counted)} in {time.perf_counter() - self._started:.2f} s\n")

    def _line(self, name: str, text: str) -> None:
        self._has_total |= name.startswith(_SHOWN)
        self._out.write(f"{name.partition(':')[2] or name:{_WIDTH}} {text}\n")
        self._out.flush()
