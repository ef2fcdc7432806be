from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, SecretStr
from starlette.testclient import TestClient

from chassis import Settings, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shop(Settings):
    database_url: SecretStr = SecretStr("postgresql://shop:hunter2@db/shop")


class Order(BaseModel):
    amount: int


class Dependency:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hangs = False

    async def __call__(self) -> None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.error:
            raise self.error


@pytest.fixture
def database() -> Dependency:
    return Dependency()


@pytest.fixture
def archive() -> Dependency:
    return Dependency()


@pytest.fixture
def client(database: Dependency, archive: Dependency) -> Iterator[TestClient]:
    app = create_app(
        "shop",
        Shop(port=8000),
        checks={"database": database},
        wishes={"archive": archive},
        body_limit=100,
        check_timeout=0.1,
    )

    @app.post("/orders/{number}")
    async def order(number: int, order: Order) -> dict[str, int]:
        return {"number": number, "amount": order.amount}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("no way to postgresql://shop:hunter2@db/shop")

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_alive_asks_no_dependency(client: TestClient, database: Dependency) -> None:
    database.error = ConnectionError()

    assert client.get("/health").status_code == 200


def test_ready_names_what_is_missing_and_recovers(client: TestClient, database: Dependency) -> None:
    database.error = ConnectionError("hunter2")

    answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "missing": {"database": "ConnectionError"}, "degraded": {}}

    database.error = None
    assert client.get("/ready").status_code == 200


def test_ready_does_not_wait_for_a_dependency_that_hangs(client: TestClient, database: Dependency) -> None:
    database.hangs = True

    answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["missing"] == {"database": "no answer within 0.1 s"}


def test_a_wish_that_is_away_is_reported_but_no_reason_to_be_unready(client: TestClient, archive: Dependency) -> None:
    archive.error = ConnectionError()

    answer = client.get("/ready")

    assert answer.status_code == 200
    assert answer.json()["degraded"] == {"archive": "ConnectionError"}


def test_requests_are_counted_by_the_pattern_of_their_route(client: TestClient) -> None:
    client.post("/orders/17", json={"amount": 1})
    client.post("/orders/18", json={"amount": 1})
    client.get("/nowhere/at/all")

    metrics = client.get("/metrics").text

    assert 'http_requests_total{method="POST",route="/orders/{number}",status="200"} 2.0' in metrics
    assert 'http_requests_total{method="GET",route="unmatched",status="404"}' in metrics
    assert 'http_request_duration_seconds_bucket{le="0.1",method="POST",route="/orders/{number}"}' in metrics
    assert "process_cpu_seconds_total" in metrics
    assert "/orders/17" not in metrics


def test_errors_are_json_with_a_message(client: TestClient) -> None:
    assert client.get("/nowhere").json() == {"error": "Not Found"}
    assert client.get("/broken").json() == {"error": "internal error"}

    answer = client.post("/orders/17", json={"amount": "much"})
    assert answer.status_code == 422
    assert "amount" in answer.json()["error"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused(client: TestClient, announced: bool) -> None:  # noqa: FBT001
    body = json.dumps({"amount": 1, "note": "x" * 100}).encode()

    answer = client.post("/orders/17", content=body if announced else iter([body[:60], body[60:]]))

    assert answer.status_code == 413
    assert "100 bytes" in answer.json()["error"]


def test_logs_are_json_lines_without_secrets(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(sys.stdout)  # the stream which capsys reads
    error = ConnectionError("postgresql://shop:hunter2@db/shop")
    logging.getLogger("shop").error("failed for hunter2", extra={"order": 17}, exc_info=error)
    client.get("/nowhere")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert lines[0]["order"] == 17
    assert lines[0]["message"] == "failed for ***"
    assert "ConnectionError" in lines[0]["exception"]
    assert "hunter2" not in json.dumps(lines)
    assert (lines[-1]["path"], lines[-1]["status"]) == ("/nowhere", 404)
