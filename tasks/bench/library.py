"""Build many units in one process: `python -m tasks.bench.library FOLDER UNIT...`; what the library takes, once loaded.

Writes the text of each unit to FOLDER/0, FOLDER/1 ...; prints the seconds that the builds took.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from imbricate.composition import compose


def build(folder: Path, units: list[str]) -> float:
    """Build units one after the other; give the seconds from the first to the last, writing the files not counted."""
    seconds = 0.0
    for index, unit in enumerate(units):
        started = time.perf_counter()
        text = compose(unit).text
        seconds += time.perf_counter() - started
        (folder / str(index)).write_text(text, encoding="utf-8", newline="")
    return seconds


if __name__ == "__main__":
    sys.stdout.write(str(build(Path(sys.argv[1]), sys.argv[2:])))
