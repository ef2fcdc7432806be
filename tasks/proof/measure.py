"""A measured time beside the limit that it has to keep, as one line that a test prints and a report reads again."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE = re.compile(r"^(?P<what>.+): (?P<seconds>\d+\.\d+) s of (?P<limit>\d+(?:\.\d+)?) s \((?P<source>[^()]+)\)$")


class Measure(NamedTuple):
    """What took how many seconds, how many it may take, and who says so: `metric-pod-startup-time`, `ours`."""

    what: str
    seconds: float
    limit: float
    source: str

    def __str__(self) -> str:
        took = f"{self.seconds:.2f}" if self.seconds >= 1 else f"{self.seconds:.3f}"
        return f"{self.what}: {took} s of {self.limit:g} s ({self.source})"


def parse(line: str) -> Measure | None:
    """Read a line that a test printed; None where it is no measure."""
    found = _LINE.match(line.strip())
    return Measure(found["what"], float(found["seconds"]), float(found["limit"]), found["source"]) if found else None
