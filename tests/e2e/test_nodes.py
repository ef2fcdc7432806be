"""A node of three is gone: what has no data there starts elsewhere, what has waits for it and loses nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tasks.images.engine import connect as connect_engine
from tests.e2e.disturbances import is_ready
from tests.e2e.limits import Limit
from tests.e2e.system import eventually
from tests.e2e.tamma import HOST, SERVERS, SERVICES, answers, done, label, make_token, submit, workload
from tests.e2e.web import entrance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_kind import KindCluster

    from tests.e2e.system import System

pytestmark = pytest.mark.e2e

RECOVERY = Limit(300, "metric-mean-time-to-recovery")
START_SECONDS = 120


@pytest.fixture(scope="module")
def workers(kind_cluster: KindCluster) -> Iterator[list[str]]:
    """Give the nodes that pods run on; they run again and take pods again afterwards."""
    listed = ("get", "nodes", "--selector=!node-role.kubernetes.io/control-plane", "-o", "name")
    names = [one.removeprefix("node/") for one in str(kind_cluster.kubectl(*listed)).split()]
    if len(names) < 2:
        pytest.skip("a cluster of one node: doit cluster_down, then doit e2e nodes=3 match=nodes")
    yield names
    for name in names:
        container = connect_engine().containers.get(name)
        if container.status != "running":
            container.start()
        kind_cluster.kubectl("uncordon", name)


@pytest.fixture(scope="module")
def tamma(deployed: Callable[[str], System], kind_cluster: KindCluster, workers: list[str]) -> System:
    """Deploy tamma with its servers on the first worker, its services on the second."""
    first, second = workers
    kind_cluster.kubectl("cordon", second)
    system = deployed("tamma")
    kind_cluster.kubectl("uncordon", second)
    if nodes_of(system, SERVERS) != {first}:
        pytest.skip(f"the volumes of tamma are on {nodes_of(system, SERVERS)} already: doit destroy system=tamma")
    kind_cluster.kubectl("cordon", first)
    for name in SERVICES:
        system.kubectl("rollout", "restart", workload(name))
        system.rolled_out(workload(name), 180)
    kind_cluster.kubectl("uncordon", first)
    eventually(lambda: nodes_of(system, SERVICES) == {second}, 120, "that the services are on the second worker")
    return system


def nodes_of(system: System, names: tuple[str, ...] | dict[str, int]) -> set[str]:
    return {pod["spec"]["nodeName"] for name in names for pod in system.pods(label(name)) if is_ready(pod)}


def is_node_ready(cluster: KindCluster, name: str) -> bool:
    path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
    return str(cluster.kubectl("get", "node", name, "-o", path)) == "True"


def test_pods_of_a_node_that_is_gone_start_elsewhere(
    tamma: System, kind_cluster: KindCluster, workers: list[str]
) -> None:
    first, second = workers
    web, token = entrance(tamma, HOST, "/"), make_token(tamma)
    older = done(web, token, submit(web, token, "before the node was gone"))
    container = connect_engine().containers.get(second)
    began = time.monotonic()
    container.kill()

    found = eventually(lambda: not is_node_ready(kind_cluster, second), 120, "that the node is found dead")
    eventually(lambda: _all_on(tamma, first), RECOVERY.seconds, "that all services are on the other node")
    answers(web, token)
    newer = done(web, token, submit(web, token, "after the node was gone"))

    print(f"the node was found dead after {found:.0f} s")
    RECOVERY.holds("a node is gone: all services work on another", time.monotonic() - began)
    assert newer["result"]
    assert web.get(f"/api/tasks/{older['id']}", token)["result"] == older["result"]
    container.start()
    eventually(lambda: is_node_ready(kind_cluster, second), START_SECONDS, "that the node is back")


def _all_on(tamma: System, node: str) -> bool:
    return all(
        any(is_ready(pod) and pod["spec"]["nodeName"] == node for pod in tamma.pods(label(name))) for name in SERVICES
    )


def test_data_on_a_node_that_was_gone_are_there_when_it_is_back(
    tamma: System, kind_cluster: KindCluster, workers: list[str]
) -> None:
    """The volumes of kind are folders of their node: nothing else can have them."""
    first, _ = workers
    web, token = entrance(tamma, HOST, "/"), make_token(tamma)
    kept: list[Any] = [done(web, token, submit(web, token, f"kept {number}")) for number in range(10)]
    container = connect_engine().containers.get(first)
    container.kill()
    eventually(lambda: not is_node_ready(kind_cluster, first), 120, "that the node is found dead")

    began = time.monotonic()
    container.start()
    eventually(lambda: is_node_ready(kind_cluster, first), START_SECONDS, "that the node is back")
    answers(web, token, RECOVERY.seconds)
    after = done(web, token, submit(web, token, "after"))

    RECOVERY.holds("a node with data is back: all services work again", time.monotonic() - began)
    assert [web.get(f"/api/tasks/{one['id']}", token)["result"] for one in kept] == [one["result"] for one in kept]
    assert after["result"]
