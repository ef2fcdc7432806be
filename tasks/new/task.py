"""`doit new system=shop [service=web]`: base, overlays and an image that render, pass the checks and build."""

from __future__ import annotations

from typing import Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked
from tasks.new.errors import NewSystemError
from tasks.units import ConfigurationError, stages

_SERVICE = "web"


def task_new() -> dict[str, Any]:
    """Begin a system: base, overlays and an image (system=, service=web)."""
    return {"actions": [(new, [])], "verbosity": 2}


def new() -> TaskFailed | None:
    """Write the files and say what comes next."""
    from tasks.new.files import files_of  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.new.names import check_name, check_new  # noqa: PLC0415
    from tasks.new.writing import write_all  # noqa: PLC0415

    given = checked()
    system, service = given.get("system", ""), given.get("service", _SERVICE)
    if not system:
        return TaskFailed("expected the name of the new system: doit new system=shop")
    try:
        check_name("system", system)
        check_name("service", service)
        environments = stages()
        check_new(system, tuple(stage.name for stage in environments))
        files = files_of(system, service, environments)
        folders = write_all(files)
    except (NewSystemError, ConfigurationError) as error:
        return TaskFailed(str(error))
    for folder in folders:
        print(f"{folder}/")
    print(f"{len(files)} files; next: doit render system={system} && doit check system={system}, then")
    print(f"doit build system={system}, and a sentence for base/{system}/README.md")
    return None
