"""Pages by way of the queue: a job comes in on one stream, its result goes out on another."""

import logging
from typing import Any

from pydantic import ValidationError

from browser_pool.addresses import ForbiddenError
from browser_pool.pages import PageRequest, UnreachableError
from browser_pool.pool import Pool
from browser_pool.screenshots import Screenshots
from queue_client import Message, Queue

JOBS = "browser-jobs"
_RESULTS = "job-results"
_log = logging.getLogger("jobs")


class Job(PageRequest):
    """A page for a job, whose id the result bears."""

    job: str


async def browse(pool: Pool, screenshots: Screenshots, wanted: PageRequest) -> dict[str, Any]:
    """Render a page; the screenshot is kept, its id stands for it."""
    page = await pool.render(wanted)
    return page._asdict() | {"screenshot": await screenshots.keep(page.screenshot)}


async def handle(queue: Queue, pool: Pool, screenshots: Screenshots, message: Message) -> None:
    """Do a job. What may go right at another time is raised, and comes again."""
    try:
        job = Job.model_validate(message.body)
    except ValidationError:
        _log.error("no job: its message is wrong", extra={"id": message.id})  # not why: that would hold what was said
        return
    try:
        result = {"job": job.job, "step": "browse", "result": await browse(pool, screenshots, job)}
    except (ForbiddenError, UnreachableError) as error:
        result = {"job": job.job, "step": "browse", "error": f"{job.url}: {error}"}
    await queue.publish(_RESULTS, result, f"{job.job}:browse")
