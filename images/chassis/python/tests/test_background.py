from __future__ import annotations

import asyncio
from contextlib import suppress

from chassis import repeating


class Work:
    def __init__(self, *answers: object) -> None:
        self.turns = 0
        self.finished = 0
        self.seconds = 0.0
        self.stubborn = False
        self._answers = list(answers)

    async def __call__(self) -> object:
        self.turns += 1
        while self.seconds:
            try:
                await asyncio.sleep(self.seconds)
            except asyncio.CancelledError:
                if not self.stubborn:
                    raise
            break
        self.finished += 1
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(work: Work, *, lasting: float, seconds: float = 60, grace: float = 1) -> float:
    async def running() -> float:
        clock = asyncio.get_running_loop().time
        async with repeating(work, seconds=seconds, grace=grace):
            await asyncio.sleep(lasting)
            ending = clock()
        return clock() - ending

    return asyncio.run(running())


def test_it_goes_on_at_once_as_long_as_there_is_more() -> None:
    work = Work(1, 1, 1)

    run(work, lasting=0.1)

    assert work.turns == 4


def test_a_failure_is_no_end() -> None:
    work = Work(ConnectionError(), None)

    run(work, lasting=1.5, seconds=0.1)

    assert work.turns >= 2


def test_the_turn_that_runs_may_finish() -> None:
    work = Work()
    work.seconds = 0.3

    run(work, lasting=0.1)

    assert work.finished == 1


def test_but_not_for_ever_even_if_it_will_not_be_cancelled() -> None:
    work = Work()
    work.seconds, work.stubborn = 30, True

    with suppress(asyncio.CancelledError):
        assert run(work, lasting=0.1, grace=0.2) < 2
    assert work.turns == 1
