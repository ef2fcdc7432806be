"""What an assistant can do with a task list: words in, words out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pakaura.finding import find
from pakaura.lines import one_line
from pakaura.schema import TITLE_LENGTH
from pakaura.tasks import TooManyTasksError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pakaura.schema import Task
    from pakaura.tasks import Status, TaskList

_MOST_SHOWN = 50
_HEADINGS = {"open": "Still to do", "done": "Done", "all": "All tasks"}
_NONE = {"open": "Nothing is left to do.", "done": "Nothing is done yet.", "all": "There are no tasks."}


class Actions:
    """Changes one task list and says what was done. `done` keeps what changed something."""

    def __init__(self, tasks: TaskList) -> None:
        self._tasks = tasks
        self.done: list[str] = []

    async def add(self, title: str) -> str:
        """Add a task."""
        line = one_line(title)
        if not line:
            return "What should the task be called?"
        if len(line) > TITLE_LENGTH:
            return f"That is too long for a task: it may have {TITLE_LENGTH} characters."
        try:
            task = await self._tasks.add(line)
        except TooManyTasksError as error:
            return f"I cannot add it: {error}."
        return self._did(f'Added "{task.title}".')

    async def list(self, status: Status = "open") -> str:
        """Say which tasks there are."""
        tasks = await self._tasks.all(status)
        if not tasks:
            return _NONE[status]
        rest = [f"… and {len(tasks) - _MOST_SHOWN} more"] if len(tasks) > _MOST_SHOWN else []
        return "\n".join([f"{_HEADINGS[status]}:", *_numbered(tasks[:_MOST_SHOWN]), *rest])

    async def complete(self, words: str) -> str:
        """Complete the task that is meant."""
        found = find(words, await self._tasks.all("open"))
        if not found and (done := find(words, await self._tasks.all("done"))):
            return f'"{done[0].title}" is done already.'
        if len(found) != 1:
            return _which(words, found)
        await self._tasks.complete(found[0].id)
        return self._did(f'Done: "{found[0].title}".')

    async def reopen(self, words: str) -> str:
        """Make the task that is meant open again."""
        found = find(words, await self._tasks.all("done"))
        if len(found) != 1:
            return _which(words, found)
        await self._tasks.reopen(found[0].id)
        return self._did(f'"{found[0].title}" is open again.')

    async def delete(self, words: str) -> str:
        """Delete the task that is meant; a number means one of those that are open."""
        found = find(words, await self._tasks.all("open")) or find(words, await self._tasks.all("done"))
        if len(found) != 1:
            return _which(words, found)
        await self._tasks.delete(found[0].id)
        return self._did(f'Deleted "{found[0].title}".')

    async def rename(self, words: str, title: str) -> str:
        """Give the task that is meant another title."""
        line = one_line(title)
        found = find(words, await self._tasks.all("open"))
        if len(found) != 1:
            return _which(words, found)
        if not 0 < len(line) <= TITLE_LENGTH:
            return f"A title has 1 to {TITLE_LENGTH} characters."
        before = found[0].title
        await self._tasks.rename(found[0].id, line)
        return self._did(f'"{before}" is now "{line}".')

    async def complete_all(self) -> str:
        """Complete all that is open."""
        tasks = await self._tasks.all("open")
        for task in tasks:
            await self._tasks.complete(task.id)
        return self._did(f"Done: {_count(tasks)}.") if tasks else "Nothing is left to do."

    async def delete_all(self, status: Status) -> str:
        """Delete all tasks, or those that are done."""
        tasks = await self._tasks.all(status)
        for task in tasks:
            await self._tasks.delete(task.id)
        return self._did(f"Deleted {_count(tasks)}.") if tasks else "There is nothing to delete."

    def _did(self, what: str) -> str:
        self.done.append(what)
        return what


def _numbered(tasks: Sequence[Task]) -> list[str]:
    return [f"{number}. {'✓ ' if task.done_at else ''}{task.title}" for number, task in enumerate(tasks, 1)]


def _which(words: str, found: Sequence[Task]) -> str:
    if not words.strip():
        return "Which task do you mean?"
    if not found:
        return f'I found no such task: "{one_line(words)[:TITLE_LENGTH]}". Say "show my tasks" to see what there is.'
    return "\n".join(["Which of these do you mean?", *(f"• {task.title}" for task in found[:_MOST_SHOWN])])


def _count(tasks: Sequence[Task]) -> str:
    return f"{len(tasks)} task" if len(tasks) == 1 else f"{len(tasks)} tasks"
