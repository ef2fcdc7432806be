from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from projectflow.api import create
from projectflow.configuration import Configuration
from queue_client import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projectflow.flow import Flow

NOWHERE = "http://127.0.0.1:1"
RESULT = {"title": "T", "text": "x", "screenshot": "0" * 32}


def start(redis: str) -> TestClient:
    others = ("message_queue_url", "ai_service_url", "browser_pool_url", "audit_sink_url")
    values = {"port": 8000, "redis_url": redis, **dict.fromkeys(others, NOWHERE)}
    return TestClient(create(Configuration.model_validate(values)), raise_server_exceptions=False)


@pytest.fixture
def service() -> Iterator[TestClient]:
    """Start the service on the Redis of REDIS_URL, with all others away."""
    if "REDIS_URL" not in os.environ:
        pytest.skip("REDIS_URL is not set")
    with start(os.environ["REDIS_URL"]) as client:
        yield client


class Flowing:
    """The service's own flow, to give results to as the queue does."""

    def __init__(self, service: TestClient, flow: Flow) -> None:
        self._service = service
        self.flow = flow

    def result(self, job: dict[str, Any], step: str, **outcome: Any) -> None:
        message = Message("1-0", {"job": job["id"], "step": step, **outcome}, 1)
        assert self._service.portal
        self._service.portal.call(self.flow.take_result, message)

    def dead_letter(self, job: dict[str, Any]) -> None:
        letter = {"stream": "browser-jobs", "body": {"job": job["id"]}, "deliveries": 5}
        assert self._service.portal
        self._service.portal.call(self.flow.take_dead_letter, Message("1-0", letter, 1))


@pytest.fixture
def flowing(service: TestClient) -> Flowing:
    return Flowing(service, service.app.state.flow)  # type: ignore[attr-defined] # a FastAPI has a state


@pytest.fixture
def project(service: TestClient) -> str:
    return str(service.post("/projects", json={"name": "Bridge"}).json()["id"])


def add(service: TestClient, project: str, **wanted: str) -> dict[str, Any]:
    answer = service.post(f"/projects/{project}/jobs", json=wanted)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def found(service: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    return dict(service.get(f"/jobs/{job['id']}").json())


def test_a_project_is_made_found_and_deleted_with_its_jobs(service: TestClient, project: str) -> None:
    job = add(service, project, question="What?")

    assert service.get(f"/projects/{project}").json()["name"] == "Bridge"
    assert project in [one["id"] for one in service.get("/projects").json()["projects"]]
    assert [one["id"] for one in service.get(f"/projects/{project}/jobs").json()["jobs"]] == [job["id"]]

    assert service.delete(f"/projects/{project}").status_code == 204
    for path in (f"/projects/{project}", f"/jobs/{job['id']}", f"/projects/{project}/jobs"):
        assert service.get(path).status_code == 404


def test_a_job_moves_on_with_each_result(service: TestClient, project: str, flowing: Flowing) -> None:
    job = add(service, project, url="http://example.com", question="What?")
    assert job["status"] == "browsing"

    flowing.result(job, "browse", result=RESULT)
    assert (found(service, job)["status"], found(service, job)["page"]) == ("answering", RESULT)

    flowing.result(job, "answer", result={"text": "That."})
    assert (found(service, job)["status"], found(service, job)["answer"]) == ("done", {"text": "That."})


def test_a_result_that_comes_twice_or_late_changes_nothing(service: TestClient, project: str, flowing: Flowing) -> None:
    job = add(service, project, url="http://example.com")
    flowing.result(job, "browse", result=RESULT)

    flowing.result(job, "browse", error="late")
    flowing.result(job, "answer", result={"text": "not asked"})
    flowing.dead_letter(job)

    after = found(service, job)
    assert (after["status"], after["error"], after["answer"]) == ("done", None, None)


def test_what_fails_says_why(service: TestClient, project: str, flowing: Flowing) -> None:
    refused = add(service, project, url="http://10.0.0.1")
    flowing.result(refused, "browse", error="not public")
    dead = add(service, project, url="http://example.com", question="What?")
    flowing.dead_letter(dead)

    assert (found(service, refused)["status"], found(service, refused)["error"]) == ("failed", "not public")
    assert (found(service, dead)["status"], found(service, dead)["error"]) == ("failed", "given up after 5 tries")


def test_who_is_away_is_told_by_name(service: TestClient, project: str) -> None:
    answer = service.post("/ask", json={"prompt": "Hello"})
    assert (answer.status_code, answer.json()) == (503, {"error": "ai-service does not answer"})
    assert service.get(f"/projects/{project}/history").json() == {"error": "audit-sink-service does not answer"}

    ready = service.get("/ready")
    assert ready.status_code == 503
    assert sorted(ready.json()["missing"]) == ["message-queue"]
    assert sorted(ready.json()["degraded"]) == ["ai-service", "audit-sink-service", "browser-pool-service"]


def test_without_redis_it_is_alive_and_says_so() -> None:
    with start("redis://127.0.0.1:1/0") as lonely:
        assert lonely.get("/health").status_code == 200
        assert lonely.post("/projects", json={"name": "Bridge"}).json() == {"error": "Redis does not answer"}


def test_wrong_requests_are_refused(service: TestClient, project: str) -> None:
    assert service.post("/projects", json={"name": ""}).status_code == 422
    assert service.post(f"/projects/{project}/jobs", json={}).status_code == 422
    assert service.post(f"/projects/{'0' * 32}/jobs", json={"question": "What?"}).status_code == 404
    assert service.get("/jobs/../../etc").status_code == 404
