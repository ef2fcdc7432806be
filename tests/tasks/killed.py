"""Runs doit in processes that end themselves, or stop, right before the n-th step that leaves a trace on the disk.

A program of its own, which has all modules in memory and forks for each run: `python -m tests.tasks.killed` in the
project's folder. It reads a run a line, `{"words": ["promote", …], "at": 3, "by": "KILL"}`, and answers with its status
(negative: the signal), its output and how many such steps there were; of a run that stopped, with its process id.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

_STEPS = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "subprocess.Popen"})
_OURS = ("imbricate.composition", "imbricate.edit.images", "tasks.promotion.carrying", "tasks.promotion.journal")
_PINNED = "pin"


def _is_step(event: str, arguments: tuple[Any, ...]) -> bool:
    """Tell whether something begins that another process can see: a file opened for writing, renamed, a program run."""
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR)) and "__pycache__" not in str(arguments[0])
    return event in _STEPS


def _watch(at: int, by: str, counted: Path) -> None:
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if not _is_step(event, arguments) or str(arguments[0]) == str(counted):
            return
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.Signals[f"SIG{by}"])
        counted.write_text(str(count))

    sys.addaudithook(hook)


def _run(words: list[str]) -> int:
    if words[0] == _PINNED:
        return _pin(words[1], words[2])
    from doit.doit_cmd import DoitMain

    sys.argv[1:] = words
    return int(DoitMain().run(words) or 0)


def _pin(tag: str, digest: str) -> int:
    """Write what `doit build` writes once it has an image."""
    from tasks import build
    from tasks.images.folders import Image
    from tasks.images.lock import Locked

    build._pin(Image("shop", "web"), Locked(tag, digest, f"sha256:{tag}", {}, 1, 1, 1), "")
    return 0


def _forked(run: dict[str, Any], folder: Path) -> dict[str, Any]:
    shown, counted = folder / "output", folder / "count"
    counted.write_text("0")
    child = os.fork()
    if child == 0:
        with shown.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        _watch(run.get("at", 0), run.get("by", "KILL"), counted)
        status = _run(run["words"])
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    _, how = os.waitpid(child, os.WUNTRACED)
    stopped = os.WIFSTOPPED(how)
    status = 0 if stopped else os.waitstatus_to_exitcode(how)
    return {
        "status": status,
        "output": shown.read_text(),
        "steps": int(counted.read_text()),
        "process": child if stopped else 0,
    }


def main() -> None:
    """Answer runs until there are no more."""
    for name in _OURS:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            run = json.loads(line)
            if "process" in run:  # goes on with one that stopped
                os.kill(run["process"], signal.SIGCONT)
                _, how = os.waitpid(run["process"], 0)
                answer = {"status": os.waitstatus_to_exitcode(how), "output": (Path(folder) / "output").read_text()}
            else:
                answer = _forked(run, Path(folder))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
