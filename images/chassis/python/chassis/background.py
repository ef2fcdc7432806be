"""Work beside requests: again and again until the service ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_LONGEST_PAUSE = 15
_log = logging.getLogger("background")


@asynccontextmanager
async def repeating(work: Callable[[], Awaitable[object]], *, seconds: float, grace: float = 5) -> AsyncIterator[None]:
    """Do work in the background with pauses: none if it returns something true, longer ones while it fails.

    At the end the turn that runs may finish within `grace` seconds.
    """
    stop = asyncio.Event()  # not only a cancellation: a library may swallow one
    task = asyncio.create_task(_repeat(work, seconds, stop))
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait([task], timeout=grace)
        for one in late:
            one.cancel()
            await asyncio.wait([one], timeout=1)


async def _repeat(work: Callable[[], Awaitable[object]], seconds: float, stop: asyncio.Event) -> None:
    pause = seconds
    while not stop.is_set():
        try:
            pause = 0 if await work() else seconds
        except Exception as error:  # noqa: BLE001 - whatever is wrong now, it may be right at the next turn
            pause = min(max(pause, 0.5) * 2, _LONGEST_PAUSE)
            _log.warning("%s: not done: %r", getattr(work, "__qualname__", work), error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
