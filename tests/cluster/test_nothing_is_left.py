"""After `doit cluster_down` the machine is as it was before `doit cluster_up`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.cluster.kind import nodes_of
from tasks.images.engine import connect, references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
OURS = ("kind", "kubectl", "registry", "kubelet", "containerd")
PLACES = (Path.home(), Path("/tmp"), ROOT)  # noqa: S108 - looked at, not written to
ENVIRONMENT = dict(os.environ)  # with the user's own caches: a cluster is made of what they have
NAMES = re.compile("kind|kube|imbricate|docker")


@pytest.fixture
def engine() -> DockerClient:
    client = connect()
    if nodes_of(client):
        pytest.skip("a cluster runs: doit cluster_down")
    return client


def test_nothing_is_left_of_a_cluster_but_what_the_cache_has(engine: DockerClient) -> None:
    doit("node_image")  # that one is made, and stays in the engine, is said in docs/testing.md
    before = inventory(engine)
    doit("cluster_up")
    during = inventory(engine)
    doit("cluster_down")
    after = inventory(engine)
    after["processes"] &= during["processes"]  # others may have started programs of these names since

    for what, names in before.items():
        print(f"{what}: {len(names)} before, {len(during[what] - names)} more with the cluster")
        assert sorted(after[what] - names) == [], what
    assert [what for what in before if during[what] - before[what]] == [
        "containers", "networks", "volumes", "images", "processes", "files",
    ]  # fmt: skip


def doit(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "doit", *words], cwd=ROOT, env=ENVIRONMENT, check=True)


def inventory(engine: DockerClient) -> dict[str, set[str]]:
    """Give by kind what there is on this machine that a cluster may add to."""
    return {
        "containers": {str(one.name) for one in engine.containers.list(all=True)},
        "networks": {str(one.name) for one in engine.networks.list()},
        "volumes": {str(one.name) for one in engine.volumes.list()},
        "images": {one for one in references(engine) if not one.startswith("imbricate.local/")},
        "processes": {one for one in processes() if Path(one.partition(" ")[2]).name in OURS},
        "files": set(files()),
    }


def processes() -> Iterator[str]:
    """Give number and program of each process, those in containers too."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield f"{folder.name} {(folder / 'exe').readlink()}"
        except OSError:  # it has ended, or is a thread of the kernel
            continue


def files() -> Iterator[str]:
    """Give what lies where programs leave things, and is called as if a cluster had left it; not the cache."""
    for place in PLACES:
        yield from (str(one) for one in place.iterdir() if NAMES.search(one.name))
