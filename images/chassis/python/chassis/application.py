"""The FastAPI application that a service adds its routes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from chassis import logs
from chassis.readiness import missing
from chassis.traffic import BodyLimit, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from chassis.configuration import Settings
    from chassis.readiness import Check


def create_app(  # noqa: PLR0913 - each has its meaning by name
    name: str,
    settings: Settings,
    *,
    checks: Mapping[str, Check],
    wishes: Mapping[str, Check] | None = None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
    body_limit: int = 1024 * 1024,
    check_timeout: float = 2,
) -> FastAPI:
    """Make an application with /health, /ready, /metrics, JSON errors, limits and logs.

    `checks`: what /ready asks; 503 unless all answer. `wishes`: what it reports only, because the service can work
    without it for a while.
    """
    logs.configure(name, settings.log_level, settings.secrets())
    app = FastAPI(title=name, lifespan=lifespan, docs_url=None, redoc_url=None)
    _add_probes(app, checks, wishes or {}, check_timeout)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(BodyLimit, limit=body_limit)
    app.add_middleware(Traffic)
    return app


def _add_probes(app: FastAPI, checks: Mapping[str, Check], wishes: Mapping[str, Check], timeout: float) -> None:
    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        away = await missing({**checks, **wishes}, timeout)
        absent = {name: why for name, why in away.items() if name in checks}
        wanting = {name: why for name, why in away.items() if name in wishes}
        status = "not ready" if absent else "ready"
        return JSONResponse({"status": status, "missing": absent, "degraded": wanting}, 503 if absent else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler was registered for
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler was registered for
    fields = {".".join(str(part) for part in problem["loc"]): problem["msg"] for problem in error.errors()}
    message = "; ".join(f"{field}: {problem}" for field, problem in fields.items())
    return JSONResponse({"error": message, "fields": fields}, 422)


async def _failed(_request: Request, _error: Exception) -> JSONResponse:
    """Answer only: the server logs the error."""
    return JSONResponse({"error": "internal error"}, 500)
