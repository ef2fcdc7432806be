"""The table of contents of a build: recipe → image in the engine → what the lock keeps of it.

Built, made steady, looked at, loaded under its tag; the names of the steps are those of the modules.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.images import buildx, engine
from tasks.images.archive import base_layers, load, saved, saved_file, steady
from tasks.images.bill import draw_up
from tasks.images.budgets import budget
from tasks.images.errors import ImageError
from tasks.images.inspection import findings
from tasks.images.lock import Locked
from tasks.images.manifest import manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from tasks.images.archive import Saved
    from tasks.images.recipe import Recipe

_TESTS = "test"
_MEGABYTE = 1_000_000


class Way(NamedTuple):
    """How to build: by a builder of buildx or, if empty, the engine; with earlier steps or not; who hears of steps."""

    builder: str
    cached: bool
    show: Callable[[str], None]


def make(client: DockerClient, recipe: Recipe, way: Way) -> Locked:
    """Make an image. Raises ImageError; nothing is tagged then."""
    engine.fetch_bases(client, recipe)
    with _built(client, recipe, way) as built:
        kept = base_layers(client, built, tuple(recipe.bases.values()))
        with steady(built, kept) as image:
            _look_at(recipe, image, kept)
            draw_up(recipe, image, way.show)
            load(client, image, [recipe.reference])
            return _entry(recipe, image, kept)


def describe(client: DockerClient, recipe: Recipe) -> Locked | None:
    """Describe an image that the engine has already under its tag."""
    if recipe.reference not in engine.references(client):
        return None
    with saved(client, recipe.reference) as image:
        return _entry(recipe, image, base_layers(client, image, tuple(recipe.bases.values())))


@contextmanager
def _built(client: DockerClient, recipe: Recipe, way: Way) -> Iterator[Saved]:
    """Run the tests in their stage, then build the last one; give the image that came out."""
    targets = [_TESTS, ""] if _TESTS in recipe.stages else [""]
    if not way.builder:
        identity = [engine.build(client, recipe, way.show, target, cached=way.cached) for target in targets][-1]
        client.api.tag(identity, f"{recipe.image.name}", "as-built")  # keeps the engine's cache of steps
        with saved(client, identity) as image:
            yield image
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        for target in targets:
            order = buildx.Order(way.builder, target, None if target else archive, way.cached)
            buildx.build(order, recipe, way.show)
        with saved_file(archive) as image:
            yield image


def _look_at(recipe: Recipe, image: Saved, kept: int) -> None:
    found = list(findings(image, kept))
    size, allowed = sum(image.sizes), budget(recipe.image)
    if size > allowed and not recipe.arguments:
        found.append(
            f"{size // _MEGABYTE} MB unpacked, {allowed // _MEGABYTE} MB allowed; "
            f"{sum(image.sizes[kept:]) // _MEGABYTE} MB of it are above the base"
        )
    if found:
        raise ImageError("\n".join(f"{recipe.image.dockerfile}: {finding}" for finding in found))


def _entry(recipe: Recipe, image: Saved, kept: int) -> Locked:
    made = manifest(image)
    return Locked(
        tag=recipe.tag,
        digest=made.digest,
        inputs=recipe.digest,
        bases=recipe.bases,
        size=sum(image.sizes),
        own=sum(image.sizes[kept:]),
        download=sum(blob.size for blob in made.layers),
    )
