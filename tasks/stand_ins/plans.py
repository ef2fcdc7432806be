"""What each stand-in is made from, and the tag that follows from it; no engine is asked.

A tag is a hash of the inputs: files, bases, packages that are asked for, authorities. Debian moves on behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.images.errors import ImageError
from tasks.images.folders import STAND_INS, Image
from tasks.images.recipe import Recipe, recipe
from tasks.stand_ins.debian import Root, root
from tasks.stand_ins.declarations import declared, full_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.stand_ins.declarations import StandIn

REGISTRY = "imbricate.local"
_LENGTH = 12


class Plan(NamedTuple):
    """A stand-in and what it is made from: the root of a suite, or a recipe."""

    stand_in: StandIn
    source: Root | Recipe

    @property
    def reference(self) -> str:
        """Give the name under which the engine knows it."""
        return f"{REGISTRY}/{self.stand_in.name}:{self.source.digest[:_LENGTH]}"


def plans(more: Iterable[StandIn] = ()) -> dict[str, Plan]:
    """Plan every stand-in that is declared, then others, by name in the order of their making. Raises ImageError."""
    made: dict[str, Plan] = {}
    arguments: dict[str, str] = {}
    for stand_in in (*declared(), *more):
        plan = Plan(stand_in, root(stand_in.suite) if stand_in.suite else _recipe(stand_in, arguments))
        made[stand_in.name] = plan
        arguments |= dict.fromkeys(stand_in.arguments, plan.reference)
    return made


def _recipe(stand_in: StandIn, arguments: dict[str, str]) -> Recipe:
    image = Image(STAND_INS, stand_in.name)
    if not image.dockerfile.is_file():
        raise ImageError(f"{image.dockerfile} is missing; {stand_in.name} has no suite, so a Dockerfile makes it")
    return recipe(image, arguments)


def stand_ins() -> dict[str, str]:
    """Give the local image of each argument of Dockerfiles: `PYTHON_IMAGE` → `imbricate.local/python:…`."""
    return {name: plan.reference for plan in plans().values() for name in plan.stand_in.arguments}


def stand_ins_for(references: Iterable[str]) -> dict[str, str]:
    """Give the local images of public ones, by the full name that a node asks for; those without one are left out.

    `postgres:17.6` → `{"docker.io/library/postgres:17.6": "imbricate.local/postgres-17:…"}`.
    """
    known = plans().values()
    found = {
        full_name(reference): next((plan.reference for plan in known if plan.stand_in.is_for(reference)), "")
        for reference in references
    }
    return {name: local for name, local in found.items() if local}
