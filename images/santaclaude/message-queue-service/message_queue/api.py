"""The queue over HTTP."""

import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field, SecretStr
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.responses import JSONResponse

from chassis import Settings, create_app, repeating
from message_queue.streams import FullError, Streams

LONGEST_WAIT = 10
_TIDY_SECONDS = 10
_log = logging.getLogger("queue")

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Consumer = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}-[0-9]{1,20}$")]


class Configuration(Settings):
    """The service's variables."""

    redis_url: SecretStr
    max_stream_length: int = Field(default=10_000, ge=1)
    max_deliveries: int = Field(default=5, ge=1, le=100)


class Publication(BaseModel):
    """A message to publish."""

    body: Any
    deduplication_id: str = Field(default="", max_length=200)


class Reception(BaseModel):
    """What a consumer wants: how many, how long it waits, for how long what it gets is its own."""

    consumer: Consumer
    count: int = Field(default=1, ge=1, le=100)
    wait_seconds: float = Field(default=0, ge=0, le=LONGEST_WAIT)
    visibility_seconds: float = Field(default=30, ge=0.1, le=900)


class Acknowledgement(BaseModel):
    """Messages that are done with."""

    ids: list[Id] = Field(min_length=1, max_length=100)


def create(configuration: Configuration) -> FastAPI:
    """Make the application."""
    redis = _connect(configuration, timeout=3)
    blocking = _connect(configuration, timeout=LONGEST_WAIT + 3)
    streams = Streams(
        redis,
        blocking,
        max_length=configuration.max_stream_length,
        max_deliveries=configuration.max_deliveries,
    )
    app = create_app(
        "message-queue-service",
        configuration,
        checks={"redis": redis.ping},
        lifespan=partial(_lifespan, streams, (redis, blocking)),
        body_limit=256 * 1024,
    )
    app.add_exception_handler(RedisError, _away)
    app.add_exception_handler(FullError, _full)
    app.state.streams = streams
    app.include_router(_routes(streams))
    return app


def _connect(configuration: Configuration, timeout: float) -> Redis:
    pool = BlockingConnectionPool.from_url(
        configuration.redis_url.get_secret_value(),
        max_connections=200,
        timeout=2,
        socket_connect_timeout=2,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )
    return Redis.from_pool(pool)


def _routes(streams: Streams) -> APIRouter:
    routes = APIRouter()

    @routes.get("/streams")
    async def names() -> dict[str, list[str]]:
        return {"streams": await streams.names()}

    @routes.get("/streams/{stream}")
    async def describe(stream: Name) -> dict[str, Any]:
        described = await streams.describe(stream)
        if described is None:
            raise HTTPException(404, f"no stream {stream}")
        return described

    @routes.get("/streams/{stream}/messages")
    async def peek(stream: Name, count: Annotated[int, Query(ge=1, le=100)] = 10) -> dict[str, Any]:
        return {"messages": await streams.peek(stream, count)}

    @routes.post("/streams/{stream}/messages", status_code=201)
    async def publish(stream: Name, publication: Publication) -> dict[str, Any]:
        published = await streams.publish(stream, publication.body, publication.deduplication_id)
        return published._asdict()

    @routes.post("/streams/{stream}/groups/{group}/receive")
    async def receive(stream: Name, group: Name, wanted: Reception) -> dict[str, Any]:
        messages = await streams.receive(
            stream,
            group,
            wanted.consumer,
            count=wanted.count,
            wait=wanted.wait_seconds,
            visibility=wanted.visibility_seconds,
        )
        return {"messages": [message._asdict() for message in messages]}

    @routes.post("/streams/{stream}/groups/{group}/acknowledge")
    async def acknowledge(stream: Name, group: Name, done: Acknowledgement) -> dict[str, int]:
        return {"acknowledged": await streams.acknowledge(stream, group, done.ids)}

    return routes


@contextlib.asynccontextmanager
async def _lifespan(streams: Streams, clients: tuple[Redis, ...], _app: FastAPI) -> AsyncIterator[None]:
    async with repeating(streams.tidy, seconds=_TIDY_SECONDS):
        yield
    for client in clients:
        await client.aclose()


async def _away(_request: Request, error: Exception) -> JSONResponse:
    _log.warning("Redis: %s", error)
    return JSONResponse({"error": "Redis does not answer"}, 503, {"Retry-After": "2"})


async def _full(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 503, {"Retry-After": "10"})
