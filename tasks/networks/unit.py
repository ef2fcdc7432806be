"""The networks of one unit, for the gate: reads its layers and evaluates what is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.networks.errors import NetworksError
from tasks.networks.evaluate import evaluate
from tasks.networks.files import FOLDER, first_difference, stale, wanted
from tasks.networks.findings import Finding
from tasks.networks.layers import DEPENDENCIES, folders_of, layers_of, merged
from tasks.networks.lines import line_of
from tasks.networks.pods import templates_of
from tasks.networks.policies import policies_of
from tasks.networks.unspoken import unspoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.networks.layers import Dependencies, Layer
    from tasks.units import Unit


def findings_of(
    unit: Unit, objects: list[dict[str, Any]], secret_declarations: Iterable[dict[str, Any]] = ()
) -> list[Finding]:
    """Give the findings about a unit's networks.

    `objects` are the rendered ones, `secret_declarations` ExternalSecrets for Secrets which are made elsewhere.
    """
    try:
        layers = layers_of(unit.overlay)
        dependencies = merged(layers)
    except NetworksError as error:
        return [_of_error(error)]
    if not layers:
        return _without_declaration(unit, objects)
    found = list(_left_out(unit, layers, dependencies))
    try:
        found += evaluate(objects, dependencies)
        found += unspoken(objects, list(secret_declarations), dependencies)
    except (AttributeError, KeyError, TypeError, ValueError):  # an object lacks what every API server asks for
        message = "the networks cannot be evaluated: an object does not fit its schema"
        found.append(Finding(message, None, (), dependencies.main_file, "correct the object first"))
    return [_with_line(one) for one in found]


def _left_out(unit: Unit, layers: tuple[Layer, ...], dependencies: Dependencies) -> Iterator[Finding]:
    """Find policies that no kustomization lists."""
    folders = folders_of(unit.overlay)
    for folder, policies in policies_of(layers, dependencies).items():
        if policies and (folder / FOLDER).is_dir() and folder / FOLDER not in folders:
            message = f"resources: {FOLDER} is missing, the policies made of {DEPENDENCIES}"
            yield Finding(message, None, (), str(folder / "kustomization.yaml"), f"add {FOLDER} to its resources")


def stale_files(units: Iterable[Unit]) -> list[Finding]:
    """Find policies under networks/ that are not what `doit networks` would write; `units` are all of them."""
    try:
        files = wanted(units)
    except NetworksError as error:
        return [_of_error(error)]
    message, fix = "not what dependencies.yaml beside this folder says", "run doit networks"
    return [
        Finding(message, None, (), str(path), fix, first_difference(path, files[path.parent.parent].get(path.name)))
        for path in stale(files)
    ]


def _of_error(error: NetworksError) -> Finding:
    file, _, message = str(error).partition(": ")
    return _with_line(Finding(message, None, (), file, "correct it and run doit networks"))


def _with_line(finding: Finding) -> Finding:
    """Add the line of a dependencies.yaml that a message begins with (`services.web.calls: ...`)."""
    if finding.manifest is not None or not finding.file.endswith(DEPENDENCIES):
        return finding
    return finding._replace(line=line_of(Path(finding.file), finding.message.partition(": ")[0]))


def _without_declaration(unit: Unit, objects: list[dict[str, Any]]) -> list[Finding]:
    if not any(True for _ in templates_of(objects)):
        return []
    file = f"base/{unit.system}/dependencies.yaml"
    message = "nothing declares who talks to whom in this system"
    return [Finding(message, None, (), file, "write it (docs/reference/networks.md), then run doit networks")]
