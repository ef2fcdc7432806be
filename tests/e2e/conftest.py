"""Systems on a real cluster: deployed from gitops/dev as rendered, reached, disturbed, and looked at when they fail.

pytest-kind gives the cluster (`doit e2e` starts it and says where it is). What a failed test leaves is in build/e2e/.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.deployment.applying import deploy, home_of, rendered
from tasks.deployment.destination import cluster_of
from tasks.deployment.supply import images_of, supply
from tasks.images.engine import connect as connect_engine
from tasks.stand_ins.plans import stand_ins_for
from tasks.units import Unit, environments
from tests.e2e.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_kind import KindCluster

    from tasks.connection import Connection

_ARTEFACTS = Path("build/e2e")
_SECONDS = 600


@pytest.fixture(scope="session")
def connection(kind_cluster: KindCluster) -> Connection:  # noqa: ARG001 - the cluster has to be there
    return cluster_of(environments()[0])


@pytest.fixture(scope="module")
def deployed(kind_cluster: KindCluster, connection: Connection) -> Callable[[str], System]:
    """Deploy a system as it is rendered for the first environment; give it once it is ready."""

    def bring(name: str) -> System:
        environment = environments()[0]
        unit = Unit(environment.name, name)
        manifests = rendered(unit)
        wanted = images_of(manifests)
        supply(connect_engine(), wanted, stand_ins_for(wanted), print)
        began = time.monotonic()
        deploy(connection, environment, unit, _SECONDS, print)
        print(f"{name}: ready after {time.monotonic() - began:.0f} s")
        return System(name, home_of(manifests), manifests, connection, kind_cluster)

    return bring


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    cluster = getattr(item, "funcargs", {}).get("kind_cluster")
    if report.failed and cluster is not None:
        _keep(cluster, item.nodeid.replace("/", "-").replace("::", "-"))


def _keep(cluster: KindCluster, name: str) -> None:
    """Write down what the cluster says of itself, for a person to read after the failure."""
    folder = _ARTEFACTS / name
    folder.mkdir(parents=True, exist_ok=True)
    for what in ("pods", "events", "nodes", "persistentvolumeclaims", "horizontalpodautoscalers"):
        (folder / f"{what}.txt").write_text(cluster.kubectl("get", what, "--all-namespaces", "-o", "wide"))
    listed = cluster.kubectl(
        "get",
        "pods",
        "--all-namespaces",
        "-o",
        "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {end}",
    )
    for pod in listed.split():
        namespace, _, pod_name = pod.partition("/")
        with suppress(subprocess.CalledProcessError):  # a container that has not started yet has no log
            log = cluster.kubectl("logs", "-n", namespace, pod_name, "--all-containers", "--tail=200")
            (folder / f"{namespace}-{pod_name}.log").write_text(log)
