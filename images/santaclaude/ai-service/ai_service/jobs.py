"""Completions by way of the queue: a job comes in on one stream, its result goes out on another."""

import logging

from pydantic import ValidationError

from ai_service.completions import Completions, Request
from ai_service.models import RefusedError
from queue_client import Message, Queue

JOBS = "ai-jobs"
_RESULTS = "job-results"
_log = logging.getLogger("jobs")


class Job(Request):
    """A completion for a job, whose id the result bears."""

    job: str


async def handle(queue: Queue, completions: Completions, message: Message) -> None:
    """Do a job. What may go right at another time is raised, and comes again."""
    try:
        job = Job.model_validate(message.body)
    except ValidationError:
        _log.error("no job: its message is wrong", extra={"id": message.id})  # not why: that would hold what was said
        return
    try:
        completion = await completions.complete(job)
        result = {"job": job.job, "step": "answer", "result": completion._asdict()}
    except RefusedError as error:
        result = {"job": job.job, "step": "answer", "error": str(error)}
    await queue.publish(_RESULTS, result, f"{job.job}:answer")
