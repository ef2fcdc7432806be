"""What a rule looks at: a unit as it is rendered, or (scope repository) all of them and the files around them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.checks.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition
    from tasks.arguments import Selection
    from tasks.units import Environment, Unit

Manifest = dict[str, Any]


class Subject:
    """A unit and its environment; `is_first`: images are tried there first. It is composed when a rule asks."""

    def __init__(self, unit: Unit, environment: Environment, *, is_first: bool) -> None:
        """Take the unit."""
        self.unit = unit
        self.environment = environment
        self.is_first = is_first

    @cached_property
    def composition(self) -> Composition:
        """Compose the overlay. Raises ImbricateError, which the rule `build` tells of, so that no other comes to it."""
        from imbricate import compose  # noqa: PLC0415 - `doit list` needs no engine

        return compose(self.unit.overlay)

    @cached_property
    def manifests(self) -> list[Manifest]:
        """Give the objects in their order, as plain values."""
        from imbricate.documents import json_value  # noqa: PLC0415 - `doit list` needs no engine

        return [json_value(resource.manifest) for resource in self.composition.resources]

    @cached_property
    def objects(self) -> Objects:
        """Give the objects by name, with the declarations of Secrets that are made elsewhere."""
        return Objects(self.manifests, declared_secrets(self.unit, self.environment))


class Repository(NamedTuple):
    """What a rule of scope repository looks at: what was chosen, and its units."""

    chosen: Selection
    subjects: tuple[Subject, ...]


def declared_secrets(unit: Unit, environment: Environment) -> list[Manifest]:
    """Give the declarations from which an environment without a store gets its Secrets. Raises ImbricateError."""
    return list(_declarations(unit)) if environment.secrets == "generated" else []


def _declarations(unit: Unit) -> Iterator[Manifest]:
    from imbricate.manifests import read_manifests  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.units import secret_declarations  # noqa: PLC0415

    for file in secret_declarations(unit.system):
        for manifest in read_manifests(file.read_bytes(), str(file)):
            if manifest["kind"] == "ExternalSecret":
                yield manifest
