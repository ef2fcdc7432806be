"""What differs between neighbouring stages of a system, as `doit diff against=ENV` finds it: masked, without noise."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tasks.diff.changes import UnitChange, unit_change

if TYPE_CHECKING:
    from tasks.report.facts import Facts


class Gap(NamedTuple):
    """Two stages that follow one another, and what differs between them in one system."""

    before: str
    after: str
    change: UnitChange


def gaps(facts: Facts) -> list[Gap]:
    """Compare each unit in gitops/ with that of the nearest earlier stage which has the system."""
    found = []
    for system in facts.systems:
        here = [state for one in facts.environments if (state := facts.state(one, system))]
        for earlier, later in pairwise(here):
            change = unit_change(later.unit, earlier.manifests, later.manifests, facts.noise, across_namespaces=True)
            found.append(Gap(earlier.unit.environment, later.unit.environment, change))
    return found
