from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVICE = """
import asyncio, sys
from contextlib import asynccontextmanager
from chassis import Settings, create_app, load, run

@asynccontextmanager
async def lifespan(app):
    yield
    print("closed", flush=True)

settings = load(Settings)
app = create_app("slow", settings, checks={}, lifespan=lifespan)

@app.get("/slow")
async def slow():
    await asyncio.sleep(1)
    return "done"

run(app, settings)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _service(port: int | str) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PORT": str(port), "PYTHONPATH": path}
    with subprocess.Popen(
        [sys.executable, "-c", _SERVICE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def _wait_until_alive(port: int) -> None:
    for _ in range(100):
        try:
            httpx2.get(f"http://127.0.0.1:{port}/health").raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("not alive within 10 s")


def test_sigterm_finishes_what_runs_closes_and_exits_0(port: int) -> None:
    with _service(port) as process, httpx2.Client() as client:
        _wait_until_alive(port)
        with client.stream("GET", f"http://127.0.0.1:{port}/health"):
            pass
        slow = subprocess.Popen(
            [sys.executable, "-c", f"import httpx2; print(httpx2.get('http://127.0.0.1:{port}/slow').text)"],
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(0.7)
        process.send_signal(signal.SIGTERM)

        assert slow.communicate(timeout=10)[0].strip() == '"done"'
        assert process.wait(timeout=10) == 0
        assert process.stdout
        assert "closed" in process.stdout.read()


def test_wrong_configuration_ends_with_one_line_and_status_1() -> None:
    with _service("no-port") as process:
        assert process.wait(timeout=10) == 1
        assert process.stderr
        lines = process.stderr.read().splitlines()

    assert len(lines) == 1
    assert lines[0].startswith("configuration: PORT: ")
