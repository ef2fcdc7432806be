"""`doit networks [env=] [system=]`: dependencies.yaml → networks/, for the layers of the chosen units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import selection

if TYPE_CHECKING:
    from tasks.arguments import Selection


def task_networks() -> dict[str, Any]:
    """Make NetworkPolicies of the declared dependencies (env=, system=)."""
    return {"actions": [(networks, [selection()])], "verbosity": 2}


def networks(chosen: Selection) -> TaskFailed | None:
    """Write the policies and say which files changed."""
    from imbricate.errors import ImbricateError  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.networks.errors import NetworksError  # noqa: PLC0415
    from tasks.networks.files import wanted, write  # noqa: PLC0415

    try:
        files = wanted(chosen.units)
        changed = write(files)
    except (NetworksError, ImbricateError) as error:
        return TaskFailed(str(error))
    except OSError as error:
        return TaskFailed(f"{error.filename} cannot be written: {error.strerror}")
    for path in changed:
        print(f"{path} {'written' if path.exists() else 'removed'}")
    count = len(files)
    print(f"policies of {count} layer{'' if count == 1 else 's'}, {len(changed) or 'no'} changed; next: doit render")
    return None
