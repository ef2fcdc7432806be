"""Configuration is checked before anything else happens."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chassis import load
from pakaura.configuration import Configuration

GOOD = {
    "DATABASE_URL": "postgresql+asyncpg://user:hidden-word@127.0.0.1:1/pakaura",
    "JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "FRONTEND_URL": "http://pakaura.local",
}


def start(module: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    own = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-m", module]
    return subprocess.run(command, env=own | environment, capture_output=True, text=True, timeout=60, check=False)


def test_all_that_is_missing_is_named_in_one_line() -> None:
    ended = start("pakaura", {})
    assert ended.returncode == 1
    expected = "configuration: DATABASE_URL is missing; JWT_SECRET is missing; FRONTEND_URL is missing\n"
    assert (ended.stdout, ended.stderr) == ("", expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://user:hidden-word@db/pakaura"),
        ("DATABASE_URL", "postgresql+asyncpg://user:hidden-word@/"),
        ("DATABASE_URL", "hidden-word"),
        ("JWT_SECRET", "hidden-word"),
        ("JWT_ALGORITHM", "none"),
        ("JWT_EXPIRATION_HOURS", "0"),
        ("FRONTEND_URL", "pakaura.local"),
        ("FRONTEND_URL", "http://pakaura.local/app"),
        ("AI_TEMPERATURE", "warm"),
        ("AI_TIMEOUT_SECONDS", "600"),
        ("AI_MAX_TOKENS", "many"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in (GOOD | {name: value}).items():
        monkeypatch.setenv(*given)
    with pytest.raises(SystemExit) as ended:
        load(Configuration)
    assert str(ended.value).startswith(f"configuration: {name}: ")
    assert "\n" not in str(ended.value)
    assert "hidden-word" not in str(ended.value)


def test_the_wait_for_the_database_gives_up_with_a_reason() -> None:
    ended = start("pakaura.wait_for_database", {**GOOD, "DATABASE_WAIT_SECONDS": "1"})
    assert ended.returncode == 1
    assert '"message": "gave up"' in ended.stdout
    assert '"reason": "ConnectionRefusedError"' in ended.stdout
    assert "hidden-word" not in ended.stdout + ended.stderr
