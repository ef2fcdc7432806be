"""Jobs on their way: out to the queue, back with results, and word of it to the audit."""

from __future__ import annotations

import json
import logging
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import httpx2

from chassis import repeating
from projectflow import metrics
from projectflow.jobs import FIELDS, STEPS, STREAMS, Status, after, message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from projectflow.store import Store
    from queue_client import Message, Queue

_RESULTS = "job-results"
_SECONDS = 1
_BATCH = 100
_log = logging.getLogger("flow")


class Flow:
    """What goes on beside requests. Each replica does all of it; doing a thing twice does no harm."""

    def __init__(self, store: Store, queue: Queue, audit: httpx2.AsyncClient) -> None:
        self._store = store
        self._queue = queue
        self._audit = audit

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run in the background."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._queue.consuming(_RESULTS, self.take_result))
            for stream in STREAMS.values():
                await stack.enter_async_context(self._queue.consuming(f"{stream}.dead", self.take_dead_letter))
            for work in (self.send, self.report):
                await stack.enter_async_context(repeating(work, seconds=_SECONDS))
            yield

    async def send(self) -> None:
        """Tell the queue what it has not been told."""
        for identifier in await self._store.unsent():
            job = await self._store.job(identifier)
            if job and (told := message(job)):
                await self._queue.publish(*told)
            await self._store.sent(identifier)

    async def report(self) -> None:
        """Tell the audit what it does not know."""
        while events := await self._store.unreported(_BATCH):
            answer = await self._audit.post("/events", json={"events": [json.loads(event) for event in events]})
            answer.raise_for_status()
            await self._store.reported(events)

    async def take_result(self, result: Message) -> None:
        """Move a job on with what came out of its step."""
        identifier, step = str(result.body.get("job")), STEPS.get(result.body.get("step"))
        job = await self._store.job(identifier)
        if not job or job.status != step:
            _log.info("a result that is not waited for", extra={"job": identifier, "step": result.body.get("step")})
            return
        if error := result.body.get("error"):
            await self._end(job.id, str(error))
            return
        status = after(job)
        if await self._store.move(job, status, **{FIELDS[step]: result.body["result"]}):
            _count(status)
            with suppress(httpx2.HTTPError):  # what is unsent is sent a second later at the latest
                await self.send()

    async def take_dead_letter(self, letter: Message) -> None:
        """Give a job up that nobody could do."""
        await self._end(str(letter.body["body"].get("job")), f"given up after {letter.body['deliveries']} tries")

    async def _end(self, identifier: str, error: str) -> None:
        job = await self._store.job(identifier)
        if job and job.status in FIELDS and await self._store.move(job, Status.FAILED, error=error):
            _count(Status.FAILED)


def _count(status: Status) -> None:
    if status not in FIELDS:
        metrics.JOBS.labels(status).inc()
