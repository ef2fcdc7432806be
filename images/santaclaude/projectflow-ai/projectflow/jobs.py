"""What a job is, and which step comes after which.

A job with an address begins with browsing it; one with a question ends with the answer, from the page if there is one.
"""

from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, Field, HttpUrl, model_validator

_MOST_OF_A_PAGE = 20_000
ANSWER_TOKENS = 500


class Status(StrEnum):
    """Where a job is. The first two are steps that others do."""

    BROWSING = "browsing"
    ANSWERING = "answering"
    DONE = "done"
    FAILED = "failed"


STREAMS = {Status.BROWSING: "browser-jobs", Status.ANSWERING: "ai-jobs"}
STEPS = {"browse": Status.BROWSING, "answer": Status.ANSWERING}
FIELDS = {Status.BROWSING: "page", Status.ANSWERING: "answer"}


class JobRequest(BaseModel):
    """What somebody wants to know."""

    url: HttpUrl | None = None
    question: Annotated[str, Field(min_length=1, max_length=4000)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.url and not self.question:
            raise ValueError("expected url, question or both")
        return self


class Job(BaseModel):
    """A job with what has come out of it so far."""

    id: str
    project: str
    status: Status
    url: str | None = None
    question: str | None = None
    page: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    error: str | None = None
    created: float
    updated: float


class Message(NamedTuple):
    """What is put into the queue for a step."""

    stream: str
    body: dict[str, Any]
    deduplication_id: str


def first(request: JobRequest) -> Status:
    """Give the status in which a job begins."""
    return Status.BROWSING if request.url else Status.ANSWERING


def after(job: Job) -> Status:
    """Give the status that follows when a job's step went well."""
    return Status.ANSWERING if job.status == Status.BROWSING and job.question else Status.DONE


def message(job: Job) -> Message | None:
    """Give what the queue has to be told, if a job waits for others."""
    if job.status == Status.BROWSING:
        body: dict[str, Any] = {"job": job.id, "url": job.url}
    elif job.status == Status.ANSWERING:
        body = {"job": job.id, "prompt": _prompt(job), "max_tokens": ANSWER_TOKENS}
    else:
        return None
    return Message(STREAMS[job.status], body, f"{job.id}:{job.status}")


def _prompt(job: Job) -> str:
    page = job.page or {}
    parts = (job.question, page.get("title"), str(page.get("text", ""))[:_MOST_OF_A_PAGE])
    return "\n\n".join(str(part) for part in parts if part)
