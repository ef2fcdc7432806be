"""Completions: the right model, the session's turns, the ledger."""

from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field

from ai_service import metrics
from ai_service.ledger import Ledger, question
from ai_service.models import Answer, Model, RefusedError, Turn, provider_of
from ai_service.sessions import Sessions

SessionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Request(BaseModel):
    """What to complete. `fresh`: ask the model even if the ledger knows an answer."""

    prompt: str = Field(min_length=1, max_length=100_000)
    model: str = Field(default="", pattern=r"^[A-Za-z0-9._:-]{0,100}$")
    session: SessionId | None = None
    max_tokens: int = Field(default=500, ge=1, le=4096)
    fresh: bool = False


class Completion(NamedTuple):
    """An answer, whose it is, and whether it was known already."""

    model: str
    text: str
    input_tokens: int
    output_tokens: int
    cached: bool


class Completions:
    """All providers; `default` is the model that answers who does not choose."""

    def __init__(self, providers: dict[str, Model], default: str, sessions: Sessions, ledger: Ledger) -> None:
        self._providers = providers
        self._default = default
        self._sessions = sessions
        self._ledger = ledger

    async def complete(self, request: Request) -> Completion:
        """Answer. Raises RefusedError and AwayError."""
        model = request.model or self._default
        turns = await self._sessions.turns(request.session) if request.session else []
        said = Turn("user", request.prompt)
        asked = question(model, [*turns, said], request.max_tokens)
        known = None if request.fresh else await self._ledger.find(asked)
        if known:
            metrics.COMPLETIONS.labels(provider_of(model), "ledger").inc()
        answer = known or await self._ask(model, [*turns, said], request.max_tokens)
        if not known:
            await self._ledger.keep(asked, model, answer)
        if request.session:
            await self._sessions.add(request.session, said, Turn("assistant", answer.text))
        return Completion(model, *answer, cached=known is not None)

    async def _ask(self, model: str, turns: list[Turn], max_tokens: int) -> Answer:
        name = provider_of(model)
        if name not in self._providers:
            raise RefusedError(f"no key for {name}, whose model {model} is")
        try:
            with metrics.SECONDS.labels(name).time():
                answer = await self._providers[name].complete(model, turns, max_tokens)
        except Exception:
            metrics.COMPLETIONS.labels(name, "failed").inc()
            raise
        metrics.COMPLETIONS.labels(name, "fresh").inc()
        metrics.TOKENS.labels(name, "input").inc(answer.input_tokens)
        metrics.TOKENS.labels(name, "output").inc(answer.output_tokens)
        return answer
