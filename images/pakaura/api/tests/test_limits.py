"""How often is too often."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException

from pakaura import limits
from pakaura.limits import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_too_many_are_refused_with_the_time_to_wait(clock: Clock) -> None:
    limit = RateLimit(6, clock=clock)
    for _ in range(6):
        limit.take("ada")
    with pytest.raises(HTTPException) as refused:
        limit.take("ada")
    assert refused.value.status_code == 429
    assert refused.value.headers == {"Retry-After": "10"}
    limit.take("grace")
    clock.now = 10
    limit.take("ada")


def test_memory_has_its_limit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_KEYS", 3)
    limit = RateLimit(60, clock=clock)
    for number in range(100):
        clock.now += 0.01
        limit.take(str(number))
    assert len(limit._left) <= 3
