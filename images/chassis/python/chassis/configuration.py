"""Configuration by environment variables, and by nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator


class Settings(BaseSettings):
    """What every service reads; its own settings are a subclass, whose field `redis_url` is the variable REDIS_URL.

    An empty variable counts as absent. What must not be seen (passwords, URLs that hold one) is a SecretStr.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    port: int = Field(ge=1, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    environment: str = "development"

    def secrets(self) -> tuple[str, ...]:
        """Give the texts which no log line may hold, the longest first."""
        return tuple(sorted({text for text in self._secrets() if text}, key=lambda text: (-len(text), text)))

    def _secrets(self) -> Iterator[str]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                yield value.get_secret_value()
                yield from _passwords(value.get_secret_value())


S = TypeVar("S", bound=Settings)


def load(settings: type[S]) -> S:
    """Read the environment. Ends the process with status 1 and one line that names every missing or wrong variable."""
    try:
        return settings()  # type: ignore[call-arg] # the environment gives them
    except ValidationError as error:
        sys.exit("configuration: " + "; ".join(_explanations(error)))


def _explanations(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(problem["loc"][0]).upper() if problem["loc"] else "environment"
        yield f"{name} is missing" if problem["type"] == "missing" else f"{name}: {problem['msg']}"


def _passwords(text: str) -> Iterator[str]:
    try:
        password = urlsplit(text).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
