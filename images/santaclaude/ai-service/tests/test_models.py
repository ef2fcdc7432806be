from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from ai_service.models import Answer, Anthropic, AwayError, Model, OpenAI, RefusedError, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

TURNS = [Turn("user", "Hello"), Turn("assistant", "Hi"), Turn("user", "Who are you?")]


class Provider(ThreadingHTTPServer):
    """Answers as it is told, and takes note of what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = 200, {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    status: int
    answer: dict[str, Any]


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers, body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(kind: type[OpenAI | Anthropic], url: str) -> Answer:
    async def asking() -> Answer:
        async with httpx2.AsyncClient(timeout=1) as http:
            model: Model = kind(url, "hunter2", http)
            return await model.complete("model-1", TURNS, 17)

    return asyncio.run(asking())


def test_openai_is_asked_as_its_reference_says(provider: Provider) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    provider.answer = {"choices": [{"message": {"role": "assistant", "content": "A model."}}], "usage": usage}

    assert ask(OpenAI, provider.url) == Answer("A model.", 12, 3)

    ((path, headers, body),) = provider.asked
    assert (path, headers["authorization"]) == ("/v1/chat/completions", "Bearer hunter2")
    assert (body["model"], body["max_completion_tokens"]) == ("model-1", 17)
    assert body["messages"][-1] == {"role": "user", "content": "Who are you?"}


def test_anthropic_is_asked_as_its_reference_says(provider: Provider) -> None:
    content = [
        {"type": "thinking", "thinking": "…"},
        {"type": "text", "text": "A "},
        {"type": "text", "text": "model."},
    ]
    provider.answer = {"content": content, "usage": {"input_tokens": 12, "output_tokens": 3}}

    assert ask(Anthropic, f"{provider.url}/") == Answer("A model.", 12, 3)

    ((path, headers, body),) = provider.asked
    assert (path, headers["x-api-key"], headers["anthropic-version"]) == ("/v1/messages", "hunter2", "2023-06-01")
    assert (body["model"], body["max_tokens"], len(body["messages"])) == ("model-1", 17, 3)


@pytest.mark.parametrize(
    ("status", "error"), [(429, AwayError), (503, AwayError), (400, RefusedError), (401, RefusedError)]
)
def test_a_provider_that_fails_is_away_or_refuses(provider: Provider, status: int, error: type[Exception]) -> None:
    provider.status = status

    with pytest.raises(error, match=str(status)):
        ask(Anthropic, provider.url)


def test_a_provider_that_does_not_answer_is_away() -> None:
    with pytest.raises(AwayError, match="ConnectError"):
        ask(OpenAI, "http://127.0.0.1:1")
