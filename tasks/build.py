"""`doit build`: images/<system>/<service>/ → an image in the local engine, its digest in the lock and the pins.

One sub-task an image. An image is built when its content-addressed tag is not in the engine, or not the one that
images.lock.json has.
"""

from __future__ import annotations

import time
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from doit.exceptions import InvalidTask, TaskFailed

from tasks.arguments import checked
from tasks.images.errors import ImageError
from tasks.images.folders import images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.images.folders import Image
    from tasks.images.lock import Locked
    from tasks.images.recipe import Recipe

_NAME_WIDTH = 32
_LINE = 120


class Options(NamedTuple):
    """What the command line asks for: published or stand-in bases, a buildx builder, a registry, whether to pin.

    `cached` is false for a build that takes nothing from an earlier one, and must give what is in the lock.
    """

    stand_ins: bool = False
    builder: str = ""
    registry: str = ""
    pinned: bool = True
    cached: bool = True


def task_build() -> Iterator[dict[str, Any]]:
    """Build the images; write their digests to the lock and the first environment's pins (system=, push=, cache=no)."""
    options = _options()
    yield {"basename": "build", "name": None, "doc": task_build.__doc__}
    for image in _chosen():
        yield {
            "basename": "build",
            "name": image.task,
            "actions": [(build, [image, options])],
            "uptodate": [partial(is_current, image, options)],
        }


def _options() -> Options:
    given = checked()
    for name, choices in {"bases": ("published", "stand-ins"), "pin": ("yes", "no"), "cache": ("yes", "no")}.items():
        if name in given and given[name] not in choices:
            raise InvalidTask(f"{name}={given[name]}: expected {' or '.join(choices)}")
    return Options(
        given.get("bases") == "stand-ins",
        given.get("builder", ""),
        given.get("push", "").rstrip("/"),
        given.get("pin") != "no",
        given.get("cache") != "no",
    )


def _chosen() -> Iterator[Image]:
    """Give the images of the systems that the command line names; `system=` was checked against the overlays."""
    systems = checked().get("system")
    names = [name.strip() for name in systems.split(",")] if systems else None
    return (image for image in images() if names is None or image.system in names)


def is_current(image: Image, options: Options, task: object, values: dict[str, Any]) -> bool:  # noqa: ARG001 - doit's
    """Tell whether the engine has just this image, and the lock too; what is to be pushed is looked at anew."""
    from tasks.images.lock import locked  # noqa: PLC0415 - `doit list` needs no lock

    if options.registry or not options.cached:
        return False
    try:
        recipe = _recipe(image, options)
        entry = locked().get(image.name)
        is_locked = not options.pinned or (entry is not None and entry.inputs == recipe.digest)
        return is_locked and recipe.reference in _in_engine()
    except ImageError:
        return False  # the action says what is wrong


@lru_cache(maxsize=1)
def _in_engine() -> frozenset[str]:
    from tasks.images.engine import connect, references  # noqa: PLC0415 - as above

    return references(connect())


def _recipe(image: Image, options: Options) -> Recipe:
    from tasks.images.recipe import recipe  # noqa: PLC0415 - as above

    return recipe(image, _stand_ins() if options.stand_ins else None)


def _stand_ins() -> dict[str, str]:
    from tasks.base_images import stand_ins  # noqa: PLC0415 - as above

    return dict(stand_ins())


def build(image: Image, options: Options) -> dict[str, Any] | TaskFailed:
    """Build one image, look at it, publish it if that was asked for, and pin it."""
    started = time.perf_counter()
    try:
        recipe = _recipe(image, options)
        line = _built(recipe, options)
    except ImageError as error:
        return TaskFailed(str(error))
    except OSError as error:  # a full disk, most often: an image passes through a temporary file
        return TaskFailed(f"{image.dockerfile}: {error.filename or 'temporary files'}: {error.strerror}")
    return {"line": line, "did": "built", "seconds": round(time.perf_counter() - started, 3)}


def _built(recipe: Recipe, options: Options) -> str:
    """Make what is not there yet; publish and pin it. Gives the line to show."""
    from tasks.images.engine import connect  # noqa: PLC0415 - as above
    from tasks.images.making import Way, describe, make  # noqa: PLC0415

    client = connect()
    way = Way(options.builder, options.cached, partial(_show, recipe.image))
    entry = (describe(client, recipe) if options.cached else None) or make(client, recipe, way)
    if not options.cached and not options.builder:
        _same_as_before(recipe, entry)
    if options.registry:
        from tasks.images.publishing import Destination, publish  # noqa: PLC0415 - as above

        destination = Destination(options.registry, options.builder)
        publish(client, recipe, entry, destination, partial(_show, recipe.image))
    if options.pinned:
        _pin(recipe.image, entry, options.registry)
    return f"{entry.tag}  {_megabytes(entry.own)} above a base of {_megabytes(entry.size - entry.own)}"


def _same_as_before(recipe: Recipe, entry: Locked) -> None:
    """Hold what came out of a build without cache against the lock. Raises ImageError where the same inputs differ."""
    from tasks.images.errors import ImageError  # noqa: PLC0415 - as above
    from tasks.images.lock import locked  # noqa: PLC0415

    before = locked().get(recipe.image.name)
    if before is not None and before.inputs == recipe.digest and before.digest != entry.digest:
        raise ImageError(
            f"{recipe.image.dockerfile}: built anew from the same inputs it is {entry.digest}, and images.lock.json "
            f"has {before.digest}: a step writes something that differs from run to run"
        )


def _pin(image: Image, entry: Locked, registry: str) -> None:
    from tasks.images.lock import held, keep  # noqa: PLC0415 - as above
    from tasks.images.pins import pin  # noqa: PLC0415

    with held():
        pin(image, entry.tag, entry.digest, registry)
        keep(image.name, entry)  # last, since what the lock has counts as done


def _show(image: Image, line: str) -> None:
    print(f"{image.task:{_NAME_WIDTH}} {line[:_LINE]}", flush=True)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
