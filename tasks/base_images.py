"""`doit base_images`: stand-ins for base images and for the public images of manifests, made from packages.

One sub-task a stand-in. It is made when its tag, which follows from its inputs, is not in the engine, or with
refresh=yes, because Debian moves on.
"""

from __future__ import annotations

import time
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskFailed

from tasks.arguments import choice
from tasks.images.errors import ImageError
from tasks.stand_ins.declarations import DECLARATIONS, declared, undeclared
from tasks.stand_ins.plans import plans, stand_ins, stand_ins_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.stand_ins.declarations import StandIn

__all__ = ["stand_ins", "stand_ins_for", "task_base_images"]

_NAME_WIDTH = 28
_STEP = 100


def task_base_images() -> Iterator[dict[str, Any]]:
    """Make stand-ins for base and third-party images, where no registry is at hand (refresh=yes: anew)."""
    anew = choice("refresh", ("no", "yes")) == "yes"
    yield {"basename": "base_images", "name": None, "doc": task_base_images.__doc__}
    for stand_in, bases in _chosen():
        yield {
            "basename": "base_images",
            "name": stand_in.name,
            "doc": f"Stand in for {', '.join(stand_in.replaces) or f'nothing that {DECLARATIONS} names'}.",
            "actions": [(make, [stand_in.name])],
            "uptodate": [partial(is_there, stand_in.name, anew)],
            "task_dep": [f"base_images:{name}" for name in bases],
        }


def _chosen() -> Iterator[tuple[StandIn, list[str]]]:
    """Give each stand-in with the names of those that it is built on."""
    from tasks.images.dockerfile import read  # noqa: PLC0415 - as small as it is, only here
    from tasks.images.folders import STAND_INS, Image  # noqa: PLC0415

    owners: dict[str, str] = {}
    try:
        for stand_in in (*declared(), *undeclared()):
            dockerfile = Image(STAND_INS, stand_in.name).dockerfile
            arguments = read(dockerfile).bases if not stand_in.suite else {}
            yield stand_in, sorted({owners[name] for name in arguments if name in owners})
            owners |= dict.fromkeys(stand_in.arguments, stand_in.name)
    except ImageError as error:
        raise InvalidTask(str(error)) from None


def is_there(name: str, anew: bool, task: object, values: dict[str, Any]) -> bool:  # noqa: ARG001, FBT001 - doit's
    """Tell whether the engine has a stand-in as it would be made now."""
    try:
        return not anew and plans(undeclared())[name].reference in _in_engine()
    except ImageError:
        return False  # the action says what is wrong


@lru_cache(maxsize=1)
def _in_engine() -> frozenset[str]:
    from tasks.images.engine import connect, references  # noqa: PLC0415 - `doit list` needs no Docker

    return references(connect())


def make(name: str) -> dict[str, Any] | TaskFailed:
    """Make one stand-in."""
    from tasks.images.engine import connect  # noqa: PLC0415 - as above
    from tasks.stand_ins.making import make as make_image  # noqa: PLC0415

    started = time.perf_counter()
    try:
        plan = plans(undeclared())[name]
        size = make_image(connect(), plan, partial(_show, name))
    except ImageError as error:
        return TaskFailed(str(error))
    seconds = round(time.perf_counter() - started, 3)
    return {"line": f"{plan.reference}  {size / 1_000_000:.0f} MB", "did": "built", "seconds": seconds}


def _show(name: str, line: str) -> None:
    step, _, seconds = line.rpartition("  ")
    print(f"{f'base_images:{name}':{_NAME_WIDTH}} {step[:_STEP]}  {seconds}", flush=True)
