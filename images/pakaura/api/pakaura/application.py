"""Puts the api together."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from chassis import create_app
from pakaura import accounts, chat, conversations, database, tasks
from pakaura.assistants import DemoAssistant
from pakaura.cohere import CohereAssistant
from pakaura.services import PREFIX, Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI, Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pakaura.configuration import Configuration

_PROBES = {f"{PREFIX}/health": "/health", f"{PREFIX}/ready": "/ready"}
_BODY_LIMIT = 64 * 1024
_log = logging.getLogger("pakaura")


def build(configuration: Configuration) -> FastAPI:
    """Make the application. It waits for nothing: /ready says what is missing."""
    engine = database.connect(configuration.database_url)
    readiness = database.Readiness(engine)
    key = configuration.cohere_api_key
    model = CohereAssistant(configuration, key.get_secret_value(), DemoAssistant()) if key else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        _log.info("started", extra={"mode": "cohere" if model else "demo"})
        yield
        if model:
            await model.close()
        await database.close(engine)

    app = create_app(
        "pakaura-api",
        configuration,
        checks={"database": readiness.answers, "schema": readiness.is_current},
        lifespan=lifespan,
        body_limit=_BODY_LIMIT,
    )
    sessions = database.Sessions(engine, expire_on_commit=False)
    app.state.services = Services(configuration, sessions, model or DemoAssistant())
    _add_routes(app)
    _add_middleware(app, configuration.frontend_url)
    return app


def _add_routes(app: FastAPI) -> None:
    for part in (accounts, tasks, conversations, chat):
        app.include_router(part.router)
    for away in database.AWAY:
        app.add_exception_handler(away, _unavailable)


def _add_middleware(app: FastAPI, frontend: str) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[frontend],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    app.add_middleware(ProbesUnderPrefix)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    if not database.is_away(error):
        raise error
    _log.warning("the database is away", extra={"reason": type(error).__name__})
    return JSONResponse({"error": "the database is not available"}, 503, {"Retry-After": "5"})


class ProbesUnderPrefix:
    """Answers the probes also under the path that the ingress sends here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, a probe by its short name."""
        if scope["type"] == "http" and scope["path"] in _PROBES:
            scope = {**scope, "path": _PROBES[scope["path"]]}
        await self._app(scope, receive, send)
