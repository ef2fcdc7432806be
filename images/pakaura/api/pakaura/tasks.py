"""Tasks: those of one account, and their routes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, delete, func, select, update
from starlette.exceptions import HTTPException

from pakaura.accounts import LoggedIn
from pakaura.database import Sessions
from pakaura.lines import Title
from pakaura.schema import Task
from pakaura.services import PREFIX, FromServices

MOST_TASKS = 500
CHANGES = Counter("pakaura_task_changes_total", "Tasks added, completed, reopened, renamed, deleted.", ["change"])

Status = Literal["open", "done", "all"]
_SHOWN: dict[Status, tuple[ColumnElement[bool], ...]] = {
    "open": (Task.done_at.is_(None),),
    "done": (Task.done_at.is_not(None),),
    "all": (),
}


class TooManyTasksError(Exception):
    """An account has as many tasks as it may."""


class TaskList:
    """The tasks of one account."""

    def __init__(self, sessions: Sessions, account: UUID) -> None:
        self._sessions = sessions
        self._account = account

    async def all(self, status: Status = "all") -> Sequence[Task]:
        """Give tasks in the order in which they were added."""
        async with self._sessions() as session:
            asked = select(Task).where(Task.account_id == self._account, *_SHOWN[status])
            return (await session.scalars(asked.order_by(Task.created_at, Task.id))).all()

    async def add(self, title: str) -> Task:
        """Add a task. Raises TooManyTasksError."""
        async with self._sessions.begin() as session:
            count = select(func.count()).select_from(Task).where(Task.account_id == self._account)
            if (await session.scalar(count) or 0) >= MOST_TASKS:
                raise TooManyTasksError(f"there are {MOST_TASKS} tasks already; delete some first")
            task = Task(account_id=self._account, title=title)
            session.add(task)
            await session.flush()
            await session.refresh(task)
            session.expunge(task)
        CHANGES.labels("added").inc()
        return task

    async def rename(self, task: UUID, title: str) -> Task | None:
        """Change a task's title; None if it is not there."""
        return await self._change(task, "renamed", title=title)

    async def complete(self, task: UUID) -> Task | None:
        """Complete a task; of one that is done, the time stays."""
        return await self._change(task, "completed", done_at=func.coalesce(Task.done_at, func.now()))

    async def reopen(self, task: UUID) -> Task | None:
        """Make a task open again."""
        return await self._change(task, "reopened", done_at=None)

    async def delete(self, task: UUID) -> bool:
        """Delete a task; tell whether it was there."""
        async with self._sessions.begin() as session:
            found = await session.scalar(delete(Task).where(*self._own(task)).returning(Task.id))
        CHANGES.labels("deleted").inc(1 if found else 0)
        return found is not None

    async def _change(self, task: UUID, change: str, **values: object) -> Task | None:
        async with self._sessions.begin() as session:
            changed = await session.scalar(update(Task).where(*self._own(task)).values(**values).returning(Task))
            if changed:
                session.expunge(changed)
        CHANGES.labels(change).inc(1 if changed else 0)
        return changed

    def _own(self, task: UUID) -> tuple[ColumnElement[bool], ...]:
        return Task.id == task, Task.account_id == self._account


class TaskShown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    done: bool
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """Show a task."""
        done = task.done_at is not None
        return cls(id=task.id, title=task.title, done=done, created_at=task.created_at, done_at=task.done_at)


class TaskAsked(BaseModel):
    title: Title


class TaskChange(BaseModel):
    title: Title | None = None
    done: bool | None = Field(default=None, strict=True)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.done is None:
            raise ValueError("expected a title, or done, or both")
        return self


router = APIRouter(prefix=f"{PREFIX}/tasks", tags=["tasks"])


@router.get("")
async def list_tasks(
    account: LoggedIn, services: FromServices, status: Annotated[Status, Query()] = "all"
) -> list[TaskShown]:
    return [TaskShown.of(task) for task in await TaskList(services.sessions, account.id).all(status)]


@router.post("", status_code=201)
async def add_task(asked: TaskAsked, account: LoggedIn, services: FromServices) -> TaskShown:
    try:
        return TaskShown.of(await TaskList(services.sessions, account.id).add(asked.title))
    except TooManyTasksError as error:
        raise HTTPException(409, str(error)) from None


@router.patch("/{task}")
async def change_task(task: UUID, asked: TaskChange, account: LoggedIn, services: FromServices) -> TaskShown:
    tasks = TaskList(services.sessions, account.id)
    changed = None
    if asked.title is not None:
        changed = await tasks.rename(task, asked.title)
    if asked.done is not None:
        changed = await (tasks.complete(task) if asked.done else tasks.reopen(task))
    if changed is None:
        raise _no_such_task()
    return TaskShown.of(changed)


@router.delete("/{task}", status_code=204)
async def delete_task(task: UUID, account: LoggedIn, services: FromServices) -> Response:
    if not await TaskList(services.sessions, account.id).delete(task):
        raise _no_such_task()
    return Response(status_code=204)


def _no_such_task() -> HTTPException:
    return HTTPException(404, "no such task")
