"""Cohere's chat: a model that uses the task list as its tools, over https://docs.cohere.com/reference/chat.

When it cannot be asked (a wrong key, no answer, an answer that is none), the demo assistant answers instead, unless
the model has changed something already: then that is what is said.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Literal

import httpx2
from prometheus_client import Counter
from pydantic import BaseModel, Field, ValidationError

from pakaura.assistants import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pakaura.actions import Actions
    from pakaura.assistants import Assistant, Turn
    from pakaura.configuration import Configuration

FALLBACKS = Counter("pakaura_chat_fallbacks_total", "Messages that the demo assistant had to answer.", ["reason"])

_MOST_ROUNDS = 5
_MOST_CALLS = 10
_LARGEST_ANSWER = 256 * 1024
_ROLE = (
    "You keep a person's list of tasks. Use the tools for all that concerns tasks and never make up what they would "
    "say. Before you complete, reopen, rename or delete a task, be sure which one is meant; ask if you are not. "
    "Answer in the language of the person, in one or two sentences, or with the list that was asked for."
)
_log = logging.getLogger("cohere")


def _tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties = {parameter: {"type": "string", "description": meaning} for parameter, meaning in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


_WHICH = "The title of the task, or its number in the list of open tasks"
TOOLS = [
    _tool("add_task", "Adds a task to the list", title="What is to be done"),
    _tool("list_tasks", "Lists tasks", status="open, done or all"),
    _tool("complete_task", "Marks a task as done", task=_WHICH),
    _tool("reopen_task", "Marks a task that is done as open again", task="The title of the task"),
    _tool("rename_task", "Changes the title of a task", task=_WHICH, title="The new title"),
    _tool("delete_task", "Deletes a task for good", task=_WHICH),
]


class _Function(BaseModel):
    name: str
    arguments: str = "{}"


class _Call(BaseModel):
    id: str
    type: Literal["function"] = "function"
    function: _Function


class _Part(BaseModel):
    type: str
    text: str = ""


class _Message(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: list[_Part] = Field(default_factory=list)
    tool_plan: str | None = None
    tool_calls: list[_Call] | None = Field(default=None, max_length=_MOST_CALLS)


class _Response(BaseModel):
    finish_reason: str
    message: _Message


class CohereError(Exception):
    """Cohere did not give an answer; `reason` is one of a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CohereAssistant:
    """Asks Cohere, and another assistant in its stead."""

    def __init__(self, configuration: Configuration, key: str, instead: Assistant) -> None:
        self._configuration = configuration
        self._instead = instead
        self._client = httpx2.AsyncClient(
            base_url=configuration.cohere_api_url,
            headers={"Authorization": f"Bearer {key}", "X-Client-Name": "pakaura"},
            timeout=configuration.ai_timeout_seconds,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def answer(self, message: str, earlier: Sequence[Turn], actions: Actions) -> Answer:
        """Answer by the model within the time that is configured, or by the other assistant."""
        try:
            async with asyncio.timeout(self._configuration.ai_timeout_seconds):
                return Answer(await self._converse(message, earlier, actions), "cohere")
        except TimeoutError:
            reason = "timeout"
        except CohereError as error:
            reason = error.reason
        FALLBACKS.labels(reason).inc()
        _log.warning("the demo assistant answers", extra={"reason": reason})
        if actions.done:
            return Answer(" ".join(actions.done), "cohere")
        return await self._instead.answer(message, earlier, actions)

    async def _converse(self, message: str, earlier: Sequence[Turn], actions: Actions) -> str:
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": _ROLE},
            *({"role": turn.role, "content": turn.text} for turn in earlier),
            {"role": "user", "content": message},
        ]
        for _ in range(_MOST_ROUNDS):
            response = await self._ask(messages)
            calls = response.message.tool_calls or []
            if not calls:
                return _text(response)
            messages.append(response.message.model_dump(exclude_none=True, exclude={"content"}))
            messages.extend([await _result(call, actions) for call in calls])
        raise CohereError("too many rounds")

    async def _ask(self, messages: list[dict[str, Any]]) -> _Response:
        settings = self._configuration
        body = {
            "model": settings.ai_model,
            "messages": messages,
            "tools": TOOLS,
            "temperature": settings.ai_temperature,
            "max_tokens": settings.ai_max_tokens,
        }
        try:
            response = await self._client.post("/v2/chat", json=body)
        except httpx2.TimeoutException:
            raise CohereError("timeout") from None
        except httpx2.HTTPError:
            raise CohereError("unreachable") from None
        if response.status_code != 200:
            raise CohereError(_refusal(response.status_code))
        try:
            return _Response.model_validate_json(response.content[:_LARGEST_ANSWER])
        except ValidationError:
            raise CohereError("unreadable") from None


def _refusal(status: int) -> str:
    known = {401: "key refused", 403: "key refused", 429: "rate limit"}
    return known.get(status, "refused" if status < 500 else "failed")


def _text(response: _Response) -> str:
    text = "".join(part.text for part in response.message.content if part.type == "text").strip()
    if not text:
        raise CohereError("empty")
    return text


async def _result(call: _Call, actions: Actions) -> dict[str, Any]:
    document = {"data": json.dumps({"result": await _use(call.function, actions)}, ensure_ascii=False)}
    return {"role": "tool", "tool_call_id": call.id, "content": [{"type": "document", "document": document}]}


async def _use(function: _Function, actions: Actions) -> str:
    """Do what a call asks for; what is wrong with it is said to the model, which can do better."""
    tools: dict[str, tuple[Callable[..., Awaitable[str]], tuple[str, ...]]] = {
        "add_task": (actions.add, ("title",)),
        "list_tasks": (actions.list, ("status",)),
        "complete_task": (actions.complete, ("task",)),
        "reopen_task": (actions.reopen, ("task",)),
        "rename_task": (actions.rename, ("task", "title")),
        "delete_task": (actions.delete, ("task",)),
    }
    if function.name not in tools:
        return f"There is no tool {function.name}."
    tool, names = tools[function.name]
    given = _arguments(function.arguments)
    if any(not isinstance(given.get(name), str) for name in names):
        return f"Expected as strings: {', '.join(names)}."
    if function.name == "list_tasks" and given["status"] not in {"open", "done", "all"}:
        return "The status is open, done or all."
    return await tool(*(given[name] for name in names))


def _arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
