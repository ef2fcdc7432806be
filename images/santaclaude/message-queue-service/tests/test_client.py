from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest

from queue_client import Message, Queue


class Server:
    """Plays the service: gives what it was given, once, and takes note of acknowledgements."""

    def __init__(self, *bodies: Any) -> None:
        self.messages = [{"id": f"{number}-0", "body": body, "attempt": 1} for number, body in enumerate(bodies)]
        self.acknowledged: list[str] = []
        self.broken = 0

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.broken:
            self.broken -= 1
            return httpx2.Response(503)
        if request.url.path.endswith("/acknowledge"):
            self.acknowledged += json.loads(request.content)["ids"]
            return httpx2.Response(200, json={"acknowledged": 1})
        await asyncio.sleep(0.01)
        given, self.messages = self.messages[:1], self.messages[1:]
        return httpx2.Response(200, json={"messages": given})


def consume(server: Server, handle: Any, seconds: float = 0.3, **options: Any) -> None:
    async def consuming() -> None:
        queue = Queue("http://queue", "workers", "one")
        queue._http = httpx2.AsyncClient(base_url="http://queue", transport=httpx2.MockTransport(server))
        async with queue.consuming("jobs", handle, **options):
            await asyncio.sleep(seconds)
        await queue.close()

    asyncio.run(consuming())


def test_what_was_handled_is_acknowledged_and_what_failed_is_not(caplog: pytest.LogCaptureFixture) -> None:
    server = Server("good", "bad", "good")

    async def handle(message: Message) -> None:
        if message.body == "bad":
            raise ValueError

    consume(server, handle)

    assert server.acknowledged == ["0-0", "2-0"]
    assert "a message failed" in caplog.text


def test_it_goes_on_after_the_queue_was_away() -> None:
    server = Server("job")
    server.broken = 1

    async def handle(_message: Message) -> None:
        return

    consume(server, handle, seconds=1)

    assert server.acknowledged == ["0-0"]


@pytest.mark.parametrize(("work", "acknowledged"), [(0.2, ["0-0"]), (30, [])])
def test_at_the_end_what_runs_may_finish_within_the_grace_period(work: float, acknowledged: list[str]) -> None:
    server = Server("long")

    async def handle(_message: Message) -> None:
        await asyncio.sleep(work)

    consume(server, handle, seconds=0.1, grace_seconds=0.5)

    assert server.acknowledged == acknowledged
