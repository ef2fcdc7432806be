"""The service over HTTP."""

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.responses import JSONResponse

from chassis import create_app
from projectflow import metrics
from projectflow.configuration import Configuration
from projectflow.flow import Flow
from projectflow.jobs import Job, JobRequest
from projectflow.peers import Peer
from projectflow.store import Project, Store, TooManyError
from queue_client import Queue

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Query(ge=1, le=100)]


class ProjectRequest(BaseModel):
    """A project to make."""

    name: str = Field(min_length=1, max_length=200)


class Question(BaseModel):
    """Something to answer at once."""

    prompt: str = Field(min_length=1, max_length=20_000)
    session: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")


def create(configuration: Configuration) -> FastAPI:
    """Make the application."""
    redis = Redis.from_pool(
        BlockingConnectionPool.from_url(
            configuration.redis_url.get_secret_value(),
            max_connections=100,
            timeout=2,
            socket_connect_timeout=2,
            socket_timeout=3,
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
    )
    queue = Queue(str(configuration.message_queue_url), "projectflow-ai", socket.gethostname())
    ai = Peer("ai-service", str(configuration.ai_service_url), 90)
    browser = Peer("browser-pool-service", str(configuration.browser_pool_url), 30)
    audit = Peer("audit-sink-service", str(configuration.audit_sink_url), 10)
    store = Store(redis)
    flow = Flow(store, queue, audit.http)
    closing = (queue.close, ai.close, browser.close, audit.close, redis.aclose)
    app = create_app(
        "projectflow-ai",
        configuration,
        checks={"redis": redis.ping, "message-queue": queue.ping},
        # Jobs wait in the queue for these.
        wishes={"ai-service": ai.ping, "browser-pool-service": browser.ping, "audit-sink-service": audit.ping},
        lifespan=partial(_lifespan, flow, closing),
    )
    app.add_exception_handler(RedisError, partial(_answer, 503, "Redis does not answer"))
    app.add_exception_handler(TooManyError, partial(_answer, 409, ""))
    app.state.flow = flow
    app.include_router(_project_routes(store, audit))
    app.include_router(_job_routes(store, browser))
    app.include_router(_direct_routes(ai))
    return app


def _project_routes(store: Store, audit: Peer) -> APIRouter:
    routes = APIRouter()

    @routes.post("/projects", status_code=201)
    async def add(wanted: ProjectRequest) -> Project:
        return await store.add_project(wanted.name)

    @routes.get("/projects")
    async def projects(count: Count = 20) -> dict[str, list[Project]]:
        return {"projects": await store.projects(count)}

    @routes.get("/projects/{identifier}")
    async def project(identifier: Id) -> Project:
        return await _project(store, identifier)

    @routes.delete("/projects/{identifier}", status_code=204)
    async def delete(identifier: Id) -> None:
        await _project(store, identifier)
        await store.delete_project(identifier)

    @routes.get("/projects/{identifier}/history")
    async def history(identifier: Id, count: Count = 20) -> Any:
        sought: dict[str, str | int] = {"subject": f"project/{identifier}", "limit": count}
        return (await audit.ask("GET", "/events", params=sought)).json()

    return routes


def _job_routes(store: Store, browser: Peer) -> APIRouter:
    routes = APIRouter()

    @routes.post("/projects/{identifier}/jobs", status_code=202)
    async def add(identifier: Id, wanted: JobRequest) -> Job:
        await _project(store, identifier)
        job = await store.add_job(identifier, wanted)
        metrics.CREATED.inc()
        return job

    @routes.get("/projects/{identifier}/jobs")
    async def jobs(identifier: Id, count: Count = 20) -> dict[str, list[Job]]:
        await _project(store, identifier)
        return {"jobs": await store.jobs(identifier, count)}

    @routes.get("/jobs/{identifier}")
    async def job(identifier: Id) -> Job:
        return await _job(store, identifier)

    @routes.get("/jobs/{identifier}/screenshot")
    async def screenshot(identifier: Id) -> Response:
        page = (await _job(store, identifier)).page
        if not page:
            raise HTTPException(404, "the job has no page")
        answer = await browser.ask("GET", f"/screenshots/{page['screenshot']}")
        return Response(answer.content, media_type="image/jpeg")

    return routes


def _direct_routes(ai: Peer) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    async def index() -> dict[str, str]:
        return {"service": "projectflow-ai", "projects": "/projects", "interface": "/openapi.json"}

    @routes.post("/ask")
    async def ask(question: Question) -> Any:
        return (await ai.ask("POST", "/completions", json=question.model_dump())).json()

    return routes


async def _project(store: Store, identifier: str) -> Project:
    project = await store.project(identifier)
    if not project:
        raise HTTPException(404, f"no project {identifier}")
    return project


async def _job(store: Store, identifier: str) -> Job:
    job = await store.job(identifier)
    if not job:
        raise HTTPException(404, f"no job {identifier}")
    return job


@contextlib.asynccontextmanager
async def _lifespan(
    flow: Flow, closing: tuple[Callable[[], Awaitable[None]], ...], _app: FastAPI
) -> AsyncIterator[None]:
    async with flow.running():
        yield
    for close in closing:
        await close()


async def _answer(status: int, message: str, _request: Request, error: Exception) -> JSONResponse:
    headers = {"Retry-After": "2"} if status == 503 else None
    return JSONResponse({"error": message or str(error)}, status, headers)
