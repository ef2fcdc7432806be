"""The loop: look, wait until it is quiet, find the units that the changes reach, render them, say so."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from doit.exceptions import InvalidTask

from imbricate import ImbricateError
from tasks.arguments import selection
from tasks.diff.text import wants_colour
from tasks.impact.builds import FOLDERS
from tasks.ledger import OwnershipError, settle
from tasks.units import ConfigurationError
from tasks.watch.snapshot import changed, snapshot
from tasks.watch.units import Watched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.arguments import Selection
    from tasks.watch.snapshot import Snapshot

_INTERVAL = 0.25  # seconds from one look to the next, and of quiet before anything is rendered
_SHARE = 10  # a look at very many files takes longer: it may take a tenth of the time


class Loop:
    """Watches the units that the command line means, until it is interrupted."""

    def __init__(self, chosen: Selection) -> None:
        """Take the units as they are found at the beginning."""
        self._chosen = chosen
        self._watched = Watched(colour=wants_colour("auto"))
        self._folders = [Path.cwd() / name for name in FOLDERS]
        self._pause = _INTERVAL

    def run(self) -> None:
        """Render what is not up to date, then go on at every change. Ends by KeyboardInterrupt only."""
        known = self._look()
        quiet = [line for unit in self._chosen.units for line in self._watched.render(unit)]
        _say(line for line in quiet if not line.endswith(": the same"))
        self._settle()
        count = len(self._chosen.units)
        _say([f"watching {count} unit{'' if count == 1 else 's'}; Ctrl-C ends"])
        known = self._caught_up(known, set())
        while True:
            time.sleep(self._pause)
            now = self._look()
            if now != known:
                now, read = self._settled(now), self._watched.sources
                self._react(known, now)
                known = self._caught_up(now, read)

    def _look(self) -> Snapshot:
        started = time.perf_counter()
        found = snapshot(self._folders, self._watched.sources)
        self._pause = max(_INTERVAL, _SHARE * (time.perf_counter() - started))
        return found

    def _settled(self, now: Snapshot) -> Snapshot:
        """Look again until nothing changes any more: an editor saves in steps, and git checks out many files."""
        while True:
            time.sleep(self._pause)
            later = self._look()
            if later == now:
                return now
            now = later

    def _caught_up(self, known: Snapshot, read: set[str]) -> Snapshot:
        """Add what is read only since now; what changed while units were rendered is still to be noticed."""
        return snapshot((), self._watched.sources - read - known.keys()) | known

    def _react(self, before: Snapshot, after: Snapshot) -> None:
        paths = changed(before, after)
        if not paths:
            return
        _say([f"{time.strftime('%H:%M:%S')} {_shown(paths)}"])
        try:
            self._chosen = selection()
        except InvalidTask as error:
            _say([f"ERROR: {error}"])
            return
        self._watched.keep(self._chosen.units)
        reached = self._watched.reached(self._chosen.units, paths, before, after)
        for unit in reached:
            _say(self._watched.render(unit))
        if not reached:
            _say(["reaches none of the units that are watched"])
        self._settle()

    def _settle(self) -> None:
        try:
            for path in settle(self._chosen):
                _say([f"removed {path}: its overlay is gone"])
        except (OwnershipError, ConfigurationError, ImbricateError, OSError) as error:
            _say([f"ERROR: {error}"])


def _shown(paths: set[str]) -> str:
    shown = sorted(os.path.relpath(path) for path in paths)
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(shown[:3]) + more


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)
