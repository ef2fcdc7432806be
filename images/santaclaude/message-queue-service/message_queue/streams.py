"""Streams of messages in Redis, and what consumer groups do with them.

Each group gets every message at least once. One that was received and not acknowledged in time goes to another
consumer of the group, and after so many deliveries to the stream of dead letters, which is a stream like any other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from redis.exceptions import ResponseError

from message_queue import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redis.asyncio import Redis

DEAD = ".dead"
_STREAMS = "queue:streams"
_MOST_STREAMS = 1000
_REMEMBERED_SECONDS = 3600
_SCANS = 20

# One step, so that two publishers with the same deduplication id cannot both get past the question.
_PUBLISH = """
local seen = ARGV[3] ~= '' and redis.call('GET', KEYS[3])
if seen then return {seen, 1} end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return redis.error_reply('FULL the stream') end
if redis.call('SISMEMBER', KEYS[2], ARGV[4]) == 0 then
  if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[6]) then return redis.error_reply('FULL the list of streams') end
  redis.call('SADD', KEYS[2], ARGV[4])
end
local id = redis.call('XADD', KEYS[1], '*', 'body', ARGV[1])
if ARGV[3] ~= '' then redis.call('SET', KEYS[3], id, 'EX', ARGV[5]) end
return {id, 0}
"""


class FullError(Exception):
    """A limit is reached; later there may be room again."""


class Message(NamedTuple):
    """A message as a consumer gets it; `attempt` counts its deliveries to the group."""

    id: str
    body: Any
    attempt: int


class Published(NamedTuple):
    """The id of a message, and whether it had been published before."""

    id: str
    duplicate: bool


class Streams:
    """All streams of one Redis. `blocking` is a client of its own for reads that wait."""

    def __init__(self, redis: Redis, blocking: Redis, *, max_length: int, max_deliveries: int) -> None:
        self._redis = redis
        self._blocking = blocking
        self._max_length = max_length
        self._max_deliveries = max_deliveries
        self._publish = redis.register_script(_PUBLISH)

    async def publish(self, stream: str, body: Any, deduplication_id: str = "") -> Published:
        """Add a message; one with a deduplication id that was seen within the last hour is not added again."""
        keys = [_key(stream), _STREAMS, f"queue:seen:{stream}:{deduplication_id}"]
        text = json.dumps(body, ensure_ascii=False)
        arguments: list[str | int] = [
            text,
            self._max_length,
            deduplication_id,
            stream,
            _REMEMBERED_SECONDS,
            _MOST_STREAMS,
        ]
        try:
            found, duplicate = await self._publish(keys=keys, args=arguments)
        except ResponseError as error:
            if "FULL" in str(error):
                raise FullError(f"{str(error).partition('FULL ')[2].split(' script:')[0]} is full") from None
            raise
        metrics.PUBLISHED.labels(stream).inc(0 if duplicate else 1)
        return Published(found, bool(duplicate))

    async def receive(  # noqa: PLR0913 - what a consumer says
        self, stream: str, group: str, consumer: str, *, count: int, wait: float, visibility: float
    ) -> list[Message]:
        """Give up to `count` messages: first those which others left behind, then new ones, for which it waits."""
        try:
            messages = await self._left_behind(stream, group, consumer, count, visibility)
            if len(messages) < count:
                block = None if messages or not wait else int(wait * 1000)
                messages += await self._new(stream, group, consumer, count - len(messages), block)
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await self._create_group(stream, group)
            return await self.receive(stream, group, consumer, count=count, wait=wait, visibility=visibility)
        for message in messages:
            metrics.DELIVERED.labels(stream, group, "again" if message.attempt > 1 else "first").inc()
        return messages

    async def acknowledge(self, stream: str, group: str, ids: Iterable[str]) -> int:
        """Say that messages are done with; give how many of them were waiting for that."""
        done = int(await self._redis.xack(_key(stream), group, *ids))
        metrics.ACKNOWLEDGED.labels(stream, group).inc(done)
        return done

    async def names(self) -> list[str]:
        """Give the names of all streams."""
        return sorted(str(name) for name in await self._redis.smembers(_STREAMS))

    async def describe(self, stream: str) -> dict[str, Any] | None:
        """Give the length of a stream, and of each group what is pending and what it has not seen yet."""
        if not await self._redis.exists(_key(stream)):
            return None
        groups = await self._redis.xinfo_groups(_key(stream))
        described = {group["name"]: {"pending": group["pending"], "lag": group["lag"]} for group in groups}
        return {"stream": stream, "length": await self._redis.xlen(_key(stream)), "groups": described}

    async def peek(self, stream: str, count: int) -> list[dict[str, Any]]:
        """Give the oldest messages of a stream without receiving them."""
        entries: Any = await self._redis.xrange(_key(stream), count=count)
        return [{"id": found, "body": json.loads(fields["body"])} for found, fields in entries]

    async def tidy(self) -> None:
        """Delete what all groups are done with, and measure what is left. Any replica may do so at any time."""
        for stream in await self.names():
            groups = await self._redis.xinfo_groups(_key(stream)) if await self._redis.exists(_key(stream)) else []
            if groups:
                first = min([await self._first_needed(stream, group) for group in groups])
                await self._redis.xtrim(_key(stream), minid="{}-{}".format(*first), approximate=False)
            for group in groups:
                metrics.PENDING.labels(stream, group["name"]).set(group["pending"])
            metrics.LENGTH.labels(stream).set(await self._redis.xlen(_key(stream)))

    async def _first_needed(self, stream: str, group: dict[str, Any]) -> tuple[int, int]:
        if group["pending"]:
            pending: Any = await self._redis.xpending(_key(stream), group["name"])
            if pending["min"]:
                return _number(pending["min"])
        last, sequence = _number(group["last-delivered-id"])
        return last, sequence + 1

    async def _left_behind(
        self, stream: str, group: str, consumer: str, count: int, visibility: float
    ) -> list[Message]:
        found: list[Message] = []
        start = "0-0"
        for _ in range(_SCANS):  # a call looks at ten times as many entries as it may give
            claimed: Any = await self._redis.xautoclaim(
                _key(stream), group, consumer, int(visibility * 1000), start, count=count - len(found)
            )
            start, entries, _gone = claimed
            attempts = await self._deliveries(stream, group, [entry for entry, _ in entries])
            for (entry, fields), attempt in zip(entries, attempts, strict=True):
                if attempt > self._max_deliveries and not stream.endswith(DEAD):
                    await self._bury(stream, group, entry, fields["body"], attempt - 1)
                else:
                    found.append(Message(entry, json.loads(fields["body"]), attempt))
            if start == "0-0" or len(found) == count:
                break
        return found

    async def _deliveries(self, stream: str, group: str, ids: list[str]) -> list[int]:
        async with self._redis.pipeline(transaction=False) as asked:
            for one in ids:
                asked.xpending_range(_key(stream), group, one, one, 1)
            return [rows[0]["times_delivered"] if rows else 1 for rows in await asked.execute()]

    async def _bury(self, stream: str, group: str, entry: str, body: str, deliveries: int) -> None:
        letter = {"stream": stream, "group": group, "id": entry, "deliveries": deliveries, "body": json.loads(body)}
        async with self._redis.pipeline(transaction=True) as both:
            both.sadd(_STREAMS, stream + DEAD)
            both.xadd(_key(stream + DEAD), {"body": json.dumps(letter)}, maxlen=self._max_length, approximate=True)
            both.xack(_key(stream), group, entry)
            await both.execute()
        metrics.DEAD_LETTERS.labels(stream, group).inc()

    async def _new(self, stream: str, group: str, consumer: str, count: int, block: int | None) -> list[Message]:
        answer: Any = await self._blocking.xreadgroup(group, consumer, {_key(stream): ">"}, count, block)
        entries = answer[0][1] if answer else []
        return [Message(entry, json.loads(fields["body"]), 1) for entry, fields in entries]

    async def _create_group(self, stream: str, group: str) -> None:
        try:
            await self._redis.sadd(_STREAMS, stream)
            await self._redis.xgroup_create(_key(stream), group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise


def _key(stream: str) -> str:
    return f"queue:stream:{stream}"


def _number(entry: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry.partition("-")
    return int(milliseconds), int(sequence)
