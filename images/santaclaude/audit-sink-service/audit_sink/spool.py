"""The spool: a stream in Redis, which all replicas share and which outlives each of them.

An event is in it, and on Redis' disk, before its sender gets an answer; it leaves when ClickHouse has it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from redis.exceptions import ResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redis.asyncio import Redis

_log = logging.getLogger("spool")
_SPOOL = "audit:spool"
_REJECTED = "audit:rejected"
_GROUP = "clickhouse"
_MOST_REJECTED = 10_000
_REMEMBERED_SECONDS = 3600
_DISK_MILLISECONDS = 2000

# The EXPIRE of a known id is a write too: so that WAITAOF after it waits for the disk in either case.
_ADD = """
if redis.call('XLEN', KEYS[1]) + #KEYS - 1 > tonumber(ARGV[1]) then return redis.error_reply('FULL the spool') end
local added = 0
for i = 2, #KEYS do
  if redis.call('SET', KEYS[i], '', 'NX', 'EX', ARGV[2]) then
    redis.call('XADD', KEYS[1], '*', 'row', ARGV[i + 1])
    added = added + 1
  else
    redis.call('EXPIRE', KEYS[i], ARGV[2])
  end
end
return added
"""


class FullError(Exception):
    """The spool has no room."""


class UnsafeError(Exception):
    """Redis did not say in time that its disk has the events."""


class Entry(NamedTuple):
    """An event in the spool."""

    id: str
    row: str


class Spool:
    """The spool as one replica sees it; `consumer` is the replica's name."""

    def __init__(self, redis: Redis, consumer: str, *, limit: int, lease_seconds: float) -> None:
        self._redis = redis
        self._consumer = consumer
        self._limit = limit
        self._lease = int(lease_seconds * 1000)
        self._add = redis.register_script(_ADD)
        self._waits = True

    async def ping(self) -> None:
        """Raise unless Redis answers and writes to its disk."""
        try:
            await self._redis.waitaof(1, 0, _DISK_MILLISECONDS)
        except ResponseError as error:
            self._check(error)

    async def add(self, rows: Mapping[str, str]) -> int:
        """Keep events (id → row) safe; give how many of them were not known within the last hour."""
        keys = [_SPOOL, *(f"audit:seen:{event}" for event in rows)]
        async with self._redis.pipeline(transaction=False) as steps:  # one connection: WAITAOF is about its writes
            await self._add(keys=keys, args=[self._limit, _REMEMBERED_SECONDS, *rows.values()], client=steps)
            steps.waitaof(1, 0, _DISK_MILLISECONDS)
            added, on_disk = await steps.execute(raise_on_error=False)
        if isinstance(added, ResponseError) and str(added).startswith("FULL"):
            raise FullError
        if isinstance(added, Exception):
            raise added
        if isinstance(on_disk, Exception):
            self._check(on_disk)
        elif not on_disk[0]:
            raise UnsafeError
        return int(added)

    def _check(self, error: Exception) -> None:
        """Do without WAITAOF where Redis (before 7.2) has none: its node may then lose a second with its power."""
        if "unknown command" not in str(error):
            raise error
        if self._waits:
            self._waits = False
            _log.warning("this Redis has no WAITAOF: events are on its disk only within a second")

    async def take(self, count: int) -> list[Entry]:
        """Give events to deliver: first those whose replica went away, then new ones."""
        try:
            claimed: Any = await self._redis.xautoclaim(_SPOOL, _GROUP, self._consumer, self._lease, count=count)
            entries = claimed[1]
            if len(entries) < count:
                wanted = count - len(entries)
                read: Any = await self._redis.xreadgroup(_GROUP, self._consumer, {_SPOOL: ">"}, wanted)
                entries += read[0][1] if read else []
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await self._create()
            return []
        return [Entry(entry, fields["row"]) for entry, fields in entries]

    async def done(self, entries: Sequence[Entry]) -> None:
        """Let go of delivered events."""
        await self._leave(entries, {})

    async def reject(self, entries: Sequence[Entry], reason: str) -> None:
        """Put events aside that can not be delivered."""
        await self._leave(entries, {entry.row: reason for entry in entries})

    async def length(self) -> int:
        """Give how many events are in the spool."""
        return int(await self._redis.xlen(_SPOOL))

    async def _leave(self, entries: Sequence[Entry], rejected: Mapping[str, str]) -> None:
        async with self._redis.pipeline(transaction=True) as steps:
            for row, reason in rejected.items():
                steps.xadd(_REJECTED, {"row": row, "reason": reason}, maxlen=_MOST_REJECTED, approximate=True)
            steps.xack(_SPOOL, _GROUP, *(entry.id for entry in entries))
            steps.xdel(_SPOOL, *(entry.id for entry in entries))
            await steps.execute()

    async def _create(self) -> None:
        try:
            await self._redis.xgroup_create(_SPOOL, _GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
