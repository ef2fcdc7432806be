"""The routes of the service, and its settings."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Annotated

from fastapi import Header, HTTPException
from prometheus_client import Counter
from pydantic import Field, SecretStr

from chassis import Settings, create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

GREETED = Counter("greetings_total", "Greetings given.")


class Configuration(Settings):
    """What the service reads from its environment: GREETING and API_TOKEN, beside what every service does."""

    greeting: str = Field(default="Hello", min_length=1)
    api_token: SecretStr = Field(min_length=16)


def create(configuration: Configuration) -> FastAPI:
    """Make the application."""
    app = create_app("SERVICE", configuration, checks={})

    @app.get("/")
    async def greet(name: str = "world") -> dict[str, str]:
        GREETED.inc()
        return {"greeting": f"{configuration.greeting}, {name}!"}

    @app.get("/settings")
    async def settings(authorization: Annotated[str, Header()] = "") -> dict[str, str]:
        expected = f"Bearer {configuration.api_token.get_secret_value()}"
        if not hmac.compare_digest(authorization.encode(), expected.encode()):
            raise HTTPException(401, "expected the API token", {"WWW-Authenticate": "Bearer"})
        return {"environment": configuration.environment, "log_level": configuration.log_level}

    return app
