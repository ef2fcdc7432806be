"""From changed files to the units and objects that they reach.

changed files → units whose rendering read one, now or then, with the chain → what differs between then and now
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.difference import Comparison
from tasks.diff.changes import UnitChange, unit_change
from tasks.diff.noise import Noise
from tasks.diff.sides import manifests_of
from tasks.git import changed_since, merge_base
from tasks.impact.builds import at_commit, folders_of, here, untouched
from tasks.impact.chains import chains
from tasks.impact.image_files import images_of, names_image
from tasks.units import ENVIRONMENTS, GITOPS, Unit, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.difference.objects import Manifest
    from tasks.git import Commit
    from tasks.impact.builds import Build, Tree
    from tasks.impact.chains import Chain
    from tasks.memory import Memory

# What renders and checks every unit, where it is part of the repository; as in tasks.fingerprints.engine_digest.
_ENGINE = re.compile(r"imbricate/.*\.py|tasks/[^/]*\.py|constraints\.txt")


class Reason(NamedTuple):
    """A changed file, and what it reaches the unit through, the nearest to the file first."""

    file: str
    through: tuple[str, ...]


class UnitImpact(NamedTuple):
    """A unit that is reached.

    `exists`: it is there now. `note`: why `change` cannot tell all, in which case `declared` are the objects that the
    changed files declare.
    """

    unit: Unit
    reasons: tuple[Reason, ...]
    change: UnitChange
    exists: bool = True
    note: str = ""
    declared: tuple[str, ...] = ()


class Impact(NamedTuple):
    """What the changes since a commit reach; `images` are those that must be built, with their files and units."""

    since: Commit
    files: tuple[str, ...]
    units: tuple[UnitImpact, ...]
    images: tuple[tuple[str, tuple[str, ...], tuple[Unit, ...]], ...]

    @property
    def unreached(self) -> tuple[str, ...]:
        """Give the files that reach nothing."""
        reaching = {reason.file for one in self.units for reason in one.reasons}
        reaching |= {file for _, files, _ in self.images for file in files}
        return tuple(file for file in self.files if file not in reaching)


def impact(since: str, memory: Memory) -> Impact:
    """Find what the changes since a branch was left, or a commit, reach; untracked files count as changed.

    Raises ConfigurationError, ImbricateError or GitError.
    """
    base = merge_base(since)
    files = changed_since(base)
    if not files:
        return Impact(base, (), (), ())
    now = here(units(), memory)
    made = images_of(files)
    with at_commit(base, folders_of(now), untouched(now, files)) as then:
        found = [_unit_impact(unit, files, made, now, then) for unit in dict.fromkeys((*now.builds, *then.builds))]
    reached = tuple(one for one in found if one.reasons)
    users = {name: tuple(unit for unit, build in now.builds.items() if names_image(build.text, name)) for name in made}
    return Impact(base, tuple(files), reached, tuple((name, tuple(made[name]), users[name]) for name in made))


def _unit_impact(unit: Unit, files: list[str], made: dict[str, list[str]], now: Tree, then: Tree) -> UnitImpact:
    new, old = now.builds.get(unit), then.builds.get(unit)
    read = {source for build in (new, old) if build for source in build.sources}
    reasons = [*_by_kustomizations(unit, [file for file in files if file in read], now, then)]
    reasons += [reason for file in files if file not in read and (reason := _otherwise(unit, file))]
    if new is not None:
        names = [name for name in made if names_image(new.text, name)]
        reasons += [Reason(file, (f"image {name}",)) for name in names for file in made[name]]
    if not reasons:
        return UnitImpact(unit, (), UnitChange(unit, Comparison(())))
    if old is not None and old.error:
        note = f"could not be built then: {old.error}"
        nothing = UnitChange(unit, Comparison(()))
        return UnitImpact(unit, tuple(reasons), nothing, new is not None, note, tuple(_declared(reasons)))
    if old is not None and new is not None and old.text == new.text:
        return UnitImpact(unit, tuple(reasons), UnitChange(unit, Comparison(())))
    before, after = (_manifests(build, unit) for build in (old, new))
    return UnitImpact(unit, tuple(reasons), unit_change(unit, before, after, Noise(())), new is not None)


def _manifests(build: Build | None, unit: Unit) -> list[Manifest]:
    return manifests_of(build.text, unit.name) if build else []


def _by_kustomizations(unit: Unit, files: list[str], now: Tree, then: Tree) -> Iterator[Reason]:
    if not files:
        return
    found: dict[str, Chain] = {}
    for tree in (then, now):
        build = tree.builds.get(unit)
        if build is not None and build.sources:
            found |= chains(tree.root, unit, build.sources)
    for file in files:
        yield Reason(file, tuple(str(link) for link in reversed(found[file])) or ("the overlay itself",))


def _otherwise(unit: Unit, file: str) -> Reason | None:
    if file == str(unit.manifests):
        return Reason(file, (f"what is rendered into {GITOPS}/",))
    if file == str(ENVIRONMENTS):
        return Reason(file, ("the environments of all units",))
    if _ENGINE.fullmatch(file):
        return Reason(file, ("what renders and checks all units",))
    return None


def _declared(reasons: list[Reason]) -> Iterator[str]:
    """Give the objects that changed files declare, as far as they can be read."""
    from imbricate import ImbricateError  # noqa: PLC0415 - few renderings cannot be compared
    from imbricate.difference.objects import identity_of  # noqa: PLC0415

    for reason in reasons:
        path = Path(reason.file)
        if path.suffix in {".yaml", ".yml", ".json"} and path.is_file():
            try:
                manifests = manifests_of(path.read_text(), reason.file)
            except (ImbricateError, UnicodeDecodeError):
                continue
            yield from (str(identity_of(one)) for one in manifests if identity_of(one).name)
