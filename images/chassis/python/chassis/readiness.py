"""Readiness: is everything there that a service needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

Check = Callable[[], Awaitable[object]]
"""Asks one dependency; whatever it raises means that the dependency is missing."""

_log = logging.getLogger("ready")


async def missing(checks: Mapping[str, Check], seconds: float) -> dict[str, str]:
    """Ask all dependencies at once; give those which did not answer in time, with what was wrong."""
    answers = await asyncio.gather(*(_ask(name, check, seconds) for name, check in checks.items()))
    return {name: answer for name, answer in zip(checks, answers, strict=True) if answer}


async def _ask(name: str, check: Check, seconds: float) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except Exception as error:  # noqa: BLE001 - any failure of a check is its answer
        _log.debug("%s: %s", name, error)
        return type(error).__name__  # messages of drivers can hold addresses and more; the log has them
    return None
