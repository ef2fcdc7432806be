"""From the spool to ClickHouse, until all is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from audit_sink import metrics
from audit_sink.clickhouse import ClickHouse, InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit_sink.spool import Entry, Spool

_BATCH = 1000
_log = logging.getLogger("delivery")


class Delivery:
    """Delivers batches, one after the other."""

    def __init__(self, spool: Spool, clickhouse: ClickHouse) -> None:
        self._spool = spool
        self._clickhouse = clickhouse

    async def turn(self) -> bool:
        """Deliver a batch; say whether there may be more."""
        try:
            return await self._once()
        except Exception:
            metrics.FAILURES.inc()
            raise

    async def _once(self) -> bool:
        entries = await self._spool.take(_BATCH)
        if entries:
            await self._deliver(entries)
        metrics.SPOOLED.set(await self._spool.length())
        return len(entries) == _BATCH

    async def _deliver(self, entries: Sequence[Entry]) -> None:
        try:
            await self._clickhouse.insert(entry.row for entry in entries)
        except InvalidError as error:
            await self._divide(entries, str(error))
        else:
            await self._spool.done(entries)
            metrics.DELIVERED.inc(len(entries))

    async def _divide(self, entries: Sequence[Entry], reason: str) -> None:
        """Find the rows that ClickHouse would not take: one of them must not hold up the others."""
        if len(entries) > 1:
            middle = len(entries) // 2
            await self._deliver(entries[:middle])
            await self._deliver(entries[middle:])
            return
        _log.error("ClickHouse would not take an event", extra={"event": entries[0].row, "reason": reason})
        await self._spool.reject(entries, reason)
        metrics.REJECTED.inc()
