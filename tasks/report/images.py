"""Which version of each image every stage has, and how far it has come.

In: the objects that are in gitops/. Out: a row an image, in which each stage has a step.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.checks.objects import Objects
from tasks.promotion.errors import PromotionError
from tasks.promotion.pins import file_of, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.images.lock import Locked
    from tasks.report.facts import Facts, State

_REFERENCE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[\w.-]{1,128}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")
_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)+)(?=$|[-.+])")
_BUILT = "the last build"
SAME, AHEAD, BEHIND, DIFFERS, ONLY = "same", "ahead", "behind", "differs", "first"


class Version(NamedTuple):
    """What tells one image of a name from another; the digest is empty where only the tag is pinned."""

    tag: str
    digest: str


class Use(NamedTuple):
    """A version of an image in a stage, and the workloads that run it."""

    registry: str
    version: Version
    workloads: tuple[str, ...]


class Step(NamedTuple):
    """A stage of an image: its uses (two where a roll-out is half done), and how it stands to the stage before it."""

    stage: str
    uses: tuple[Use, ...]
    standing: str
    than: str


class Row(NamedTuple):
    """An image of a system; `built` is what images.lock.json has of it."""

    system: str
    name: str
    built: Version | None
    steps: tuple[Step | None, ...]


def rows(facts: Facts, locked: Mapping[str, Locked]) -> list[Row]:
    """Give a row for each image of each system; a step is None where the stage does not have the image."""
    found = []
    for system in facts.systems:
        stages = {stage: _uses(facts.state(stage, system), locked) for stage in facts.environments}
        for name in sorted({name for uses in stages.values() for name in uses}):
            entry = locked.get(name)
            built = Version(entry.tag, entry.digest) if entry else None
            found.append(Row(system, name, built, tuple(_steps(stages, name, built))))
    return found


def _steps(
    stages: Mapping[str, Mapping[str, tuple[Use, ...]]], name: str, built: Version | None
) -> Iterator[Step | None]:
    before = Step("", (Use("", built, ()),), ONLY, "") if built else None
    for stage, uses in stages.items():
        if name not in uses:
            yield None
            continue
        standing = standing_of(uses[name], before.uses, built) if before else ONLY
        before = Step(stage, uses[name], standing, before.stage or _BUILT if before else "")
        yield before


def standing_of(here: tuple[Use, ...], before: tuple[Use, ...], built: Version | None) -> str:
    """Compare a stage with the one before it: by digest, by the version in the tag, by what was built last."""
    ours, theirs = ({use.version for use in uses} for uses in (here, before))
    if ours == theirs:
        return SAME
    if len(ours) > 1 or len(theirs) > 1:
        return DIFFERS
    (one,), (other,) = ours, theirs
    numbers, others = _numbers(one.tag), _numbers(other.tag)
    if numbers and others and numbers != others:
        return AHEAD if numbers > others else BEHIND
    if built in {one, other}:
        return AHEAD if built == one else BEHIND
    return DIFFERS


def _numbers(tag: str) -> tuple[int, ...]:
    found = _NUMBERS.match(tag)
    return tuple(map(int, found[1].split("."))) if found else ()


def _uses(state: State | None, locked: Mapping[str, Locked]) -> dict[str, tuple[Use, ...]]:
    """Give the versions of each image of a unit, by the name that pins or lock have, else by that in the manifests."""
    pinned = _pinned(state)
    found: dict[str, dict[tuple[str, Version], list[str]]] = {}
    for workload, reference in _references(state):
        parts = _REFERENCE.fullmatch(reference)
        if parts is None:
            continue
        ours = (name for name in locked if parts["name"].endswith(f"/{name}"))
        name = pinned.get(parts["name"]) or next(ours, parts["name"])
        registry = parts["name"].removesuffix(name).rstrip("/")
        version = Version(parts["tag"] or "", parts["digest"] or "")
        found.setdefault(name, {}).setdefault((registry, version), []).append(workload)
    return {
        name: tuple(Use(*key, tuple(dict.fromkeys(workloads))) for key, workloads in sorted(versions.items()))
        for name, versions in found.items()
    }


def _pinned(state: State | None) -> dict[str, str]:
    """Give the name of each image that is pinned, by the name that the manifests have for it."""
    file = file_of(state.unit) if state else None
    if file is None or not file.is_file():
        return {}
    try:
        return {pin.new_name or pin.name: pin.name for pin in read(file.read_text(), str(file)).values()}
    except (PromotionError, OSError, UnicodeError):
        return {}  # `doit check` says what is wrong with the file


def _references(state: State | None) -> Iterator[tuple[str, str]]:
    for manifest, _, template, _ in Objects(state.manifests).pods if state else ():
        spec = template.get("spec") or {}
        for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
            if isinstance(container.get("image"), str):
                yield f"{manifest['kind']}/{manifest['metadata']['name']}", container["image"]
