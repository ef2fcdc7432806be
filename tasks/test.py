"""`doit test`: everything that needs no cluster: the project's own tests, and the unit tests beside each service.

One sub-task a suite. The project's runs always; a service's runs when a file of it changed since it passed, and is left
out where its language is not on this machine: the stage `test` of its image runs it then.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked
from tasks.fingerprints import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.suites.suite import Suite

_SHOWN_LINES = 40
_MOST_PROCESSES = "4"  # where there are more processors, more of our processes would not be done sooner


def task_test() -> Iterator[dict[str, Any]]:
    """Run the tests that need no cluster; what a person runs before a commit (test:project; system=)."""
    from tasks.suites.found import suites  # noqa: PLC0415 - `doit render` looks for no tests

    systems = checked().get("system")
    yield {"basename": "test", "name": None, "doc": task_test.__doc__}
    if not systems:
        yield {"basename": "test", "name": "project", "actions": [run_tests], "verbosity": 2}
    for suite in suites():
        if not systems or suite.system in systems.split(","):
            yield {
                "basename": "test",
                "name": suite.name,
                "actions": [(run_suite, [suite])],
                "uptodate": [partial(has_passed, suite)],
            }


def run_tests() -> TaskFailed | None:
    """Run pytest as pyproject.toml configures it, on all processors."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", _MOST_PROCESSES]
    done = subprocess.run(command, check=False)  # noqa: S603 - pytest, with words of our own
    return TaskFailed("tests failed") if done.returncode else None


def has_passed(suite: Suite, task: object, values: dict[str, Any]) -> bool:  # noqa: ARG001 - doit's signature
    """Tell whether the suite passed with just these files."""
    return bool(values.get("inputs")) and values["inputs"] == _digest(suite)


def run_suite(suite: Suite) -> dict[str, Any] | TaskFailed:
    """Bring what a service's tests need, and run them."""
    from tasks.suites.suite import SuiteError  # noqa: PLC0415 - as above

    started = time.perf_counter()
    if missing := suite.missing():
        return {"line": f"left out: {missing}", "did": "left out", "seconds": 0.0}
    inputs = _digest(suite)
    try:
        for step in suite.steps():
            step.run()
    except SuiteError as error:
        return TaskFailed("\n".join(str(error).splitlines()[-_SHOWN_LINES:]))
    return {"line": "passed", "did": "passed", "seconds": round(time.perf_counter() - started, 3), "inputs": inputs}


def _digest(suite: Suite) -> str:
    digest = sha256()
    for path in suite.inputs():
        digest.update(f"{path}\0{file_digest(path)}\n".encode())
    return digest.hexdigest()
