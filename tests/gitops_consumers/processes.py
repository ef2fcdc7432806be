"""Programs that run beside a test: started with a log of their own, ended with it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_SHOWN = 15
_FIRST_PORT, _LAST_PORT = 20000, 32000  # below those that the system gives to outgoing connections
_taken: set[int] = set()
T = TypeVar("T")


def free_port() -> int:
    """Find a port that nobody listens on, another one each time."""
    for port in range(_FIRST_PORT + os.getpid() % 5000, _LAST_PORT):
        if port in _taken:
            continue
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                _taken.add(port)
                return port
    raise AssertionError("no port is free")


class Process:
    """A program that runs."""

    def __init__(self, command: list[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._name = str(command[0]).rpartition("/")[2]
        self._log = folder / f"{self._name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=log,
            )

    def check(self) -> None:
        """Fail with the end of the log if the program has ended."""
        if self._process.poll() is not None:
            lines = self._log.read_text(errors="replace").splitlines()[-_SHOWN:]
            raise AssertionError(f"{self._name} ended with status {self._process.returncode}:\n" + "\n".join(lines))

    def stop(self) -> None:
        """End the program and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def waited(what: Callable[[], T], name: str, seconds: float = 120, pause: float = 0.2) -> T:
    """Ask again and again until there is an answer that counts as true; give it."""
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            last = found = what()
            if found:
                return found
        except (OSError, subprocess.CalledProcessError) as error:
            last = getattr(error, "stderr", None) or error
        time.sleep(pause)
    raise AssertionError(f"{name}: not after {seconds} s; the last answer was {last!r}")
