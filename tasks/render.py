"""`doit render`: overlays/<env>/<system> → gitops/<env>/<system>/manifests.yaml, one sub-task a unit.

A unit is rendered when a file that its last rendering read has changed, the library has, or the output is not what was
written. The last sub-task takes out what no overlay stands behind any more.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import selection
from tasks.fingerprints import engine_digest, file_digest, is_unchanged, record
from tasks.ledger import OwnershipError, settle
from tasks.units import environments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.arguments import Selection
    from tasks.units import Unit


def task_render() -> Iterator[dict[str, Any]]:
    """Render overlays into gitops/ (env= and system= choose; nothing means all)."""
    chosen = selection()
    yield {"basename": "render", "name": None, "doc": task_render.__doc__}
    for unit in chosen.units:
        yield {
            "basename": "render",
            "name": unit.name,
            "actions": [(render, [unit])],
            "targets": [str(unit.manifests)],
            "uptodate": [partial(is_current, unit)],
            "clean": True,
        }
    yield {
        "basename": "render",
        "name": "ownership",
        "doc": "Take out rendered files whose overlay is gone; note what is owned.",
        "actions": [(settle_ownership, [chosen])],
        "task_dep": [f"render:{unit.name}" for unit in chosen.units],
        "verbosity": 0,
    }


def renderings(environment: str = "") -> list[str]:
    """Name the sub-tasks that render the chosen units of an environment, the first unless told, if it is on kind.

    There, what was built and pinned a moment ago is tried. Elsewhere gitops/ counts as it is: as somebody looked at it.
    """
    chosen = selection()
    known = {one.name: one for one in environments()}
    meant = known.get(environment or next(iter(known), ""))
    if meant is None or not meant.is_kind:
        return []
    return [f"render:{unit.name}" for unit in chosen.units if unit.environment == meant.name]


def is_current(unit: Unit, task: object, values: dict[str, Any]) -> bool:  # noqa: ARG001 - doit asks for both by name
    """Tell whether nothing has changed since the unit was rendered last."""
    return (
        values.get("engine") == engine_digest()
        and bool(values.get("sources"))
        and unit.manifests.is_file()
        and file_digest(unit.manifests) == values.get("output")
        and all(is_unchanged(path, known) for path, known in values["sources"].items())
    )


def render(unit: Unit) -> dict[str, Any] | TaskFailed:
    """Render one unit; give what doit keeps of it: what was read, what was written, and the line to show."""
    from imbricate import ImbricateError, compose  # noqa: PLC0415 - not needed when nothing is to be done
    from imbricate.write import write_file  # noqa: PLC0415
    from tasks.strict import refusals  # noqa: PLC0415

    started = time.perf_counter()
    try:
        composition = compose(unit.overlay)
        text = composition.text
        refused = refusals(composition)
        if refused:
            return TaskFailed("\n".join(refused))
        before = unit.manifests.read_text() if unit.manifests.is_file() else ""
        unit.manifests.parent.mkdir(parents=True, exist_ok=True)
        write_file(unit.manifests, text)
    except ImbricateError as error:
        return TaskFailed(str(error))
    except OSError as error:
        return TaskFailed(f"{error.filename or unit.manifests} cannot be written: {error.strerror}")
    return {
        "engine": engine_digest(),
        "sources": {str(path): record(path) for path in composition.sources},
        "output": file_digest(unit.manifests),
        "line": _summary(unit, before, text),
        "seconds": round(time.perf_counter() - started, 3),
    }


def _summary(unit: Unit, before: str, after: str) -> str:
    """Say in a few words what a rendering changed. Raises ImbricateError when what was there is no list of objects."""
    from tasks.diff.changes import unit_change  # noqa: PLC0415 - not needed when nothing is to be done
    from tasks.diff.noise import Noise  # noqa: PLC0415
    from tasks.diff.sides import manifests_of  # noqa: PLC0415

    if before == after:
        return "unchanged"
    change = unit_change(unit, manifests_of(before, unit.name), manifests_of(after, unit.name), Noise(()))
    return f"written: {change.summary if change.differs else 'order only'}"


def settle_ownership(chosen: Selection) -> dict[str, Any] | TaskFailed:
    """Bring gitops/rendered.json up to date and remove what is owned and no longer rendered."""
    try:
        removed = settle(chosen)
    except OwnershipError as error:
        return TaskFailed(str(error))
    return {"removed": [str(path) for path in removed]}
