"""What the page is about: each unit as it is in gitops/, what `doit check` says of it, its seconds.

Nothing is written. What is wrong with a unit becomes a finding, so that the page can be made when it is needed most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate import ImbricateError, build
from tasks.checks.asking import BUILD
from tasks.checks.subject import declared_secrets
from tasks.diff.changes import unit_change
from tasks.diff.noise import Noise, read_noise
from tasks.diff.sides import manifests_of, on_disk
from tasks.diff.text import unit_lines
from tasks.units import Environment, Unit, environments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.arguments import Selection
    from tasks.checks.findings import Finding as Found
    from tasks.checks.findings import Place
    from tasks.checks.gate import Verdict
    from tasks.diff.lines import Line

Manifest = dict[str, Any]
CURRENT, STALE, MISSING, BROKEN = "current", "not current", "not rendered", "does not build"
MISSHAPEN = (KeyError, TypeError, AttributeError)  # what an object raises that lacks what all of its kind have
NO_NOISE = Noise(())
_STALE = "rendered"
IS_NOT_CURRENT = (_STALE, BUILD)  # the rules that say so


class Finding(NamedTuple):
    """One line of `doit check`; `lines` show what is not current, field by field, masked."""

    unit: str
    text: str
    place: Place | None
    lines: tuple[Line, ...] = ()


class State(NamedTuple):
    """A unit: whether what is in gitops/ is what its overlay renders, the objects there, findings, seconds.

    `declared` are the ExternalSecrets from which an environment without a store gets its Secrets.
    """

    unit: Unit
    status: str
    manifests: list[Manifest]
    findings: tuple[Finding, ...]
    seconds: float | None
    declared: list[Manifest]


class Facts(NamedTuple):
    """All of them: stages in their order, systems by name, units, findings that belong to no unit."""

    environments: tuple[str, ...]
    systems: tuple[str, ...]
    states: dict[Unit, State]
    leftovers: tuple[Finding, ...]
    noise: Noise

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give all findings, those of units first."""
        return (*(one for state in self.states.values() for one in state.findings), *self.leftovers)

    def state(self, environment: str, system: str) -> State | None:
        """Give the unit of a system in an environment, if there is one."""
        return self.states.get(Unit(environment, system))


def gather(chosen: Selection, verdict: Verdict) -> Facts:
    """Look at every chosen unit. Raises ConfigurationError, and OSError for what cannot be read."""
    known = {one.name: one for one in environments()}
    texts, noise = on_disk(chosen), read_noise()
    states = {unit: _state(unit, known[unit.environment], texts.get(unit), verdict) for unit in chosen.units}
    leftovers = tuple(Finding("", one.text, one.place) for one in verdict.findings if not one.unit)
    here = tuple(one for one in known if any(unit.environment == one for unit in chosen.units))
    return Facts(here, tuple(sorted({unit.system for unit in chosen.units})), states, leftovers, noise)


def _state(unit: Unit, environment: Environment, text: str | None, verdict: Verdict) -> State:
    committed, declared = _read(unit, environment, text or "")
    own = [one for one in verdict.findings if one.unit == unit.name]
    seconds = verdict.seconds.get(unit.name)
    if not any(one.rule in IS_NOT_CURRENT for one in own):
        return State(unit, CURRENT, committed, _findings(own, ()), seconds, declared)
    try:
        rendered = build(unit.overlay)
    except ImbricateError:
        return State(unit, BROKEN, committed, _findings(own, ()), None, declared)
    status = MISSING if text is None else CURRENT if text == rendered else STALE
    change = unit_change(unit, committed, manifests_of(rendered, unit.name), NO_NOISE) if status == STALE else None
    lines = tuple(unit_lines(change))[1:] if change else ()
    return State(unit, status, committed, _findings(own, lines), seconds, declared)


def _read(unit: Unit, environment: Environment, text: str) -> tuple[list[Manifest], list[Manifest]]:
    """Give the objects in gitops/ and the declared Secrets; of what cannot be read, the check of the unit tells."""
    try:
        committed = [one for one in manifests_of(text, str(unit.manifests)) if _is_object(one)]
        declared = declared_secrets(unit, environment)
    except ImbricateError:
        return [], []
    return committed, declared


def _is_object(manifest: Manifest) -> bool:
    metadata = manifest.get("metadata")
    return isinstance(manifest.get("kind"), str) and isinstance(metadata, dict) and "name" in metadata


def _findings(found: Iterable[Found], lines: tuple[Line, ...]) -> tuple[Finding, ...]:
    """Give what the gate finds; what is not current has `lines`, in which nothing that is secret shows."""
    return tuple(Finding(one.unit, one.text, one.place, lines if one.rule == _STALE else ()) for one in found)
