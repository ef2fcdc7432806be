"""The real Flux and the real Argo CD on an API server without nodes; each test prints what it measured.

Nothing is fetched or built here: `python -m tasks.cluster.consumers build` does it, once.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tasks.cluster.consumers import consumers
from tests.gitops_consumers.control_plane import ControlPlane
from tests.gitops_consumers.definitions import defining
from tests.gitops_consumers.registry import running
from tests.gitops_consumers.repository import ROOT, Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tasks.cluster.consumers import Consumers

ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.fixture(scope="session")
def parts() -> Consumers:
    return consumers()


@pytest.fixture(scope="module")
def _built(parts: Consumers, request: pytest.FixtureRequest) -> None:
    """Leave the tests of a consumer out, and say so, where its programs are not there."""
    others = {"flux", "argocd", "redis"} - set(request.module.PARTS)
    missing = sorted(set(parts.missing()) - others)
    if missing:
        pytest.skip(f"not built: {', '.join(missing)}; run python -m tasks.cluster.consumers build")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def repository(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Give a repository of their own to the tests of an environment."""
    return Repository(tmp_path_factory.mktemp(f"repository-{environment}"))


@pytest.fixture(scope="module")
def control_plane(
    _built: None, parts: Consumers, environment: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """Start a control plane that knows all kinds of gitops/."""
    began = time.monotonic()
    plane = ControlPlane(parts.cluster.folder, tmp_path_factory.mktemp(f"control-plane-{environment}"))
    try:
        plane.define(list(_needed(parts.definitions.folder)))
        print(f"\ncontrol plane for {environment}: {time.monotonic() - began:.1f} s")
        yield plane
    finally:
        plane.stop()


def _needed(folder: Path) -> Iterator[Path]:
    """Find the definitions of the kinds that gitops/ has, and of the sources that Flux watches."""
    rendered = "\n".join(file.read_text() for file in (ROOT / "gitops").rglob("manifests.yaml"))
    used = {tuple(one) for one in re.findall(r"^apiVersion: (\S+)/\S+\nkind: (\S+)$", rendered, re.MULTILINE)}
    return defining(folder, used | {("argoproj.io", "ApplicationSet")}, ["source.toolkit.fluxcd.io"])


@pytest.fixture(scope="session")
def registry(parts: Consumers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a registry; give its address."""
    with running(parts.registry.folder / "registry", tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[None]]:
    """Print how long something took."""

    @contextmanager
    def measure(what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        print(f"\n{request.node.name}: {what} after {time.monotonic() - began:.2f} s", end="")

    return measure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "gitops_consumers":
            item.add_marker(pytest.mark.consumers)
