"""The line of a source that made a field of a rendered object what it is, for those who look for a cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate import ImbricateError
from imbricate.difference import MISSING
from imbricate.provenance.fields import shown, value_at
from tasks.checks.placing import Placer
from tasks.checks.subject import Subject

if TYPE_CHECKING:
    from tasks.connection import Manifest
    from tasks.deployment.errors import Path
    from tasks.units import Environment, Unit


class Places:
    """Finds the lines of one unit, which is built again for it."""

    def __init__(self, unit: Unit, environment: Environment) -> None:
        """Take the unit."""
        self._unit = unit
        self._subject = Subject(unit, environment, is_first=False)
        self._placer = Placer(self._subject)

    def place(self, manifest: Manifest, path: Path) -> str:
        """Give a field as text, with its line; what was rendered and is not built so any more is said to be."""
        field = shown(manifest, path)
        try:
            built = next((one for one in self._subject.manifests if _name(one) == _name(manifest)), None)
            found = self._placer.place(built, path) if built else None
        except ImbricateError as error:
            return f"{field}: {error}"
        if built is None or value_at(built, path) != value_at(manifest, path) or value_at(built, path) is MISSING:
            return f"{field}: {self._unit.manifests} has it otherwise than {self._unit.overlay} builds it: doit render"
        return f"{field}: {found}" if found else field


def _name(manifest: Manifest) -> tuple[str, ...]:
    metadata = manifest["metadata"]
    return manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"]
