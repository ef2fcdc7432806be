"""`doit check`: what is committed under gitops/ is what the overlays say, and what it says holds together.

All findings of all units are shown, then the task fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import selection
from tasks.ledger import OwnershipError, owned
from tasks.units import environments, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition
    from tasks.arguments import Selection
    from tasks.units import Environment, Unit


def task_check() -> dict[str, Any]:
    """Compare gitops/ with the overlays; check schemas and references (env=, system=)."""
    return {"actions": [(check, [selection()])], "verbosity": 2}


def check(chosen: Selection) -> TaskFailed | None:
    """Print every finding, then fail if there was one."""
    known = {one.name: one for one in environments()}
    findings = 0
    for unit in chosen.units:
        for finding in _findings(unit, known[unit.environment]):
            findings += 1
            print(f"{unit.name}: {finding}")
    for finding in _leftovers(chosen):
        findings += 1
        print(finding)
    count = len(chosen.units)
    checked = f"{count} unit{'' if count == 1 else 's'} checked"
    total = f"{checked}, {findings or 'no'} finding{'' if findings == 1 else 's'}"
    if findings:
        return TaskFailed(total)
    print(total)
    return None


def _findings(unit: Unit, environment: Environment) -> Iterator[str]:
    from imbricate import ImbricateError, compose  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.schemas import violations  # noqa: PLC0415
    from tasks.strict import refusals  # noqa: PLC0415

    try:
        composition = compose(unit.overlay)
        yield from _difference(unit, composition.text)
    except ImbricateError as error:
        yield str(error)
        return
    yield from refusals(composition)
    yield from _dangling(unit, composition, environment)
    yield from violations(composition, environment.kubernetes)


def _difference(unit: Unit, text: str) -> Iterator[str]:
    from tasks.compare import differences  # noqa: PLC0415

    if not unit.manifests.is_file():
        yield f"{unit.manifests} is missing; run doit render"
        return
    committed = unit.manifests.read_text()
    if committed != text:
        changes = differences(committed, text)
        yield f"{unit.manifests} is not what the overlay renders ({len(changes)} differences); run doit render"
        yield from (f"  {change}" for change in changes)


def _dangling(unit: Unit, composition: Composition, environment: Environment) -> Iterator[str]:
    from tasks.resolve import Names, unresolved  # noqa: PLC0415

    manifests = [resource.manifest for resource in composition.resources]
    declared = _declared_secrets(unit) if environment.secrets == "generated" else []
    for one in unresolved(Names(manifests, declared)):
        yield str(one)


def _declared_secrets(unit: Unit) -> list[dict[str, Any]]:
    """Give the declarations from which an environment without Vault gets its Secrets."""
    from imbricate.manifests import read_manifests  # noqa: PLC0415
    from tasks.units import secret_declarations  # noqa: PLC0415

    return [
        manifest
        for file in secret_declarations(unit.system)
        for manifest in read_manifests(file.read_bytes(), str(file))
        if manifest["kind"] == "ExternalSecret"
    ]


def _leftovers(chosen: Selection) -> Iterator[str]:
    """Find rendered files that no unit stands behind."""
    from tasks.units import unit_of  # noqa: PLC0415

    try:
        known = owned()
    except OwnershipError as error:
        yield str(error)
        return
    rendered = {str(unit.manifests) for unit in units()}
    for path in sorted(known.keys() - rendered):
        if chosen.covers(unit_of(path)):
            yield f"{path}: no overlay stands behind it; run doit render"
