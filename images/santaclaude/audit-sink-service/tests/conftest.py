from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from pydantic import HttpUrl, SecretStr
from starlette.testclient import TestClient

from audit_sink.api import Configuration, create

Start = Callable[..., TestClient]


@pytest.fixture
def actor() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start sinks on the Redis of REDIS_URL and the ClickHouse of CLICKHOUSE_URL; other URLs stand for what is away."""
    started: list[TestClient] = []

    def starting(redis: str = "", clickhouse: str = "", **settings: float) -> TestClient:
        if not redis and "REDIS_URL" not in os.environ:
            pytest.skip("REDIS_URL is not set")
        if not clickhouse and "CLICKHOUSE_URL" not in os.environ:
            pytest.skip("CLICKHOUSE_URL is not set")
        values = {"flush_seconds": 0.1, "lease_seconds": 1, **settings}
        configuration = Configuration(
            port=8003,
            redis_url=SecretStr(redis or os.environ["REDIS_URL"]),
            clickhouse_url=HttpUrl(clickhouse or os.environ["CLICKHOUSE_URL"]),
            clickhouse_database="audit",
            clickhouse_user=os.environ.get("CLICKHOUSE_USER", "default"),
            clickhouse_password=SecretStr(os.environ.get("CLICKHOUSE_PASSWORD", "")),
            **values,  # type: ignore[arg-type] # numbers of either kind
        )
        client = TestClient(create(configuration), raise_server_exceptions=False)
        started.append(client)
        return client.__enter__()

    yield starting
    for client in started:
        client.__exit__()
