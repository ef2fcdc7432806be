"""`doit test`: everything that needs no cluster and no other program."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from doit.exceptions import TaskFailed


def task_test() -> dict[str, Any]:
    """Run the tests that need no cluster; what a person runs before a commit."""
    return {"actions": [run_tests], "verbosity": 2}


def run_tests() -> TaskFailed | None:
    """Run pytest as pyproject.toml configures it."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], check=False)
    return TaskFailed("tests failed") if done.returncode else None
