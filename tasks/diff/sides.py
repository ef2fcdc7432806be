"""The two sides of a comparison: what the overlays render now, and what was rendered before or is elsewhere.

A side is the rendered text of each unit; a unit that is not there has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.git import Commit, contents_at, files_at
from tasks.units import GITOPS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbricate.difference.objects import Manifest
    from tasks.arguments import Selection

Texts = dict[Unit, str]
_MANIFESTS = "manifests.yaml"


def rendered_now(units: Iterable[Unit]) -> Texts:
    """Render units in memory. Raises ImbricateError."""
    from imbricate import build  # noqa: PLC0415 - `doit list` needs no engine

    return {unit: build(unit.overlay) for unit in units}


def on_disk(chosen: Selection) -> Texts:
    """Read what is in gitops/."""
    files = sorted(GITOPS.glob(f"*/*/{_MANIFESTS}"))
    return {unit: file.read_text() for file in files if chosen.covers(unit := Unit(*file.parts[1:3]))}


def at_commit(at: Commit, chosen: Selection) -> Texts:
    """Read what was in gitops/ at a commit. Raises GitError."""
    paths = [Path(path) for path in files_at(at, str(GITOPS)) if Path(path).name == _MANIFESTS]
    units = {str(path): Unit(*path.parts[1:3]) for path in paths if len(path.parts) == 4}
    found = contents_at(at, [path for path, unit in units.items() if chosen.covers(unit)])
    return {units[path]: content.decode("utf-8", "replace") for path, content in found.items()}


def in_environment(environment: str, chosen: Selection, all_units: Iterable[Unit]) -> Texts:
    """Render what another environment has, each system in the place of its namesake in the chosen environments."""
    texts = rendered_now(
        unit for unit in all_units if unit.environment == environment and unit.system in chosen.systems
    )
    return {Unit(here, unit.system): text for here in chosen.environments for unit, text in texts.items()}


def manifests_of(text: str, shown: str) -> list[Manifest]:
    """Read rendered text; what is no map is left out. Raises ImbricateError that names where it came from."""
    from imbricate.documents import read_resources  # noqa: PLC0415 - `doit list` needs no engine

    return [document for document in read_resources(text, shown) if isinstance(document, dict)]
