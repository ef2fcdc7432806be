"""What a rule looks at: a unit as it is rendered, or (scope repository) all of them and the files around them."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.checks.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition
    from tasks.arguments import Selection
    from tasks.memory import Memory
    from tasks.units import Environment, Unit

Manifest = dict[str, Any]


class Subject:
    """A unit and its environment; `is_first`: images are tried there first. It is composed when a rule asks.

    `seconds`: how long it took to render, once somebody has asked for the text. `folders`: those of the files that were
    read for it, None where not all of them are known.
    """

    def __init__(self, unit: Unit, environment: Environment, *, is_first: bool) -> None:
        """Take the unit."""
        self.unit = unit
        self.environment = environment
        self.is_first = is_first
        self.seconds: float | None = None
        self.folders: tuple[str, ...] | None = None
        self._composing = 0.0

    @property
    def name(self) -> str:
        """Give the name of the unit."""
        return self.unit.name

    @cached_property
    def composition(self) -> Composition:
        """Compose the overlay. Raises ImbricateError, which the rule `build` tells of, so that no other comes to it."""
        from imbricate import compose  # noqa: PLC0415 - `doit list` needs no engine

        started = time.perf_counter()
        found = compose(self.unit.overlay)
        self._composing = time.perf_counter() - started
        return found

    @cached_property
    def text(self) -> str:
        """Give what the overlay renders; `seconds` is then how long that took. Raises ImbricateError."""
        started = time.perf_counter()
        found = self.composition.text
        self.seconds = time.perf_counter() - started + self._composing
        return found

    @cached_property
    def manifests(self) -> list[Manifest]:
        """Give the objects in their order, as plain values."""
        from imbricate.documents import json_value  # noqa: PLC0415 - `doit list` needs no engine

        return [json_value(resource.manifest) for resource in self.composition.resources]

    @cached_property
    def objects(self) -> Objects:
        """Give the objects by name, with the declarations of Secrets that are made elsewhere."""
        return Objects(self.manifests, self.declared)

    @cached_property
    def declared(self) -> list[Manifest]:
        """Give the declarations of Secrets that are made elsewhere. Raises ImbricateError."""
        return declared_secrets(self.unit, self.environment)


class Repository(NamedTuple):
    """What a rule of scope repository looks at: what was chosen, its units, and what is remembered."""

    chosen: Selection
    subjects: tuple[Subject, ...]
    memory: Memory

    @property
    def name(self) -> str:
        """Give what stands in the place of a unit's name."""
        return ""


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
