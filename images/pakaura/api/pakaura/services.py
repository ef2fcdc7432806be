"""What the routes work with, made once for the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from pakaura.limits import RateLimit

if TYPE_CHECKING:
    from pakaura.assistants import Assistant
    from pakaura.configuration import Configuration
    from pakaura.database import Sessions

PREFIX = "/api/v1"
"""Of all paths; routers have it in their own, so that it is seen in metrics, too."""


@dataclass(frozen=True)
class RateLimits:
    """How often, a minute: a sign-up or log-in from one address, a log-in to one account, a chat message, the rest."""

    address: RateLimit = field(default_factory=lambda: RateLimit(60))
    log_in: RateLimit = field(default_factory=lambda: RateLimit(10))
    chat: RateLimit = field(default_factory=lambda: RateLimit(30))
    account: RateLimit = field(default_factory=lambda: RateLimit(600))


@dataclass(frozen=True)
class Services:
    """Configuration, database, assistant and limits."""

    configuration: Configuration
    sessions: Sessions
    assistant: Assistant
    limits: RateLimits = field(default_factory=RateLimits)


def _of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


FromServices = Annotated[Services, Depends(_of)]
