"""What was measured, kept: a line of JSON for each shape and size of a run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.bench.measure import Measurement

FOLDER = Path("docs/benchmarks")
RECORDS = FOLDER / "records.jsonl"
_FIELDS = {
    "date", "machine", "python", "versions", "commit", "seed", "repeat", "shape", "n", "output", "equal", "contenders"
}  # fmt: skip

Record = dict[str, Any]


def circumstances(versions: dict[str, str], seed: int, repeat: int) -> Record:
    """Give what a run's measurements have in common: when, where, of what, with what."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)},
        "python": platform.python_version(),
        "versions": {"imbricate": version("imbricate"), **versions},
        "commit": _commit(),
        "seed": seed,
        "repeat": repeat,
    }


def record(common: Record, measured: Measurement) -> Record:
    """Give the record of one measurement; seconds, and memory in MB."""
    times = {
        name: {
            "median": round(one.median, 4),
            "min": round(one.minimum, 4),
            "max": round(one.maximum, 4),
            "peak": round(one.peak / 1e6, 1),
        }
        for name, one in measured.summaries.items()
    }
    found = {"shape": measured.shape, "n": measured.size, "output": measured.output, "equal": measured.compared}
    return {**common, **found, "contenders": times}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """Give the commit, with a plus when files that it has are changed; nothing outside of a repository."""
    described = ("git", "describe", "--always", "--exclude=*", "--dirty=+")
    try:
        done = subprocess.run(described, capture_output=True, text=True, check=False)  # noqa: S603 - nothing of it is given
    except OSError:
        return ""
    return done.stdout.strip()


def append(records: Iterable[Record]) -> None:
    """Add records to those that are kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with RECORDS.open("a", encoding="utf-8") as file:
        file.write("".join(f"{json.dumps(one)}\n" for one in records))


def read() -> list[Record]:
    """Read what is kept, the oldest first. Raises BenchError with the line that is no record."""
    if not RECORDS.is_file():
        return []
    lines = RECORDS.read_text(encoding="utf-8").splitlines()
    return [_read(line, number) for number, line in enumerate(lines, 1)]


def _read(line: str, number: int) -> Record:
    try:
        found = json.loads(line)
    except ValueError:
        raise BenchError(f"{RECORDS}:{number}: expected a record as JSON, found {line[:40]!r}") from None
    missing = sorted(_FIELDS - set(found)) if isinstance(found, dict) else ["all fields"]
    if missing:
        raise BenchError(f"{RECORDS}:{number}: a record lacks {', '.join(missing)}")
    return dict(found)
