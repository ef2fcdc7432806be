"""`doit e2e`: what is rendered, proven as deep as this machine allows; what is left out is said.

Two depths, beside the tests that need nothing (`doit test`): an API server without nodes that admits everything, and
the kind cluster of `doit cluster_up`, on which the systems run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from doit.exceptions import TaskFailed

from tasks.arguments import checked, choice, selection
from tasks.render import renderings

if TYPE_CHECKING:
    from collections.abc import Callable

_REPORT = "build/e2e"
_DEEPEST = "deepest"


class Depth(NamedTuple):
    """How deep: its name, the marker of its tests, their folder, what tells why it cannot be had, what it needs."""

    name: str
    marker: str
    folder: str
    missing: Callable[[], str]
    prepare: Callable[[], list[str]]


def task_e2e() -> dict[str, Any]:
    """Test what is rendered on a kind cluster, or an API server alone (depth=deepest|cluster|api, system=, match=)."""
    depth = choice("depth", (_DEEPEST, *(one.name for one in _depths())))
    return {"actions": [(run, [depth])], "task_dep": renderings(), "verbosity": 2}


def run(wanted: str) -> TaskFailed | None:
    """Prepare the deepest that can be had, or the one that is wanted, and run its tests."""
    from tasks.cluster.errors import ClusterError  # noqa: PLC0415 - `doit list` needs no cluster

    for depth in _depths():
        if wanted not in {_DEEPEST, depth.name}:
            continue
        missing = depth.missing()
        if not missing:
            try:
                return _tested(depth, depth.prepare())
            except ClusterError as error:
                return TaskFailed(str(error))
        if wanted == depth.name:
            return TaskFailed(f"depth={wanted}: {missing}")
        print(f"left out: {depth.name}: {missing}", flush=True)
    return TaskFailed("neither a cluster nor an API server can be had here; doit test needs neither")


def _tested(depth: Depth, options: list[str]) -> TaskFailed | None:
    given = checked()
    systems = selection().systems if "system" in given else ()
    words = [" or ".join(systems), given.get("match", "")]
    matching = " and ".join(f"({word})" for word in words if word)
    command = [sys.executable, "-m", "pytest", "-m", depth.marker, "-v", "-p", "tests.proof", f"--proof={_REPORT}"]
    command += [*options, depth.folder, *(["-k", matching] if matching else [])]
    done = subprocess.run(command, check=False)  # noqa: S603 - a list, no shell
    return TaskFailed(f"pytest ended with status {done.returncode}") if done.returncode else None


def _depths() -> tuple[Depth, ...]:
    """Give the depths, the deepest first."""
    return (
        Depth("cluster", "e2e", "tests/e2e", _no_engine, _cluster),
        Depth("api", "api_server", "tests/api_server", _no_programs, _programs),
    )


def _no_engine() -> str:
    from tasks.images.engine import connect  # noqa: PLC0415 - as above
    from tasks.images.errors import ImageError  # noqa: PLC0415

    try:
        connect()
    except ImageError as error:
        return str(error)
    return ""


def _cluster() -> list[str]:
    """Have the cluster run; give what tells pytest-kind where everything is, so that it fetches nothing."""
    from tasks.cluster import kind  # noqa: PLC0415 - as above
    from tasks.cluster.task import up  # noqa: PLC0415

    up(checked().get("node_image", ""), int(choice("nodes", ("1", "3"))))
    found = kind.programs(print)
    return [
        "--keep-cluster",
        f"--cluster-name={kind.NAME}",
        f"--kubeconfig={kind.KUBECONFIG}",
        f"--kind-bin={found.kind}",
        f"--kind-kubectl-bin={found.kubectl}",
    ]


def _no_programs() -> str:
    from tasks.cluster.consumers import consumers  # noqa: PLC0415 - as above

    parts = consumers()
    if not parts.missing(parts.api_server) or shutil.which("go"):
        return ""
    return "kube-apiserver and etcd are built with go, which is not on PATH"


def _programs() -> list[str]:
    from tasks.cluster.consumers import consumers  # noqa: PLC0415 - as above

    for part in consumers().api_server:
        part.had(print)
    return []
