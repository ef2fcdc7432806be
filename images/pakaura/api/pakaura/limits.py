"""Limits of how often something may be done, for each account or address, in this process."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

_MOST_KEYS = 10_000


class RateLimit:
    """Lets so many through at once, and as many again in the course of a minute."""

    def __init__(self, a_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(a_minute)
        self._a_second = a_minute / 60
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """Count one. Raises 429, with the seconds to wait, when there are too many."""
        now = self._clock()
        left = self._now_left(key, now)
        if left < 1:
            wait = math.ceil((1 - left) / self._a_second)
            raise HTTPException(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
        if len(self._left) >= _MOST_KEYS:
            self._forget(now)
        self._left[key] = (left - 1, now)

    def _now_left(self, key: str, now: float) -> float:
        left, then = self._left.get(key, (self._burst, now))
        return min(self._burst, left + (now - then) * self._a_second)

    def _forget(self, now: float) -> None:
        """Forget whoever has all back; if none has, everybody: memory has its limit too."""
        self._left = {key: kept for key, kept in self._left.items() if self._now_left(key, now) < self._burst}
        if len(self._left) >= _MOST_KEYS:
            self._left.clear()


def client_address(request: Request) -> str:
    """Give the client's address as the ingress saw it; it overwrites what a client sends in this header."""
    return request.headers.get("x-real-ip") or (request.client.host if request.client else "unknown")
