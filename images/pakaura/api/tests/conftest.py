"""A task list in memory for tests of words, and a real database for the rest, where DATABASE_URL says where one is."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped] # it has no types
import pytest
from sqlalchemy import make_url

from pakaura.schema import Task
from pakaura.tasks import TaskList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pakaura.tasks import Status


class TaskListInMemory(TaskList):
    """Behaves as the real one does, which tests/test_api.py asks."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    async def all(self, status: Status = "all") -> Sequence[Task]:
        return [task for task in self.tasks if status == "all" or bool(task.done_at) == (status == "done")]

    async def add(self, title: str) -> Task:
        self.tasks.append(Task(id=uuid.uuid4(), title=title))
        return self.tasks[-1]

    async def rename(self, task: uuid.UUID, title: str) -> Task | None:
        found = self._found(task)
        found.title = title
        return found

    async def complete(self, task: uuid.UUID) -> Task | None:
        found = self._found(task)
        found.done_at = datetime.now(UTC)
        return found

    async def reopen(self, task: uuid.UUID) -> Task | None:
        found = self._found(task)
        found.done_at = None
        return found

    async def delete(self, task: uuid.UUID) -> bool:
        self.tasks.remove(self._found(task))
        return True

    def _found(self, task: uuid.UUID) -> Task:
        return next(known for known in self.tasks if known.id == task)


@pytest.fixture
def tasks() -> TaskListInMemory:
    return TaskListInMemory()


@pytest.fixture
def empty_database() -> Iterator[str]:
    """Make a database of its own for a test; give its address."""
    if not os.environ.get("DATABASE_URL"):
        pytest.skip("DATABASE_URL names no server")
    server = make_url(os.environ["DATABASE_URL"])
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(_execute(server.render_as_string(hide_password=False), f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    asyncio.run(_execute(server.render_as_string(hide_password=False), f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def migrated_database(empty_database: str) -> str:
    alembic(empty_database, "upgrade", "head")
    return empty_database


def alembic(database: str, *arguments: str) -> str:
    """Run alembic as the manifests do; give what it logged."""
    command = [sys.executable, "-m", "alembic", *arguments]
    environment = {**os.environ, "DATABASE_URL": database}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


async def _execute(database: str, statement: str) -> None:
    connection = await asyncpg.connect(database.replace("+asyncpg", "", 1))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
