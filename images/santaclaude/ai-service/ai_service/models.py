"""The models of providers, behind one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import httpx2

from ai_service import extractive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ai_service.configuration import Configuration

LOCAL = "local"
_TRY_LATER = (408, 409, 425, 429)


class Turn(NamedTuple):
    """What one side of a conversation said: `role` is user or assistant."""

    role: str
    content: str


class Answer(NamedTuple):
    """A model's answer and what it took."""

    text: str
    input_tokens: int
    output_tokens: int


class RefusedError(Exception):
    """The provider will not answer this, however often it is asked."""


class AwayError(Exception):
    """The provider does not answer now."""


class Model(Protocol):
    """A provider: any of its models by name."""

    async def complete(self, model: str, turns: Sequence[Turn], max_tokens: int) -> Answer:
        """Answer the last turn."""
        ...


class Local:
    """The model that needs no provider: it answers with sentences of what it was told."""

    async def complete(self, model: str, turns: Sequence[Turn], max_tokens: int) -> Answer:  # noqa: ARG002 - one model
        """Answer from what the user has said so far."""
        said = [turn.content for turn in turns if turn.role == "user"]
        text = extractive.answer(said, max_tokens)
        return Answer(text, sum(len(one.split()) for one in said), len(text.split()))


class OpenAI:
    """https://platform.openai.com/docs/api-reference/chat."""

    def __init__(self, url: str, key: str, http: httpx2.AsyncClient) -> None:
        self._url = f"{url.rstrip('/')}/v1/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http = http

    async def complete(self, model: str, turns: Sequence[Turn], max_tokens: int) -> Answer:
        """Ask for a chat completion."""
        body = {
            "model": model,
            "messages": [turn._asdict() for turn in turns],
            "max_completion_tokens": max_tokens,
        }
        said = await _ask(self._http, self._url, self._headers, body)
        usage = said["usage"]
        text = said["choices"][0]["message"]["content"] or ""
        return Answer(text, usage["prompt_tokens"], usage["completion_tokens"])


class Anthropic:
    """https://docs.anthropic.com/en/api/messages."""

    def __init__(self, url: str, key: str, http: httpx2.AsyncClient) -> None:
        self._url = f"{url.rstrip('/')}/v1/messages"
        self._headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
        self._http = http

    async def complete(self, model: str, turns: Sequence[Turn], max_tokens: int) -> Answer:
        """Ask for a message."""
        body = {"model": model, "messages": [turn._asdict() for turn in turns], "max_tokens": max_tokens}
        said = await _ask(self._http, self._url, self._headers, body)
        text = "".join(block["text"] for block in said["content"] if block["type"] == "text")
        return Answer(text, said["usage"]["input_tokens"], said["usage"]["output_tokens"])


def providers(configuration: Configuration, http: httpx2.AsyncClient) -> dict[str, Model]:
    """Give the providers there are keys for, and the local one."""
    found: dict[str, Model] = {LOCAL: Local()}
    if key := configuration.openai_api_key:
        found["openai"] = OpenAI(str(configuration.openai_base_url), key.get_secret_value(), http)
    if key := configuration.anthropic_api_key:
        found["anthropic"] = Anthropic(str(configuration.anthropic_base_url), key.get_secret_value(), http)
    return found


def provider_of(model: str) -> str:
    """Tell whose model a name is."""
    if model.startswith("claude"):
        return "anthropic"
    return LOCAL if model == LOCAL else "openai"


def default_model(configuration: Configuration) -> str:
    """Give the model that answers who does not choose."""
    if configuration.anthropic_api_key:
        return configuration.anthropic_model
    return configuration.openai_model if configuration.openai_api_key else LOCAL


async def _ask(http: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: Any) -> Any:
    try:
        answer = await http.post(url, headers=dict(headers), json=body)
    except httpx2.HTTPError as error:
        raise AwayError(f"the provider does not answer: {type(error).__name__}") from None
    if answer.status_code in _TRY_LATER or answer.status_code >= 500:
        raise AwayError(f"the provider answers {answer.status_code}")
    if answer.status_code != httpx2.codes.OK:
        raise RefusedError(f"the provider answers {answer.status_code}")
    return answer.json()
