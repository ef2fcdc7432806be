"""Screenshots, in Redis for ten minutes, so that any replica can give what another has taken."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SECONDS = 600
_MOST = 100
_RECENT = "browser:screenshots"


class Screenshots:
    """The last hundred screenshots of all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, picture: bytes) -> str:
        """Keep a screenshot and give its id; the oldest make room."""
        identifier = uuid.uuid4().hex
        async with self._redis.pipeline(transaction=True) as steps:
            steps.set(_key(identifier), picture, ex=_SECONDS)
            steps.lpush(_RECENT, identifier)
            steps.lrange(_RECENT, _MOST, -1)
            steps.ltrim(_RECENT, 0, _MOST - 1)
            answers: Any = await steps.execute()
        if answers[2]:
            await self._redis.delete(*(_key(old.decode()) for old in answers[2]))
        return identifier

    async def find(self, identifier: str) -> bytes | None:
        """Give a screenshot, if it is still there."""
        found: Any = await self._redis.get(_key(identifier))
        return bytes(found) if found else None


def _key(identifier: str) -> str:
    return f"browser:screenshot:{identifier}"
