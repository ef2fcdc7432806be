"""ClickHouse over HTTP: https://clickhouse.com/docs/interfaces/http."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Rows with the same time and id are one row: what is written twice after a crash is read once.
_TABLE = """
CREATE TABLE IF NOT EXISTS events
(
    id UUID,
    time DateTime64(3, 'UTC'),
    actor String,
    action LowCardinality(String),
    subject String,
    details String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, id)
"""
_INSERT = "INSERT INTO events (id, time, actor, action, subject, details) FORMAT JSONEachRow"
_COLUMNS = "SELECT id, time, actor, action, subject, details FROM events FINAL"
_CONDITIONS = {
    "id": "id = {id:UUID}",
    "actor": "actor = {actor:String}",
    "action": "action = {action:String}",
    "subject": "subject = {subject:String}",
    "since": "time >= {since:DateTime64(3, 'UTC')}",
    "until": "time < {until:DateTime64(3, 'UTC')}",
}
# Not to be parsed as text, escaped or quoted text, JSON, date, time, number, UUID; cut off; of another type; incorrect.
_WRONG_ROWS = frozenset({"6", "25", "26", "27", "33", "38", "41", "53", "72", "117", "376"})
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


class InvalidError(Exception):
    """ClickHouse understood and refuses: the rows are wrong, another try would not help."""


class ClickHouse:
    """One database of a server."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password, "X-ClickHouse-Database": database}
        self._http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=httpx2.Timeout(20, connect=3))
        self._has_table = False

    async def ping(self) -> None:
        """Raise unless the server answers to our name and password."""
        await self._ask("SELECT 1")

    async def insert(self, rows: Iterable[str]) -> None:
        """Write rows; returns when they are on the server's disk."""
        if not self._has_table:
            await self._ask(_TABLE)
            self._has_table = True
        try:
            await self._ask("\n".join(rows), {"query": _INSERT})
        except httpx2.HTTPStatusError as error:
            self._has_table = error.response.status_code != httpx2.codes.NOT_FOUND
            if error.response.headers.get("X-ClickHouse-Exception-Code") in _WRONG_ROWS:
                raise InvalidError(error.response.text[:500]) from None
            raise

    async def find(self, limit: int, sought: Mapping[str, str]) -> list[dict[str, Any]]:
        """Give the youngest events that match all that is sought."""
        conditions = " AND ".join(_CONDITIONS[name] for name in sought) or "1 = 1"
        statement = f"{_COLUMNS} WHERE {conditions} ORDER BY time DESC, id LIMIT {{limit:UInt32}} FORMAT JSON"
        values = {f"param_{name}": value.translate(_ESCAPES) for name, value in sought.items()}
        answer = await self._ask(statement, values | {"param_limit": str(limit)})
        return [row | {"details": json.loads(row["details"])} for row in answer.json()["data"]]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, body: str, parameters: Mapping[str, str] | None = None) -> httpx2.Response:
        answer = await self._http.post("/", content=body.encode(), params=dict(parameters or {}))
        return answer.raise_for_status()
