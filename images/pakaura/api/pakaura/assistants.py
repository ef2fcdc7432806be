"""Who answers in the chat: the interface, and the assistant of the demo mode, which needs no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from pakaura.intents import understand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pakaura.actions import Actions
    from pakaura.intents import Intent

Mode = Literal["demo", "cohere"]

_HELP = """I keep your tasks. Say for example:
• add a task to buy milk
• show my tasks
• mark buy milk as done
• rename buy milk to buy oat milk
• delete buy milk"""


class Turn(NamedTuple):
    """What was said before, by whom."""

    role: Literal["user", "assistant"]
    text: str


class Answer(NamedTuple):
    """A reply, and which assistant gave it."""

    text: str
    mode: Mode


class Assistant(Protocol):
    async def answer(self, message: str, earlier: Sequence[Turn], actions: Actions) -> Answer:
        """Answer a message, and do with the task list what it asks for."""


class DemoAssistant:
    """Understands ordinary words about tasks by rules."""

    async def answer(self, message: str, earlier: Sequence[Turn], actions: Actions) -> Answer:  # noqa: ARG002 - it does not look back
        """Do what the message asks for."""
        return Answer(await _do(understand(message), actions), "demo")


async def _do(intent: Intent, actions: Actions) -> str:  # noqa: C901, PLR0911 - a table of wishes
    match intent.wish:
        case "add":
            return await actions.add(intent.task)
        case "list":
            return await actions.list(intent.status)
        case "complete":
            return await actions.complete(intent.task)
        case "complete_all":
            return await actions.complete_all()
        case "reopen":
            return await actions.reopen(intent.task)
        case "delete":
            return await actions.delete(intent.task)
        case "delete_all":
            return await actions.delete_all(intent.status)
        case "rename":
            return await actions.rename(intent.task, intent.title)
        case "thanks":
            return "You are welcome."
        case "help":
            return _HELP
        case "unknown":
            return f"I did not understand that. {_HELP}"
