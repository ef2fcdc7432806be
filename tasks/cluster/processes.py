"""Programs that are run for their effect or their output, never through a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import nullcontext
from typing import TYPE_CHECKING

from tasks.cluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SHOWN = 20


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    content: bytes | None = None,
    output: Path | None = None,
) -> str:
    """Run a program to its end; give what it printed, unless `output` takes it.

    `content` is its standard input. Raises ClusterError with the end of its output.
    """
    words = [str(word) for word in command]
    if not shutil.which(words[0]):
        raise ClusterError(f"{words[0]} is not on PATH; install it ({_shown(words)})")
    with output.open("wb") if output else nullcontext(subprocess.PIPE) as target:
        done = subprocess.run(  # noqa: S603 - a list, no shell
            words,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            input=content,
            stdin=subprocess.DEVNULL if content is None else None,
            stdout=target,
            stderr=subprocess.PIPE,
            check=False,
        )
    printed = done.stdout or b""
    if done.returncode:
        shown = (printed + done.stderr).decode(errors="replace").strip().splitlines()
        lines = "".join(f"\n  {line}" for line in shown[-_SHOWN:])
        raise ClusterError(f"{_shown(words)} failed with status {done.returncode}:{lines}")
    return printed.decode(errors="replace")


def _shown(words: Sequence[str]) -> str:
    return " ".join(words[:6]) + (" …" if len(words) > 6 else "")
