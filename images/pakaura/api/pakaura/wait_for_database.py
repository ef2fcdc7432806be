"""Waits until the database answers: `python -m pakaura.wait_for_database`, before the migrations."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped] # it has no types

from chassis import load, logs
from pakaura.configuration import DatabaseConfiguration

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_log = logging.getLogger("wait-for-database")


async def wait(url: str, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> bool:
    """Ask until the database answers, less and less often; tell whether it did in time."""
    end, pause = clock() + seconds, _FIRST_PAUSE
    while True:
        try:
            await _ask(url)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if clock() + pause > end:
                _log.error("gave up", extra={"reason": type(error).__name__, "seconds": seconds})
                return False
            _log.info("not there yet", extra={"reason": type(error).__name__, "again_in_seconds": round(pause, 1)})
        else:
            _log.info("the database answers")
            return True
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _ask(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
    try:
        await connection.execute("SELECT 1")
    finally:
        await connection.close(timeout=5)


if __name__ == "__main__":
    configuration = load(DatabaseConfiguration)
    logs.configure("pakaura-wait-for-database", configuration.log_level, configuration.secrets())
    address = configuration.database_url.get_secret_value().replace("+asyncpg", "", 1)
    sys.exit(0 if asyncio.run(wait(address, configuration.database_wait_seconds)) else 1)
