"""What the api, its migrations and the wait for its database read from the environment."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from chassis import Settings

_DRIVER = "postgresql+asyncpg"


class DatabaseConfiguration(Settings):
    """What a process needs that only talks to the database."""

    port: int = Field(default=8000, ge=1, le=65535)
    database_url: SecretStr
    database_wait_seconds: int = Field(default=300, ge=1, le=3600)

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value())
        except (ArgumentError, ValueError):
            url = URL.create("none")
        if url.drivername != _DRIVER or not url.host or not url.database:
            raise ValueError(f"expected {_DRIVER}://USER:PASSWORD@HOST/DATABASE")
        return value


class Configuration(DatabaseConfiguration):
    """What the api needs."""

    jwt_secret: SecretStr = Field(min_length=32)
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    jwt_expiration_hours: int = Field(default=24, ge=1, le=8760)
    frontend_url: str
    cohere_api_key: SecretStr | None = None
    cohere_api_url: str = "https://api.cohere.com"
    ai_model: str = Field(default="command-a-03-2025", max_length=100)
    ai_temperature: float = Field(default=0.3, ge=0, le=1)
    ai_max_tokens: int = Field(default=300, ge=1, le=4000)
    ai_timeout_seconds: float = Field(default=30, gt=0, le=55)  # the ingress gives up after 60

    @field_validator("frontend_url", "cohere_api_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        parts = urlsplit(value.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.username:
            raise ValueError("expected http:// or https:// and a host, nothing after it")
        return f"{parts.scheme}://{parts.netloc}"
