"""The service over HTTP."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Request, Response
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.responses import JSONResponse

from browser_pool.addresses import ForbiddenError
from browser_pool.chromium import Chromium
from browser_pool.configuration import Configuration
from browser_pool.jobs import JOBS, browse, handle
from browser_pool.pages import PageRequest, UnreachableError
from browser_pool.pool import BusyError, CrashedError, Pool
from browser_pool.screenshots import Screenshots
from chassis import create_app
from queue_client import Queue

_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where Chromium's processes share pictures
_STATUS: dict[type[Exception], int] = {
    ForbiddenError: 403,
    UnreachableError: 502,
    BusyError: 503,
    CrashedError: 503,
}


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
        )
    )
    queue = Queue(str(configuration.message_queue_url), "browser-pool-service", socket.gethostname())
    chromium = Chromium(configuration.chromium, sandbox=configuration.enable_sandbox)
    pool, screenshots = Pool(chromium, configuration), Screenshots(redis)
    app = create_app(
        "browser-pool-service",
        configuration,
        checks={
            "redis": redis.ping,
            "message-queue": queue.ping,
            "chromium": chromium.ping,
            "shared-memory": partial(_check_shared_memory, configuration.shared_memory_bytes),
        },
        lifespan=partial(_lifespan, configuration, queue, partial(handle, queue, pool, screenshots), chromium, redis),
    )
    app.add_exception_handler(RedisError, partial(_answer, 503, "Redis does not answer"))
    for error, status in _STATUS.items():
        app.add_exception_handler(error, partial(_answer, status, ""))
    app.include_router(_routes(pool, screenshots))
    return app


def _routes(pool: Pool, screenshots: Screenshots) -> APIRouter:
    routes = APIRouter()

    @routes.post("/pages", status_code=201)
    async def render(wanted: PageRequest) -> dict[str, Any]:
        return await browse(pool, screenshots, wanted)

    @routes.get("/screenshots/{identifier}")
    async def screenshot(identifier: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]) -> Response:
        picture = await screenshots.find(identifier)
        if picture is None:
            raise HTTPException(404, f"no screenshot {identifier}: they are kept for ten minutes")
        return Response(picture, media_type="image/jpeg")

    return routes


@contextlib.asynccontextmanager
async def _lifespan(
    configuration: Configuration, queue: Queue, work: Any, chromium: Chromium, redis: Redis, _app: FastAPI
) -> AsyncIterator[None]:
    starting = asyncio.create_task(chromium.browser())  # /ready says when it is there
    visibility = configuration.page_seconds + 30
    async with queue.consuming(JOBS, work, workers=configuration.max_pages, visibility_seconds=visibility):
        yield
    await asyncio.gather(starting, return_exceptions=True)
    await chromium.close()
    await queue.close()
    await redis.aclose()


async def _check_shared_memory(least: int) -> None:
    found = os.statvfs(_SHARED_MEMORY)
    if found.f_blocks * found.f_frsize < least:
        raise TooLittleError


class TooLittleError(Exception):
    """The volume for shared memory is not there, or too small."""


async def _answer(status: int, message: str, _request: Request, error: Exception) -> JSONResponse:
    headers = {"Retry-After": "5"} if status == 503 else None
    return JSONResponse({"error": message or str(error)}, status, headers)
