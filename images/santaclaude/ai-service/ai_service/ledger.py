"""The ledger of a replica, on its own volume: what was answered, so that the same question costs nothing twice."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ai_service.models import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ai_service.models import Turn

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    question TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    answer TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS completions_at ON completions (at);
"""
_MOST = 20_000


def question(model: str, turns: Sequence[Turn], max_tokens: int) -> str:
    """Give one text that stands for a question."""
    return sha256(repr((model, [tuple(turn) for turn in turns], max_tokens)).encode()).hexdigest()


class Ledger:
    """An SQLite file. It is opened when it is needed: the volume may come later than the process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "completions.sqlite3"
        self._lock = threading.Lock()

    async def ping(self) -> None:
        """Raise unless the volume can be written to."""
        await asyncio.to_thread(self._write, "DELETE FROM completions WHERE question = ''", ())

    async def find(self, asked: str) -> Answer | None:
        """Give the answer that a question had."""
        rows = await asyncio.to_thread(
            self._read, "SELECT answer, input_tokens, output_tokens FROM completions WHERE question = ?", (asked,)
        )
        return Answer(*rows[0]) if rows else None

    async def keep(self, asked: str, model: str, answer: Answer) -> None:
        """Write an answer down; the oldest make room."""
        row = (asked, model, *answer, time.time())
        await asyncio.to_thread(self._write, "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?)", row)
        await asyncio.to_thread(
            self._write,
            "DELETE FROM completions WHERE at <= (SELECT at FROM completions ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (_MOST,),
        )

    async def usage(self) -> list[dict[str, int | str]]:
        """Give what each model was asked here."""
        names = ("model", "completions", "input_tokens", "output_tokens")
        rows = await asyncio.to_thread(
            self._read,
            "SELECT model, count(*), sum(input_tokens), sum(output_tokens) FROM completions GROUP BY model ORDER BY 1",
            (),
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _read(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock, closing(self._open()) as database:
            return database.execute(statement, values).fetchall()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock, closing(self._open()) as database, database:
            database.execute(statement, values)

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=5)
        database.executescript(_SCHEMA)
        return database
