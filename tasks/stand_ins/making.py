"""A stand-in made: plan → image in the engine, under its tag, without a time of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.images import engine
from tasks.images.archive import base_layers, load, saved, steady
from tasks.stand_ins import roots
from tasks.stand_ins.debian import Root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from tasks.images.archive import Saved
    from tasks.images.recipe import Recipe
    from tasks.stand_ins.plans import Plan


def make(client: DockerClient, plan: Plan, show: Callable[[str], None]) -> int:
    """Make a stand-in, or make it anew; give its bytes. Raises ImageError; nothing is tagged then."""
    before = _identity(client, plan.reference)
    source = plan.source
    with roots.made(source, show) if isinstance(source, Root) else _built(client, source, show) as image:
        load(client, image, [plan.reference])
        size = sum(image.sizes)
    if before and before != _identity(client, plan.reference):
        _drop(client, before)
    return size


@contextmanager
def _built(client: DockerClient, recipe: Recipe, show: Callable[[str], None]) -> Iterator[Saved]:
    identity = engine.build(client, recipe, show)
    try:
        with (
            saved(client, identity) as built,
            steady(built, base_layers(client, built, [*recipe.bases.values()])) as image,
        ):
            yield image
    finally:
        _drop(client, identity)


def _identity(client: DockerClient, reference: str) -> str:
    import docker  # noqa: PLC0415 - 0.15 s, and only for what needs the engine

    try:
        return str(client.images.get(reference).id)
    except docker.errors.ImageNotFound:
        return ""


def _drop(client: DockerClient, identity: str) -> None:
    """Remove an image that has no name any more; one that something else is built on, or runs, stays."""
    import docker  # noqa: PLC0415 - as above

    try:
        if not client.images.get(identity).tags:
            client.api.remove_image(identity)
    except docker.errors.APIError:
        return
