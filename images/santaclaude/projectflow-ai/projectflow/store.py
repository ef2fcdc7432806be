"""Projects and jobs in Redis.

With each change, and in one step with it, what others have yet to hear of it is written down: what the queue has to be
told (`unsent`), and what the audit has to know (`unreported`). So nothing is done that is not told in the end.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from projectflow.jobs import Job, JobRequest, Status, first

if TYPE_CHECKING:
    from redis.asyncio import Redis

_PROJECTS = "projectflow:projects"
_UNSENT = "projectflow:unsent"
_UNREPORTED = "projectflow:unreported"
_MOST_PROJECTS = 10_000
_MOST_JOBS = 1000

# A step's result may come twice: only the first moves the job on.
_MOVE = """
if redis.call('HGET', KEYS[1], 'status') ~= ARGV[1] then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
return 1
"""


class Project(BaseModel):
    """A project."""

    id: str
    name: str
    created: float


class TooManyError(Exception):
    """A limit is reached."""


class Store:
    """All projects and jobs."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._move = redis.register_script(_MOVE)

    async def add_project(self, name: str) -> Project:
        """Make a project."""
        if await self._redis.zcard(_PROJECTS) >= _MOST_PROJECTS:
            raise TooManyError(f"there are {_MOST_PROJECTS} projects already")
        project = Project(id=uuid.uuid4().hex, name=name, created=time.time())
        async with self._redis.pipeline(transaction=True) as steps:
            steps.hset(_project(project.id), mapping={"id": project.id, "name": name, "created": project.created})
            steps.zadd(_PROJECTS, {project.id: project.created})
            steps.rpush(_UNREPORTED, _event("project.created", project.id, {"name": name}))
            await steps.execute()
        return project

    async def project(self, identifier: str) -> Project | None:
        """Find a project."""
        found: Any = await self._redis.hgetall(_project(identifier))
        return Project(**found) if found else None

    async def projects(self, count: int) -> list[Project]:
        """Give the youngest projects."""
        found: Any = await self._redis.zrevrange(_PROJECTS, 0, count - 1)
        projects = [await self.project(identifier) for identifier in found]
        return [project for project in projects if project]

    async def delete_project(self, identifier: str) -> None:
        """Delete a project with its jobs."""
        jobs: Any = await self._redis.zrange(_jobs(identifier), 0, -1)
        async with self._redis.pipeline(transaction=True) as steps:
            steps.delete(_project(identifier), _jobs(identifier), *(_job(job) for job in jobs))
            steps.zrem(_PROJECTS, identifier)
            steps.rpush(_UNREPORTED, _event("project.deleted", identifier, {"jobs": len(jobs)}))
            await steps.execute()

    async def add_job(self, project: str, request: JobRequest) -> Job:
        """Make a job, ready to be sent."""
        if await self._redis.zcard(_jobs(project)) >= _MOST_JOBS:
            raise TooManyError(f"the project has {_MOST_JOBS} jobs already")
        now = time.time()
        job = Job(
            id=uuid.uuid4().hex,
            project=project,
            status=first(request),
            url=str(request.url) if request.url else None,
            question=request.question,
            created=now,
            updated=now,
        )
        async with self._redis.pipeline(transaction=True) as steps:
            steps.hset(_job(job.id), mapping={"status": job.status, "job": job.model_dump_json()})
            steps.zadd(_jobs(project), {job.id: now})
            steps.sadd(_UNSENT, job.id)
            steps.rpush(_UNREPORTED, _event("job.created", project, {"job": job.id, "url": job.url}))
            await steps.execute()
        return job

    async def job(self, identifier: str) -> Job | None:
        """Find a job."""
        found: Any = await self._redis.hget(_job(identifier), "job")
        return Job.model_validate_json(found) if found else None

    async def jobs(self, project: str, count: int) -> list[Job]:
        """Give the youngest jobs of a project."""
        found: Any = await self._redis.zrevrange(_jobs(project), 0, count - 1)
        jobs = [await self.job(identifier) for identifier in found]
        return [job for job in jobs if job]

    async def move(self, job: Job, status: Status, **results: Any) -> bool:
        """Move a job on from the status it has; tell whether it still had that."""
        moved = job.model_copy(update={"status": status, "updated": time.time(), **results})
        event = _event(f"job.{status}", job.project, {"job": job.id})
        values = [job.status, event, job.id, "status", status, "job", moved.model_dump_json()]
        return bool(await self._move(keys=[_job(job.id), _UNSENT, _UNREPORTED], args=values))

    async def unsent(self) -> list[str]:
        """Give the jobs of which the queue may have to be told."""
        return sorted(str(job) for job in await self._redis.smembers(_UNSENT))

    async def sent(self, job: str) -> None:
        """Note that the queue has been told."""
        await self._redis.srem(_UNSENT, job)

    async def unreported(self, count: int) -> list[str]:
        """Give events of which the audit does not know yet."""
        found: Any = await self._redis.lrange(_UNREPORTED, 0, count - 1)
        return list(found)

    async def reported(self, events: list[str]) -> None:
        """Note that the audit knows: one by one, because other replicas report too."""
        async with self._redis.pipeline(transaction=False) as steps:
            for event in events:
                steps.lrem(_UNREPORTED, 1, event)
            await steps.execute()


def _event(action: str, project: str, details: dict[str, Any]) -> str:
    event = {
        "id": str(uuid.uuid4()),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "actor": "projectflow-ai",
        "action": action,
        "subject": f"project/{project}",
        "details": details,
    }
    return json.dumps(event)


def _project(identifier: str) -> str:
    return f"projectflow:project:{identifier}"


def _jobs(project: str) -> str:
    return f"projectflow:project:{project}:jobs"


def _job(identifier: str) -> str:
    return f"projectflow:job:{identifier}"
