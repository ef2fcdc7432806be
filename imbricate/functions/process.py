"""Running one program: a list of arguments and no shell, its input through a pipe, its output up to a limit.

There is no limit of time, as there is none in kustomize: who builds may interrupt, which ends the program, too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, NamedTuple

from imbricate.folder import MAX_FILE_BYTES, display

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imbricate.decode import Where

# A function gives back a whole build, so more than one file may hold; beyond this its text would fill the memory.
MAX_OUTPUT_BYTES = 4 * MAX_FILE_BYTES
_CHUNK = 1024 * 1024
_SHOWN = 2000


class Command(NamedTuple):
    """A program with its arguments, the folder that it runs in, and what is added to the environment.

    What a quiet program says on standard error is shown only when it fails; what others say goes to the user.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    is_quiet: bool = False

    @property
    def name(self) -> str:
        """Give the program as a message shows it."""
        return display(Path(self.argv[0])) if self.argv[0].startswith("/") else self.argv[0]


def run(command: Command, request: bytes, where: Where) -> bytes:
    """Run a program; give what it prints. Raises KustomizationError when it cannot run, fails, or prints too much."""
    if str(command.folder) == "/":
        raise where.error("runs a program, which is not done in the folder /; move the kustomization into a folder")
    with tempfile.TemporaryFile() if command.is_quiet else contextlib.nullcontext() as errors:
        with _started(command, errors, where) as process:
            try:
                output = _exchange(process, request)
            except BaseException:
                process.kill()
                raise
        if output is None:
            raise where.error(f"{command.name} printed more than {MAX_OUTPUT_BYTES // 1024**2} MiB")
        if process.returncode:
            raise where.error(f"{command.name} {_end_of(process.returncode)}{_said(errors)}")
    return output


def _started(command: Command, errors: IO[bytes] | None, where: Where) -> subprocess.Popen[bytes]:
    name = command.argv[0]
    program = name if "/" in name else shutil.which(name)
    # One that a relative entry of PATH leads to is nobody's choice; Go refuses it as well.
    if program is None or not ("/" in name or program.startswith("/")):
        raise where.error(f"there is no program {name!r} on PATH; one beside the kustomization is written './{name}'")
    try:
        return subprocess.Popen(  # noqa: S603 - a list of arguments, and the user allows to run them
            command.argv,
            executable=program,
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    except (OSError, ValueError) as error:
        raise where.error(f"cannot run {command.name}: {getattr(error, 'strerror', None) or error}") from None


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes | None:
    """Write the request while reading the output, else both could wait for each other; None when it is too much."""
    if process.stdin is None or process.stdout is None:
        raise TypeError("expected pipes to the program")
    writer = Thread(target=_feed, args=(process.stdin, request), daemon=True)
    writer.start()
    chunks, size = [], 0
    while size <= MAX_OUTPUT_BYTES and (chunk := process.stdout.read1(_CHUNK)):  # type: ignore[attr-defined]
        chunks.append(chunk)
        size += len(chunk)
    if size > MAX_OUTPUT_BYTES:
        process.kill()
    writer.join()
    return None if size > MAX_OUTPUT_BYTES else b"".join(chunks)


def _feed(stream: IO[bytes], request: bytes) -> None:
    """Write all, then close: a program that stops reading has had enough, one that was ended has no more pipe."""
    with contextlib.suppress(BrokenPipeError, ValueError):
        stream.write(request)
    with contextlib.suppress(BrokenPipeError, ValueError):
        stream.close()


def _end_of(code: int) -> str:
    if code > 0:
        return f"failed with exit status {code}"
    known = next((one.name for one in signal.Signals if one == -code), f"signal {-code}")
    return f"was ended by {known}"


def _said(errors: IO[bytes] | None) -> str:
    if errors is None:
        return ""
    errors.seek(0)
    said = " ".join(errors.read(_SHOWN).decode(errors="replace").split())
    return f": {said}" if said else ""
