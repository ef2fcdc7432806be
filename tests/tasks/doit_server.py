"""`python -m` without its start-up, for hundreds of runs: a process that has imported much, and forks for each.

Each line that it reads is a run: module (`doit`), arguments, folder, environment, and the file for what is printed. It
answers with the exit status. What a run does to its process ends with it.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_OF_TASKS = ("checks", "completion", "diff", "impact", "networks", "promotion", "report", "requirements")
_PACKAGES = ("imbricate", *(f"tasks.{name}" for name in _OF_TASKS))


def _prepare() -> None:
    sys.path[0] = str(ROOT)
    for name in ("dodo", *_PACKAGES):
        module = import_module(name)
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
            if not found.name.endswith("__main__"):
                import_module(found.name)

    from tasks.checks.validation import BuiltIn
    from tasks.fingerprints import code_digest, engine_digest

    engine_digest(), code_digest()
    for api_version, kind in (("v1", "Service"), ("apps/v1", "Deployment")):
        BuiltIn.of("1.34").validator(api_version, kind)
    del sys.modules["dodo"]  # each project has its own


def _run(module: str, arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(descriptor, number)
    sys.argv = [module, *arguments]
    sys.path[0] = folder
    if module.startswith("tasks."):  # which looks where it is: it has to be the project's
        for name in [one for one in sys.modules if one == "tasks" or one.startswith(module)]:
            del sys.modules[name]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _fork(request: dict[str, Any]) -> int:
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    status = 0
    try:
        _run(**request)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself shows it
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _prepare()
    gc.freeze()  # what is here is shared with all runs: no collector of theirs has to look at it
    for line in sys.stdin:
        print(_fork(json.loads(line)), flush=True)  # noqa: T201 - the answer
