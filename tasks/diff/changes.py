"""What changes in each unit: the one type that is shown as text, Markdown and JSON, and what it is made from.

before, after: manifests of one unit → without noise → compared (imbricate.difference) → UnitChange
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from imbricate.difference import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbricate.difference.objects import Change, Manifest
    from tasks.diff.noise import Noise
    from tasks.units import Unit

KINDS: tuple[Change, ...] = ("changed", "renamed", "added", "removed")


class UnitChange(NamedTuple):
    """What differs in one unit; `refused` are the objects that a cluster would not take, a line each."""

    unit: Unit
    comparison: Comparison
    refused: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Tell whether there is anything to show."""
        return bool(self.comparison or self.refused)

    @property
    def counts(self) -> dict[str, int]:
        """Give how many objects are changed, added and so on, in a fixed order, none left out."""
        found = Counter(change.kind for change in self.comparison.changes)
        return {kind: found[kind] for kind in KINDS}

    @property
    def summary(self) -> str:
        """Give the counts in words."""
        return counted(self.counts) or ("namespace changed" if self.comparison.namespaces else "nothing changed")


class Report(NamedTuple):
    """All units that were compared: what is before and after in words, the changes, what the user should know."""

    before: str
    after: str
    changes: tuple[UnitChange, ...]
    warnings: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[UnitChange, ...]:
        """Give the units that differ."""
        return tuple(change for change in self.changes if change.differs)

    @property
    def counts(self) -> dict[str, int]:
        """Give the counts of all units."""
        return {kind: sum(change.counts[kind] for change in self.changes) for kind in KINDS}

    @property
    def summary(self) -> str:
        """Give the total in words."""
        total = f"{len(self.changes)} unit{'' if len(self.changes) == 1 else 's'} compared"
        if not self.differing:
            return f"{total}, no differences"
        objects = counted(self.counts)
        differ = f"{len(self.differing)} differ{'s' if len(self.differing) == 1 else ''}"
        return f"{total}, {differ}: {objects}" if objects else f"{total}, {differ}"


def counted(counts: dict[str, int]) -> str:
    """Give counts in words: `2 changed, 1 added`."""
    return ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)


def unit_change(
    unit: Unit, before: Iterable[Manifest], after: Iterable[Manifest], noise: Noise, *, across_namespaces: bool = False
) -> UnitChange:
    """Compare the manifests of one unit, without what the rules leave out."""
    old, new = noise.without(unit, before), noise.without(unit, after)
    return UnitChange(unit, compare(old, new, across_namespaces=across_namespaces))
