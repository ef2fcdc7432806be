from __future__ import annotations

import pytest
from pydantic import SecretStr

from chassis import Settings, load


class Shop(Settings):
    database_url: SecretStr
    workers: int = 1


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "LOG_LEVEL", "ENVIRONMENT", "DATABASE_URL", "WORKERS"):
        monkeypatch.delenv(name, raising=False)


def test_variables_become_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:a%40b@db/shop")

    shop = load(Shop)

    assert (shop.port, shop.workers, shop.log_level) == (8000, 1, "info")


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("DATABASE_URL", "x")
    monkeypatch.setenv("WORKERS", "")

    assert load(Shop).workers == 1


def test_one_line_names_all_that_is_wrong_and_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "hunter2")
    monkeypatch.setenv("WORKERS", "hunter3")

    with pytest.raises(SystemExit) as end:
        load(Shop)

    line = str(end.value.code)
    assert "DATABASE_URL is missing" in line
    assert "PORT: " in line
    assert "WORKERS: " in line
    assert "hunter" not in line
    assert "\n" not in line


def test_secrets_include_the_passwords_of_urls_as_written_and_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:a%40b@db/shop")

    assert load(Shop).secrets() == ("postgresql://shop:a%40b@db/shop", "a%40b", "a@b")
