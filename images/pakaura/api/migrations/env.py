"""Runs the migrations: all of them or none, one process at a time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from alembic import context
from sqlalchemy import pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import load, logs
from pakaura.configuration import DatabaseConfiguration
from pakaura.schema import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK = 7_225_872  # "pakaura" on a telephone's keys
_log = logging.getLogger("migrate")


def migrate(connection: Connection) -> None:
    """Bring the schema where it was asked to be, when no other process is at it."""
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = context.get_context().get_current_heads()
        context.run_migrations()
        _log.info("migrated", extra={"before": before, "after": context.get_context().get_current_heads()})


async def main() -> None:
    """Connect, migrate, close."""
    configuration = load(DatabaseConfiguration)
    logs.configure("pakaura-migrate", configuration.log_level, configuration.secrets())
    engine = create_async_engine(
        configuration.database_url.get_secret_value(), poolclass=pool.NullPool, connect_args={"timeout": 10}
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run on a database only: leave --sql out")
asyncio.run(main())
