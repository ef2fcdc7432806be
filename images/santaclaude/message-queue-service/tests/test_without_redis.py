from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient

from message_queue.api import Configuration, create

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lonely() -> Iterator[TestClient]:
    configuration = Configuration(port=8004, redis_url=SecretStr("redis://:hunter2@127.0.0.1:1/0"))
    with TestClient(create(configuration), raise_server_exceptions=False) as client:
        yield client


def test_it_starts_and_is_alive_but_not_ready(lonely: TestClient) -> None:
    assert lonely.get("/health").status_code == 200

    answer = lonely.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["missing"] == {"redis": "ConnectionError"}


def test_a_request_is_asked_to_come_again(lonely: TestClient) -> None:
    answer = lonely.post("/streams/jobs/messages", json={"body": 1})

    assert answer.status_code == 503
    assert answer.json() == {"error": "Redis does not answer"}
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"consumer": "a b"}, "consumer"),
        ({"consumer": "a", "count": 101}, "count"),
        ({"consumer": "a", "wait_seconds": 11}, "wait_seconds"),
        ({"consumer": "a", "visibility_seconds": 0}, "visibility_seconds"),
    ],
)
def test_limits_are_named(lonely: TestClient, wanted: dict[str, object], field: str) -> None:
    answer = lonely.post("/streams/jobs/groups/workers/receive", json=wanted)

    assert answer.status_code == 422
    assert f"body.{field}" in answer.json()["fields"]


def test_no_deliveries_at_all_is_no_configuration() -> None:
    with pytest.raises(ValidationError):
        Configuration(port=8004, redis_url=SecretStr("redis://redis"), max_deliveries=0)
