"""Docker's engine: reached through its SDK, a build shown step by step.

The classic builder is used, which every engine has: no BuildKit syntax in Dockerfiles.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from tasks.images import context
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docker import DockerClient

    from tasks.images.recipe import Recipe

_STEP = re.compile(r"Step (?P<number>\d+/\d+) : (?P<instruction>.*)")
_MAKES_LAYER = re.compile(r"  (?:RUN|COPY|ADD|WORKDIR)\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CACHED = "Using cache"
_OWN_WORDS = ("--->", "Removing intermediate container")
_SHOWN = 20
_SECONDS = 600


def connect() -> DockerClient:
    """Give a client of the engine that Docker's own settings name. Raises ImageError if none answers."""
    import docker  # noqa: PLC0415 - 0.15 s, and only for what needs the engine

    try:
        client = docker.from_env(timeout=_SECONDS)
        client.ping()
    except docker.errors.DockerException as error:
        raise ImageError(
            f"no Docker engine answers ({' '.join(str(error).split())}); start one, or name it with DOCKER_HOST"
        ) from None
    return client


def build(
    client: DockerClient, recipe: Recipe, show: Callable[[str], None], target: str = "", *, cached: bool = True
) -> str:
    """Build an image, or the stage that `target` names; give the id. Raises ImageError with the failed step's output.

    `show` gets one line for each step that was not cached.
    """
    import docker  # noqa: PLC0415 - as above

    try:
        events = client.api.build(
            fileobj=context.archive(recipe.entries),
            custom_context=True,
            dockerfile=recipe.image.dockerfile.relative_to("images").as_posix(),
            buildargs=recipe.arguments,
            target=target or None,
            nocache=not cached,
            decode=True,
            rm=True,
            forcerm=True,
        )
        return _follow(recipe, events, show)
    except docker.errors.APIError as error:
        raise ImageError(f"{recipe.image.dockerfile}: {error.explanation or error}") from None


def _follow(recipe: Recipe, events: Iterable[dict[str, Any]], show: Callable[[str], None]) -> str:
    """Read the events of a build to its end."""
    step, began, cached, built = "", time.perf_counter(), False, ""
    output: deque[str] = deque(maxlen=_SHOWN)
    for event in events:
        line = _COLOUR.sub("", event.get("stream", "")).strip()
        begins = _STEP.match(line)
        if "error" in event:
            raise ImageError(_failure(recipe, step, event["error"], output))
        if begins:
            _show_step(show, step, began, is_cached=cached)
            step, began, cached = f"{begins['number']:>5}  {begins['instruction']}", time.perf_counter(), False
            output.clear()
        elif _CACHED in line:
            cached = True
        elif line and not line.startswith(_OWN_WORDS):
            output.append(line)
        built = event.get("aux", {}).get("ID", built)
    _show_step(show, step, began, is_cached=cached)
    return built


def _show_step(show: Callable[[str], None], step: str, began: float, *, is_cached: bool) -> None:
    if _MAKES_LAYER.search(step) and not is_cached:
        show(f"{step}  ({time.perf_counter() - began:.1f} s)")


def _failure(recipe: Recipe, step: str, error: str, output: Iterable[str]) -> str:
    lines = "".join(f"\n  {line}" for line in output)
    return f"{recipe.image.dockerfile}: {step.strip()}: {error.strip()}{lines}"


def references(client: DockerClient) -> frozenset[str]:
    """Give the names of all images that the engine has."""
    return frozenset(name for image in client.api.images() for name in image["RepoTags"] or ())


def fetch_bases(client: DockerClient, recipe: Recipe) -> None:
    """Bring those base images into the engine that are not there. Raises ImageError."""
    import docker  # noqa: PLC0415 - as above

    for argument, reference in recipe.bases.items():
        try:
            client.images.get(reference)
        except docker.errors.ImageNotFound:
            _pull(client, f"{recipe.image.dockerfile}: {argument}", reference)


def _pull(client: DockerClient, where: str, reference: str) -> None:
    import docker  # noqa: PLC0415 - as above

    try:
        client.images.pull(reference)
    except docker.errors.APIError as error:
        raise ImageError(
            f"{where}: {reference} cannot be had: {error.explanation or error}; "
            "where no registry is at hand, run `doit base_images` and build with bases=stand-ins"
        ) from None
