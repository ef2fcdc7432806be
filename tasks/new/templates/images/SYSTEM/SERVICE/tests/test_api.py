"""What the service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient

from service.api import Configuration, create

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-for-this-test"


@pytest.fixture
def client() -> Iterator[TestClient]:
    configuration = Configuration(port=8000, environment="test", greeting="Good day", api_token=SecretStr(TOKEN))
    with TestClient(create(configuration)) as client:
        yield client


def test_it_greets_by_name(client: TestClient) -> None:
    assert client.get("/", params={"name": "Ada"}).json() == {"greeting": "Good day, Ada!"}


def test_the_settings_are_for_those_who_have_the_token(client: TestClient) -> None:
    answer = client.get("/settings", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.json() == {"environment": "test", "log_level": "info"}


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer another-token-entirely", TOKEN])
def test_they_are_not_for_others(client: TestClient, authorization: str) -> None:
    answer = client.get("/settings", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.json() == {"error": "expected the API token"}


def test_it_is_alive_ready_and_counted(client: TestClient) -> None:
    client.get("/")

    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 200
    assert "greetings_total" in client.get("/metrics").text


@pytest.mark.parametrize("token", ["", "too short"])
def test_a_short_token_is_no_configuration(token: str) -> None:
    with pytest.raises(ValidationError):
        Configuration(port=8000, api_token=SecretStr(token))
