"""The assistant that asks Cohere, against a local server which answers in the documented format of POST /v2/chat.

It is that format which is tested here, and what happens when the answer is another one; not Cohere itself.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pakaura.actions import Actions
from pakaura.assistants import Answer, DemoAssistant, Turn
from pakaura.cohere import CohereAssistant
from pakaura.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import TaskListInMemory

KEY = "a-key-for-tests"


class Cohere(ThreadingHTTPServer):
    """Gives the prepared answers one after another and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.seconds = 0.0


class _Handler(BaseHTTPRequestHandler):
    server: Cohere

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(body)
        self.server.paths.append(self.path)
        self.server.keys.append(self.headers["authorization"])
        time.sleep(self.server.seconds)
        status, answer = self.server.answers.pop(0)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cohere() -> Iterator[Cohere]:
    with Cohere() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def say(cohere: Cohere, tasks: TaskListInMemory) -> Callable[..., Answer]:
    def ask(message: str, *earlier: Turn) -> Answer:
        return asyncio.run(_ask(cohere, tasks, message, earlier))

    return ask


async def _ask(cohere: Cohere, tasks: TaskListInMemory, message: str, earlier: tuple[Turn, ...]) -> Answer:
    configuration = Configuration.model_validate(
        {
            "database_url": "postgresql+asyncpg://u:p@h/d",
            "jwt_secret": "0" * 32,
            "frontend_url": "http://pakaura.local",
            "cohere_api_url": f"http://127.0.0.1:{cohere.server_port}",
            "ai_timeout_seconds": 0.5,
        }
    )
    assistant = CohereAssistant(configuration, KEY, DemoAssistant())
    try:
        return await assistant.answer(message, earlier, Actions(tasks))
    finally:
        await assistant.close()


def said(text: str) -> tuple[int, Any]:
    message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
    return 200, {"id": "1", "finish_reason": "COMPLETE", "message": message, "usage": {"tokens": {"input_tokens": 9}}}


def called(*calls: tuple[str, Any]) -> tuple[int, Any]:
    wanted = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "tool_plan": "I will use the tools.", "tool_calls": wanted}
    return 200, {"id": "1", "finish_reason": "TOOL_CALL", "message": message}


def results(cohere: Cohere) -> list[str]:
    """Give what the tools answered, as the last request told it."""
    told = [message for message in cohere.asked[-1]["messages"] if message["role"] == "tool"]
    return [json.loads(message["content"][0]["document"]["data"])["result"] for message in told]


def test_the_model_is_asked_with_key_history_and_tools(cohere: Cohere, say: Callable[..., Answer]) -> None:
    cohere.answers = [said("Hello!")]
    answer = say("How are you?", Turn("user", "hi"), Turn("assistant", "Hi."))
    assert answer == Answer("Hello!", "cohere")
    assert (cohere.paths, cohere.keys) == (["/v2/chat"], [f"Bearer {KEY}"])
    asked = cohere.asked[0]
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("command-a-03-2025", 0.3, 300)
    assert {tool["function"]["name"] for tool in asked["tools"]} >= {"add_task", "list_tasks", "complete_task"}


def test_the_model_uses_the_task_list(cohere: Cohere, say: Callable[..., Answer], tasks: TaskListInMemory) -> None:
    cohere.answers = [
        called(("add_task", {"title": "buy milk"}), ("add_task", {"title": "buy bread"})),
        called(("complete_task", {"task": "buy milk"})),
        said("Both are there, and the milk is done."),
    ]
    assert say("I need milk and bread; milk I have").text == "Both are there, and the milk is done."
    assert [(task.title, bool(task.done_at)) for task in tasks.tasks] == [("buy milk", True), ("buy bread", False)]
    first = cohere.asked[1]["messages"][-3:]
    assert first[0]["tool_plan"] == "I will use the tools."
    assert [call["type"] for call in first[0]["tool_calls"]] == ["function", "function"]
    assert [message.get("tool_call_id") for message in first[1:]] == ["call_0", "call_1"]
    assert results(cohere) == ['Added "buy milk".', 'Added "buy bread".', 'Done: "buy milk".']


def test_wrong_calls_are_explained_to_the_model(cohere: Cohere, say: Callable[..., Answer]) -> None:
    cohere.answers = [
        called(("drop_table", {}), ("add_task", {"name": "x"}), ("add_task", []), ("list_tasks", {"status": "some"})),
        said("I cannot do that."),
    ]
    say("do something odd")
    assert results(cohere) == [
        "There is no tool drop_table.",
        "Expected as strings: title.",
        "Expected as strings: title.",
        "The status is open, done or all.",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"message": "invalid api token"}),
        (429, {"message": "rate limited"}),
        (500, {"message": "oops"}),
        (302, {}),
        (200, b"<html>"),
        (200, {"finish_reason": "COMPLETE"}),
        said("  "),
    ],
)
def test_without_an_answer_the_demo_assistant_answers(
    cohere: Cohere, say: Callable[..., Answer], tasks: TaskListInMemory, answer: tuple[int, Any]
) -> None:
    cohere.answers = [answer]
    assert say("add a task to buy milk") == Answer('Added "buy milk".', "demo")
    assert len(tasks.tasks) == 1


def test_what_the_model_has_done_is_not_done_again(
    cohere: Cohere, say: Callable[..., Answer], tasks: TaskListInMemory
) -> None:
    cohere.answers = [called(("add_task", {"title": "buy milk"})), (500, {})]
    assert say("add a task to buy milk") == Answer('Added "buy milk".', "cohere")
    assert len(tasks.tasks) == 1


def test_a_model_that_takes_too_long_is_not_waited_for(cohere: Cohere, say: Callable[..., Answer]) -> None:
    cohere.seconds = 1
    cohere.answers = [said("too late")]
    assert say("add a task to buy milk").mode == "demo"


def test_a_model_that_never_ends_is_stopped(cohere: Cohere, say: Callable[..., Answer]) -> None:
    cohere.answers = [called(("list_tasks", {"status": "open"}))] * 50
    assert say("show my tasks") == Answer("Nothing is left to do.", "demo")
    assert len(cohere.asked) == 5
