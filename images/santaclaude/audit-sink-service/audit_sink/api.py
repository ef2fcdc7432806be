"""The sink over HTTP."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import httpx2
from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, SecretStr
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.responses import JSONResponse

from audit_sink import metrics
from audit_sink.clickhouse import ClickHouse
from audit_sink.delivery import Delivery
from audit_sink.events import Event, clickhouse_time
from audit_sink.spool import FullError, Spool, UnsafeError
from chassis import Settings, create_app, repeating

_log = logging.getLogger("audit")
_Text = Annotated[str | None, Field(max_length=500)]


class Configuration(Settings):
    """The service's variables."""

    redis_url: SecretStr
    clickhouse_url: HttpUrl
    clickhouse_database: str = Field(pattern=r"^\w+$")
    clickhouse_user: str
    clickhouse_password: SecretStr
    spool_limit: int = Field(default=100_000, ge=1)
    flush_seconds: float = Field(default=1, ge=0.05, le=60)
    lease_seconds: float = Field(default=30, ge=1, le=3600)


class Report(BaseModel):
    """Events that belong together: all of them are kept, or none."""

    events: list[Event] = Field(min_length=1, max_length=500)


class Sought(BaseModel):
    """What events to find; all of it has to match."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    actor: _Text = None
    action: _Text = None
    subject: _Text = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(default=100, ge=1, le=1000)

    def values(self) -> dict[str, str]:
        """Give what is asked for as ClickHouse reads it."""
        asked = self.model_dump(exclude_none=True, exclude={"limit"})
        return {name: clickhouse_time(v) if isinstance(v, datetime) else str(v) for name, v in asked.items()}


def create(configuration: Configuration) -> FastAPI:
    """Make the application."""
    pool = BlockingConnectionPool.from_url(
        configuration.redis_url.get_secret_value(),
        max_connections=100,
        timeout=2,
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )
    redis = Redis.from_pool(pool)
    spool = Spool(
        redis, socket.gethostname(), limit=configuration.spool_limit, lease_seconds=configuration.lease_seconds
    )
    clickhouse = ClickHouse(
        str(configuration.clickhouse_url),
        configuration.clickhouse_database,
        configuration.clickhouse_user,
        configuration.clickhouse_password.get_secret_value(),
    )
    app = create_app(
        "audit-sink-service",
        configuration,
        checks={"redis": spool.ping},
        wishes={"clickhouse": clickhouse.ping},  # while it is away, the spool takes events
        lifespan=partial(_lifespan, spool, clickhouse, redis, configuration.flush_seconds),
    )
    for error, message in _AWAY.items():
        app.add_exception_handler(error, partial(_away, message))
    app.include_router(_routes(spool, clickhouse))
    return app


def _routes(spool: Spool, clickhouse: ClickHouse) -> APIRouter:
    routes = APIRouter()

    @routes.post("/events", status_code=201)
    async def keep(report: Report) -> dict[str, Any]:
        rows = {str(event.id): event.row() for event in report.events}
        added = await spool.add(rows)
        metrics.ACCEPTED.inc(added)
        return {"ids": list(rows), "duplicates": len(report.events) - added}

    @routes.get("/events")
    async def find(sought: Annotated[Sought, Query()]) -> dict[str, Any]:
        return {"events": await clickhouse.find(sought.limit, sought.values())}

    return routes


@contextlib.asynccontextmanager
async def _lifespan(
    spool: Spool, clickhouse: ClickHouse, redis: Redis, flush_seconds: float, _app: FastAPI
) -> AsyncIterator[None]:
    async with repeating(Delivery(spool, clickhouse).turn, seconds=flush_seconds, grace=10):
        yield
    await clickhouse.close()
    await redis.aclose()


_AWAY: dict[type[Exception], str] = {
    RedisError: "Redis does not answer",
    UnsafeError: "Redis has not written the events to its disk yet; send them again with the same ids",
    FullError: "the spool is full",
    httpx2.HTTPError: "ClickHouse does not answer",
}


async def _away(message: str, _request: Request, error: Exception) -> JSONResponse:
    _log.warning("%s: %r", message, error)
    return JSONResponse({"error": message}, 503, {"Retry-After": "5"})
