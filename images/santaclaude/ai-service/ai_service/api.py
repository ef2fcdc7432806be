"""The service over HTTP."""

import contextlib
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, FastAPI, HTTPException, Path
from fastapi import Request as HTTPRequest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.responses import JSONResponse

from ai_service.completions import Completions, Request
from ai_service.configuration import Configuration
from ai_service.jobs import JOBS, handle
from ai_service.ledger import Ledger
from ai_service.models import AwayError, RefusedError, default_model, providers
from ai_service.sessions import Sessions
from chassis import create_app
from queue_client import Queue

SessionId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_VISIBILITY_SECONDS = 120  # longer than a provider may take


def create(configuration: Configuration) -> FastAPI:
    """Make the application."""
    redis = Redis.from_pool(
        BlockingConnectionPool.from_url(
            configuration.redis_url.get_secret_value(),
            max_connections=50,
            timeout=2,
            socket_connect_timeout=2,
            socket_timeout=3,
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
    )
    http = httpx2.AsyncClient(timeout=httpx2.Timeout(configuration.provider_timeout, connect=5))
    queue = Queue(str(configuration.message_queue_url), "ai-service", socket.gethostname())
    sessions, ledger = Sessions(redis), Ledger(configuration.data_folder)
    completions = Completions(providers(configuration, http), default_model(configuration), sessions, ledger)
    app = create_app(
        "ai-service",
        configuration,
        checks={"redis": redis.ping, "message-queue": queue.ping, "data": ledger.ping},
        lifespan=partial(
            _lifespan, configuration.workers, queue, completions, (queue.close, http.aclose, redis.aclose)
        ),
    )
    app.add_exception_handler(RedisError, partial(_answer, 503, "Redis does not answer"))
    app.add_exception_handler(AwayError, partial(_answer, 503, ""))
    app.add_exception_handler(RefusedError, partial(_answer, 502, ""))
    app.include_router(_routes(completions, sessions, ledger))
    return app


def _routes(completions: Completions, sessions: Sessions, ledger: Ledger) -> APIRouter:
    routes = APIRouter()

    @routes.post("/completions")
    async def complete(request: Request) -> dict[str, Any]:
        return (await completions.complete(request))._asdict()

    @routes.get("/sessions/{session}")
    async def session(session: SessionId) -> dict[str, Any]:
        turns = await sessions.turns(session)
        if not turns:
            raise HTTPException(404, f"no session {session}")
        return {"session": session, "turns": [turn._asdict() for turn in turns]}

    @routes.delete("/sessions/{session}", status_code=204)
    async def end(session: SessionId) -> None:
        if not await sessions.end(session):
            raise HTTPException(404, f"no session {session}")

    @routes.get("/usage")
    async def usage() -> dict[str, Any]:
        return {"replica": socket.gethostname(), "usage": await ledger.usage()}

    return routes


@contextlib.asynccontextmanager
async def _lifespan(
    workers: int, queue: Queue, completions: Completions, closing: tuple[Any, ...], _app: FastAPI
) -> AsyncIterator[None]:
    work = partial(handle, queue, completions)
    async with queue.consuming(JOBS, work, workers=workers, visibility_seconds=_VISIBILITY_SECONDS):
        yield
    for close in closing:
        await close()


async def _answer(status: int, message: str, _request: HTTPRequest, error: Exception) -> JSONResponse:
    headers = {"Retry-After": "5"} if status == 503 else None
    return JSONResponse({"error": message or str(error)}, status, headers)
