"""What the page is about, gathered once: each unit as it is in gitops/, what `doit check` says of it, its seconds.

Nothing is written. What is wrong with a unit becomes a finding, so that the page can be made when it is needed most.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate import ImbricateError, compose
from imbricate.difference import Masked, masked
from tasks import check
from tasks.diff.changes import unit_change
from tasks.diff.noise import Noise, read_noise
from tasks.diff.sides import manifests_of, on_disk
from tasks.diff.text import unit_lines
from tasks.report.places import Place, place_of
from tasks.units import Environment, Unit, environments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition
    from tasks.arguments import Selection
    from tasks.diff.lines import Line

Manifest = dict[str, Any]
CURRENT, STALE, MISSING, BROKEN = "current", "not current", "not rendered", "does not build"
MISSHAPEN = (KeyError, TypeError, AttributeError)  # what an object raises that lacks what all of its kind have
NO_NOISE = Noise(())
_SHORTEST_SECRET = 3


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


def gather(chosen: Selection) -> Facts:
    """Look at every chosen unit. Raises ConfigurationError, and OSError for what cannot be read."""
    known = {one.name: one for one in environments()}
    texts, noise = on_disk(chosen), read_noise()
    states = {unit: _state(unit, known[unit.environment], texts.get(unit)) for unit in chosen.units}
    leftovers = tuple(Finding("", text, place_of(text, ())) for text in check._leftovers(chosen))  # noqa: SLF001
    here = tuple(one for one in known if any(unit.environment == one for unit in chosen.units))
    return Facts(here, tuple(sorted({unit.system for unit in chosen.units})), states, leftovers, noise)


def _state(unit: Unit, environment: Environment, text: str | None) -> State:
    committed, declared = _read(unit, environment, text or "")
    started = time.perf_counter()
    try:
        composition = compose(unit.overlay)
        rendered = composition.text
    except ImbricateError:
        return State(unit, BROKEN, committed, tuple(_findings(unit, environment, None, ())), None, declared)
    seconds = time.perf_counter() - started
    status = MISSING if text is None else CURRENT if text == rendered else STALE
    change = unit_change(unit, committed, manifests_of(rendered, unit.name), NO_NOISE) if status == STALE else None
    lines = tuple(unit_lines(change))[1:] if change else ()
    findings = tuple(_findings(unit, environment, composition, lines))
    return State(unit, status, committed, findings, seconds, declared)


def _read(unit: Unit, environment: Environment, text: str) -> tuple[list[Manifest], list[Manifest]]:
    """Give the objects in gitops/ and the declared Secrets; of what cannot be read, the check of the unit tells."""
    try:
        committed = [one for one in manifests_of(text, str(unit.manifests)) if _is_object(one)]
        declared = check._declared_secrets(unit) if environment.secrets == "generated" else []  # noqa: SLF001
    except ImbricateError:
        return [], []
    return committed, declared


def _is_object(manifest: Manifest) -> bool:
    metadata = manifest.get("metadata")
    return isinstance(manifest.get("kind"), str) and isinstance(metadata, dict) and "name" in metadata


def _findings(
    unit: Unit, environment: Environment, composition: Composition | None, lines: tuple[Line, ...]
) -> Iterator[Finding]:
    """Give what `doit check` finds; the fields that are not current are replaced by `lines`, in which nothing shows."""
    resources = list(composition.resources) if composition else []
    secrets = _secrets_in([resource.manifest for resource in resources])
    try:
        for text in check._findings(unit, environment):  # noqa: SLF001
            if not text.startswith(" "):
                shown = lines if text.startswith(f"{unit.manifests} is not") else ()
                yield Finding(unit.name, secrets.sub("(masked)", text), place_of(text, resources), shown)
    except MISSHAPEN as error:
        text = f"cannot be checked: an object is not as Kubernetes has it ({type(error).__name__}: {error})"
        yield Finding(unit.name, secrets.sub("(masked)", text), Place(str(unit.overlay)))


def _secrets_in(manifests: list[Manifest]) -> re.Pattern[str]:
    """Give a pattern of the secret values in manifests: a schema's complaint shows the value that does not fit."""
    found = {value for one in manifests for value in _secret_values(one, masked(one))}
    parts = sorted({" ".join(value.split()) for value in found}, key=lambda part: (-len(part), part))
    long = [re.escape(part) for part in parts if len(part) >= _SHORTEST_SECRET]
    return re.compile(rf"(?<!\w)(?:{'|'.join(long)})(?!\w)" if long else r"(?!)")


def _secret_values(plain: Any, shown: Any) -> Iterator[str]:
    """Give the scalars that are masked."""
    if isinstance(shown, Masked):
        yield str(plain)
    elif isinstance(plain, dict):
        for key, value in plain.items():
            yield from _secret_values(value, shown[key])
    elif isinstance(plain, list):
        for one, other in zip(plain, shown, strict=True):
            yield from _secret_values(one, other)
