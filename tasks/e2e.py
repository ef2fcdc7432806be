"""`doit e2e`: the tests that need a cluster, on the kind cluster that `doit cluster_up` started, or starts now."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked, selection


def task_e2e() -> dict[str, Any]:
    """Test what is rendered on the kind cluster: deploy, reach, heal, persist, scale, isolate (system=, match=)."""
    return {"actions": [(run, [])], "task_dep": ["cluster_up"], "verbosity": 2}


def run() -> TaskFailed | None:
    """Run pytest, which is told where everything is, so that pytest-kind fetches nothing."""
    from tasks.cluster import kind  # noqa: PLC0415 - `doit list` needs no cluster

    given = checked()
    systems = selection().systems if "system" in given else ()
    files = [f"tests/e2e/test_{system}.py" for system in systems] or ["tests/e2e"]
    found = kind.programs(print)
    command = [sys.executable, "-m", "pytest", "-m", "e2e", "-v", "-s", "--keep-cluster", *files]
    command += [f"--cluster-name={kind.NAME}", f"--kubeconfig={kind.KUBECONFIG}"]
    command += [f"--kind-bin={found.kind}", f"--kind-kubectl-bin={found.kubectl}"]
    command += ["-k", given["match"]] if "match" in given else []
    done = subprocess.run(command, check=False)  # noqa: S603 - a list, no shell
    return TaskFailed(f"pytest ended with status {done.returncode}") if done.returncode else None
