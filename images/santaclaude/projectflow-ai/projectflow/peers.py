"""The other services, asked directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
from fastapi import HTTPException

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Peer:
    """One service: what it refuses is refused in its words, and one that is away makes a 503."""

    def __init__(self, name: str, url: str, seconds: float) -> None:
        self._name = name
        self.http = httpx2.AsyncClient(base_url=url, timeout=httpx2.Timeout(seconds, connect=3))

    async def ping(self) -> None:
        """Raise unless the service is ready."""
        (await self.http.get("/ready")).raise_for_status()

    async def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Ask, and raise HTTPException for what is no success."""
        try:
            answer = await self.http.request(method, path, **options)
        except httpx2.HTTPError:
            raise HTTPException(503, f"{self._name} does not answer", {"Retry-After": "5"}) from None
        if answer.is_success:
            return answer
        status = answer.status_code if answer.is_client_error else 503
        raise HTTPException(status, f"{self._name}: {_message(answer)}")

    @property
    def close(self) -> Callable[[], Awaitable[None]]:
        """Close the connections."""
        return self.http.aclose


def _message(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
