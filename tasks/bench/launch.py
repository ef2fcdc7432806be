"""Run one program and print what it took: `python -I -S launch.py OUTPUT PROGRAM [ARGUMENT ...]`.

A process of its own, because Linux counts the memory of whoever starts a program to that program's peak: started from
here, the floor is that of a bare Python. Imports nothing of this repository.
"""

import json
import os
import sys
import time


def launch(output: str, arguments: list[str]) -> dict[str, float]:
    """Run a program with its standard output in a file; give its status, its seconds and its peak in bytes."""
    to_file = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    started = time.perf_counter()
    process = os.posix_spawnp(arguments[0], arguments, os.environ, file_actions=[to_file])
    _, status, used = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "peak": used.ru_maxrss * unit,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(launch(sys.argv[1], sys.argv[2:])))
