"""The connection to PostgreSQL, and whether it is there with the tables that this release needs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

if TYPE_CHECKING:
    from pydantic import SecretStr

Sessions = async_sessionmaker[AsyncSession]
AWAY = (OSError, TimeoutError, PoolTimeoutError, DBAPIError)
"""What is raised while the database is away, and sometimes when it is not: ask `is_away`."""

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
# SQLSTATE classes: connection, resources, intervention by an operator, a server that only reads.
_PASSING = ("08", "53", "57", "25006")


def connect(url: SecretStr) -> AsyncEngine:
    """Make an engine; it connects when it is first used, and again after the database was away."""
    return create_async_engine(
        url.get_secret_value(),
        pool_size=5,
        max_overflow=5,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 10,
            "server_settings": {"application_name": "pakaura-api", "statement_timeout": "10000"},
        },
    )


def is_away(error: BaseException) -> bool:
    """Tell whether the same statement may succeed later."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, AWAY)
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_PASSING) or not state


class SchemaBehindError(Exception):
    """The migrations of this release have not run yet."""


class Readiness:
    """The checks that /ready asks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        scripts = ScriptDirectory(str(_MIGRATIONS))
        self._heads = set(scripts.get_heads())
        self._older = {script.revision for script in scripts.walk_revisions()} - self._heads

    async def answers(self) -> None:
        """Raise unless the database answers."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def is_current(self) -> None:
        """Raise unless the schema is at this release's head.

        A revision that this release does not know is a newer one's, whose rollout must not take this one down.
        """
        async with self._engine.connect() as connection:
            table = await connection.scalar(text("SELECT to_regclass('alembic_version')::text"))
            found = await connection.scalars(text("SELECT version_num FROM alembic_version")) if table else ()
            revisions = set(found)
        if not revisions or revisions & self._older:
            raise SchemaBehindError(f"the schema is at {sorted(revisions)}, not at {sorted(self._heads)}")


async def close(engine: AsyncEngine) -> None:
    """Close the connections; what takes longer than a few seconds is left to the end of the process."""
    async with asyncio.timeout(5):
        await engine.dispose()
