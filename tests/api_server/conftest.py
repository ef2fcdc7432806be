"""A real API server without nodes, one for each environment, to which what is rendered is given."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.cluster.consumers import consumers
from tests.api_server.rendered import ENVIRONMENTS, definitions_for, units
from tests.gitops_consumers.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api_server.rendered import Manifest, Unit

SYSTEMS = sorted({path.name for path in Path("overlays").glob("*/*/")})
INSTALLED_INTO = ("argocd", "flux-system")  # there before anything of ours: Argo CD and Flux bring them
CONTROLLERS = ("namespace", "serviceaccount", "serviceaccount-token", "resourcequota")


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def control_plane(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Start an API server that knows all kinds of an environment; its namespaces are there, and nothing else."""
    programs = _programs()
    began = time.monotonic()
    plane = ControlPlane(programs, tmp_path_factory.mktemp(environment), CONTROLLERS)
    try:
        plane.define(list(definitions_for(units(environment), Path(consumers().definitions.folder))))
        print(f"\nAPI server for {environment}: {time.monotonic() - began:.1f} s")
        yield plane
    finally:
        plane.stop()


def _programs() -> Path:
    parts = consumers()
    if missing := parts.missing(parts.api_server):
        pytest.skip(f"not on this machine: {', '.join(missing)}; python -m tasks.cluster.consumers build makes them")
    return Path(parts.cluster.folder)


@pytest.fixture(scope="session")
def namespaces(control_plane: ControlPlane, environment: str) -> list[str]:
    """Make the namespaces of an environment, and those that Argo CD and Flux are installed into."""
    found = [_namespace(name) for name in INSTALLED_INTO]
    found += [one for unit in units(environment) for one in unit.of_kind("Namespace")]
    control_plane.give(found)
    return [one["metadata"]["name"] for one in found]


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Start an API server that knows the built-in kinds alone, for objects of a test's own."""
    plane = ControlPlane(_programs(), tmp_path_factory.mktemp("plain"), CONTROLLERS)
    yield plane
    plane.stop()


def _namespace(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.fixture(scope="session", params=SYSTEMS)
def unit(request: pytest.FixtureRequest, environment: str) -> Unit:
    """Give one unit of the environment."""
    for one in units(environment):
        if one.system == request.param:
            return one
    pytest.skip(f"{environment} has no {request.param}")


@pytest.fixture(scope="session")
def applied(control_plane: ControlPlane, namespaces: list[str], unit: Unit) -> str:
    """Apply a unit, as strictly as can be; give what was said."""
    assert namespaces
    return control_plane.give(unit.objects)


@pytest.fixture(scope="session")
def pods(applied: str, unit: Unit) -> list[Manifest]:
    """Give the pods that the workloads of an applied unit would make."""
    assert applied
    return list(unit.pods()) or pytest.skip(f"{unit.system} has no workload")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "api_server":
            item.add_marker(pytest.mark.api_server)
