"""Sessions: what was said so far, in Redis, so that any replica can go on with a conversation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_service.models import Turn

if TYPE_CHECKING:
    from redis.asyncio import Redis

_TURNS = 40
_SECONDS = 24 * 3600


class Sessions:
    """All sessions; each ends a day after its last turn."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def turns(self, session: str) -> list[Turn]:
        """Give the turns of a session, none if it is new."""
        found: Any = await self._redis.lrange(_key(session), 0, -1)
        return [Turn(*json.loads(turn)) for turn in found]

    async def add(self, session: str, *turns: Turn) -> None:
        """Go on with a session; of a long one the oldest turns are forgotten."""
        async with self._redis.pipeline(transaction=True) as steps:
            steps.rpush(_key(session), *(json.dumps(turn) for turn in turns))
            steps.ltrim(_key(session), -_TURNS, -1)
            steps.expire(_key(session), _SECONDS)
            await steps.execute()

    async def end(self, session: str) -> bool:
        """Forget a session; tell whether there was one."""
        return bool(await self._redis.delete(_key(session)))


def _key(session: str) -> str:
    return f"ai:session:{session}"
