"""What contract tests start: an image by its name, a network of its own, real servers beside it.

They need Docker and are run by `pytest -m docker`. The images are those that `doit build` has made for the work tree as
it is; IMBRICATE_BASES=stand-ins where it was built with bases=stand-ins.
"""

from __future__ import annotations

import itertools
import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tasks.images.engine import connect, references
from tasks.images.errors import ImageError
from tasks.images.folders import Image
from tasks.images.recipe import recipe
from tests.images import containers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.networks import Network

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def engine() -> DockerClient:
    try:
        return connect()
    except ImageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def image(engine: DockerClient) -> Callable[[str], str]:
    """Give the reference of an image of ours by its name in manifests, `tamma/api`."""
    return partial(_reference, engine)


def _reference(engine: DockerClient, name: str) -> str:
    chosen = dict(pair.split("=") for pair in os.environ.get("IMBRICATE_IMAGES", "").split())
    if name in chosen:
        return chosen[name]
    reference = recipe(Image(*name.split("/")), _stand_ins()).reference
    if reference not in references(engine):
        pytest.fail(f"{reference} is not in the engine: run `doit build` first (with bases=stand-ins, if you do)")
    return reference


def _stand_ins() -> dict[str, str] | None:
    if os.environ.get("IMBRICATE_BASES") != "stand-ins":
        return None
    from tasks.base_images import stand_ins

    return dict(stand_ins())


@pytest.fixture(scope="module")
def network(engine: DockerClient) -> Iterator[Network]:
    made = engine.networks.create(f"imbricate-{uuid.uuid4().hex[:8]}")
    yield made
    made.reload()
    for container in made.containers:
        made.disconnect(container, force=True)
    made.remove()


@pytest.fixture
def run(engine: DockerClient, network: Network) -> Iterator[Callable[..., containers.Running]]:
    """Start containers that end with the test: `run(image, environment, ports, alias, **options)`."""
    yield from _runner(engine, network)


@pytest.fixture(scope="module")
def run_for_all(engine: DockerClient, network: Network) -> Iterator[Callable[..., containers.Running]]:
    """Start containers that end with the module: servers that its tests share."""
    yield from _runner(engine, network)


def _runner(engine: DockerClient, network: Network) -> Iterator[Callable[..., containers.Running]]:
    started = []

    def run(
        image: str,
        environment: dict[str, str] | None = None,
        ports: tuple[int, ...] = (),
        alias: str = "",
        **options: Any,
    ) -> containers.Running:
        name = f"imbricate-{os.getpid()}-{next(_NUMBERS)}"
        chosen = {"network": None} if "network_mode" in options else {"network": network}
        running = containers.start(
            engine,
            image,
            name=name,
            environment=environment,
            ports=ports,
            aliases=[alias] if alias else [],
            **chosen,
            **options,
        )
        started.append(running)
        return running

    yield run
    for running in reversed(started):
        running.container.remove(force=True, v=True)
