"""The units that are watched: rendered when a file that they read has changed, or when they could not be before.

A rendering that fails leaves what was rendered as it is, and is tried again at the next change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate import ImbricateError, compose
from imbricate.write import write_file
from tasks.diff.changes import unit_change
from tasks.diff.noise import Noise
from tasks.diff.sides import manifests_of
from tasks.diff.text import painted, unit_lines
from tasks.strict import refusals
from tasks.watch.snapshot import is_new_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate import Composition
    from tasks.units import Unit
    from tasks.watch.snapshot import Snapshot


class Watched:
    """What is known of the units: which files each read when it was rendered last, and which cannot be rendered."""

    def __init__(self, *, colour: bool) -> None:
        """Take whether changes are shown in colour."""
        self._colour = colour
        self._sources: dict[Unit, frozenset[str]] = {}
        self._failed: set[Unit] = set()

    @property
    def sources(self) -> set[str]:
        """Give all files that any unit reads."""
        return {path for sources in self._sources.values() for path in sources}

    def keep(self, units: Iterable[Unit]) -> None:
        """Forget all units but these."""
        known = set(units)
        self._sources = {unit: sources for unit, sources in self._sources.items() if unit in known}
        self._failed &= known

    def reached(self, units: Iterable[Unit], paths: Iterable[str], before: Snapshot, after: Snapshot) -> list[Unit]:
        """Give the units that are to be rendered: those that are new, failed, or read one of the changed files."""
        changed = set(paths)
        return [unit for unit in units if self._is_reached(unit, changed, before, after)]

    def _is_reached(self, unit: Unit, changed: set[str], before: Snapshot, after: Snapshot) -> bool:
        sources = self._sources.get(unit)
        if sources is None or unit in self._failed or sources & changed:
            return True
        return any(is_new_beside(path, sources, after, before) for path in changed)

    def render(self, unit: Unit) -> Iterator[str]:
        """Render one unit and write it if it is different; give the lines that say what came of it."""
        try:
            composition = compose(unit.overlay)
            self._sources[unit] = frozenset(map(str, composition.sources))
            yield from self._written(unit, composition)
        except (ImbricateError, OSError, UnicodeError) as error:
            self._failed.add(unit)
            yield f"{unit.name}: ERROR: {error}"

    def _written(self, unit: Unit, composition: Composition) -> Iterator[str]:
        refused = refusals(composition)
        if refused:
            self._failed.add(unit)
            yield from (f"{unit.name}: ERROR: {line}" for line in refused)
            return
        before = unit.manifests.read_text() if unit.manifests.is_file() else ""
        was_failing = unit in self._failed
        self._failed.discard(unit)
        if composition.text == before:
            yield f"{unit.name}: renders again, the same as before" if was_failing else f"{unit.name}: the same"
            return
        old, new = (manifests_of(text, unit.name) for text in (before, composition.text))
        change = unit_change(unit, old, new, Noise(()))
        unit.manifests.parent.mkdir(parents=True, exist_ok=True)
        write_file(unit.manifests, composition.text)
        yield from (painted(line, colour=self._colour) for line in unit_lines(change))
