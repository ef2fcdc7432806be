from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from pydantic import HttpUrl, SecretStr
from starlette.testclient import TestClient

from ai_service.api import create
from ai_service.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "127.0.0.1:1"


def configuration(folder: Path, redis: str, anthropic_api_key: SecretStr | None = None) -> Configuration:
    queue = HttpUrl(f"http://{NOWHERE}")
    return Configuration(
        port=8001,
        redis_url=SecretStr(redis),
        message_queue_url=queue,
        data_folder=folder,
        workers=1,
        anthropic_api_key=anthropic_api_key,
    )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    """Start the service without Redis: what needs no session needs none."""
    with TestClient(create(configuration(tmp_path, f"redis://{NOWHERE}/0"))) as client:
        yield client


@pytest.fixture
def with_sessions(tmp_path: Path) -> Iterator[TestClient]:
    if "REDIS_URL" not in os.environ:
        pytest.skip("REDIS_URL is not set")
    with TestClient(create(configuration(tmp_path, os.environ["REDIS_URL"]))) as client:
        yield client


def test_without_a_key_the_local_model_answers(service: TestClient) -> None:
    answer = service.post("/completions", json={"prompt": "Who writes? Ada writes."})

    assert answer.status_code == 200
    assert answer.json() == {
        "model": "local",
        "text": "Ada writes.",
        "input_tokens": 4,
        "output_tokens": 2,
        "cached": False,
    }


def test_the_same_question_is_answered_from_the_ledger(service: TestClient) -> None:
    question = {"prompt": "Who writes? Ada writes."}
    service.post("/completions", json=question)

    assert service.post("/completions", json=question).json()["cached"] is True
    assert service.post("/completions", json=question | {"fresh": True}).json()["cached"] is False
    assert service.post("/completions", json=question | {"max_tokens": 1}).json()["cached"] is False
    assert service.get("/usage").json()["usage"] == [
        {"model": "local", "completions": 2, "input_tokens": 8, "output_tokens": 3}
    ]


def test_the_ledger_outlives_the_process(tmp_path: Path) -> None:
    for cached in (False, True):
        with TestClient(create(configuration(tmp_path, f"redis://{NOWHERE}/0"))) as client:
            assert client.post("/completions", json={"prompt": "Ada writes."}).json()["cached"] is cached


def test_a_model_without_a_key_is_refused_by_name(service: TestClient) -> None:
    answer = service.post("/completions", json={"prompt": "Hello", "model": "claude-sonnet-4-5"})

    assert answer.status_code == 502
    assert answer.json() == {"error": "no key for anthropic, whose model claude-sonnet-4-5 is"}


def test_with_a_key_its_provider_is_the_default(tmp_path: Path) -> None:
    chosen = configuration(tmp_path, f"redis://{NOWHERE}/0", anthropic_api_key=SecretStr("hunter2"))
    away = chosen.model_copy(update={"anthropic_base_url": HttpUrl(f"http://{NOWHERE}")})

    with TestClient(create(away)) as client:
        answer = client.post("/completions", json={"prompt": "Hello"})

    assert answer.status_code == 503
    assert answer.json() == {"error": "the provider does not answer: ConnectError"}


def test_ready_names_all_that_is_missing(tmp_path: Path) -> None:
    with TestClient(create(configuration(tmp_path / "absent", f"redis://{NOWHERE}/0"))) as client:
        answer = client.get("/ready")

    assert answer.status_code == 503
    assert sorted(answer.json()["missing"]) == ["data", "message-queue", "redis"]


def test_a_session_goes_on_where_it_was_left(with_sessions: TestClient) -> None:
    session = f"test-{uuid.uuid4().hex[:12]}"
    with_sessions.post("/completions", json={"prompt": "My name is Ada. I like trains.", "session": session})

    answer = with_sessions.post(
        "/completions", json={"prompt": "What is my name?", "session": session, "max_tokens": 4}
    )

    assert answer.json()["text"] == "My name is Ada."
    assert [turn["role"] for turn in with_sessions.get(f"/sessions/{session}").json()["turns"]] == [
        "user",
        "assistant",
    ] * 2
    assert with_sessions.delete(f"/sessions/{session}").status_code == 204
    assert with_sessions.get(f"/sessions/{session}").status_code == 404
