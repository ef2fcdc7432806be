"""How other services use the queue: publish, and consume until told to stop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_WAIT_SECONDS = 3
_log = logging.getLogger("queue")


class Message(NamedTuple):
    """A message; `attempt` counts its deliveries."""

    id: str
    body: Any
    attempt: int


class Queue:
    """The queue, as one consumer (a name of its own in a group of equals) sees it."""

    def __init__(self, url: str, group: str, consumer: str) -> None:
        self._http = httpx2.AsyncClient(base_url=url, timeout=_WAIT_SECONDS + 5)
        self._group = group
        self._consumer = consumer
        self._stop = asyncio.Event()

    async def ping(self) -> None:
        """Raise unless the queue answers."""
        (await self._http.get("/health")).raise_for_status()

    async def publish(self, stream: str, body: Any, deduplication_id: str = "") -> str:
        """Publish a message and give its id. The same deduplication id makes it safe to say it twice."""
        said = {"body": body, "deduplication_id": deduplication_id}
        answer = await self._http.post(f"/streams/{stream}/messages", json=said)
        return str(answer.raise_for_status().json()["id"])

    @asynccontextmanager
    async def consuming(
        self,
        stream: str,
        handle: Callable[[Message], Awaitable[None]],
        *,
        workers: int = 1,
        visibility_seconds: float = 60,
        grace_seconds: float = 8,
    ) -> AsyncIterator[None]:
        """Hand messages to `handle`: what it returns from is acknowledged, what it raises at comes again.

        At the end no more is received, from no stream, and what runs may finish within `grace_seconds`; the rest comes
        again elsewhere.
        """
        running = [
            asyncio.create_task(self._work(stream, handle, f"{self._consumer}-{number}", visibility_seconds))
            for number in range(workers)
        ]
        try:
            yield
        finally:
            self._stop.set()
            _, late = await asyncio.wait(running, timeout=grace_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _work(
        self,
        stream: str,
        handle: Callable[[Message], Awaitable[None]],
        consumer: str,
        visibility: float,
    ) -> None:
        pause = 0.5
        while not self._stop.is_set():
            try:
                for message in await self._receive(stream, consumer, visibility):
                    await self._handled(stream, message, handle)
                pause = 0.5
            except Exception as error:  # noqa: BLE001 - whatever the queue does, the consumer goes on
                _log.warning("the queue: %r", error, extra={"stream": stream})
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)
                pause = min(pause * 2, 5)

    async def _receive(self, stream: str, consumer: str, visibility: float) -> list[Message]:
        wanted = {"consumer": consumer, "wait_seconds": _WAIT_SECONDS, "visibility_seconds": visibility}
        answer = await self._http.post(f"/streams/{stream}/groups/{self._group}/receive", json=wanted)
        return [Message(**message) for message in answer.raise_for_status().json()["messages"]]

    async def _handled(self, stream: str, message: Message, handle: Callable[[Message], Awaitable[None]]) -> None:
        try:
            await handle(message)
        except Exception:  # noqa: BLE001 - whatever went wrong, another try may go right
            _log.exception("a message failed", extra={"stream": stream, "id": message.id, "attempt": message.attempt})
            return
        done = {"ids": [message.id]}
        (await self._http.post(f"/streams/{stream}/groups/{self._group}/acknowledge", json=done)).raise_for_status()
