from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from message_queue.api import Configuration, create
from message_queue.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stream() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def queue() -> Iterator[TestClient]:
    """Start the service on the Redis of REDIS_URL; without it, tests that need it are skipped."""
    if "REDIS_URL" not in os.environ:
        pytest.skip("REDIS_URL is not set")
    configuration = Configuration(
        port=8004, redis_url=SecretStr(os.environ["REDIS_URL"]), max_stream_length=20, max_deliveries=2
    )
    with TestClient(create(configuration), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def streams(queue: TestClient) -> Streams:
    found = queue.app.state.streams  # type: ignore[attr-defined] # a FastAPI has a state
    assert isinstance(found, Streams)
    return found
