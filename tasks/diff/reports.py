"""Which two sides are compared: what the overlays render, and what is in gitops/, at a commit, elsewhere or live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.difference.objects import identity_of
from tasks.connection import connect
from tasks.diff.changes import Report, UnitChange, unit_change
from tasks.diff.live import sides, without_books
from tasks.diff.noise import read_noise
from tasks.diff.ownership import is_a_controllers
from tasks.diff.sides import Texts, at_commit, in_environment, manifests_of, on_disk, rendered_now
from tasks.git import commit
from tasks.units import ConfigurationError, environments, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imbricate.difference import Comparison, Identity
    from imbricate.difference.objects import Manifest
    from tasks.arguments import Selection
    from tasks.diff.live import Sides
    from tasks.diff.noise import Noise
    from tasks.units import Environment, Unit

LIVE = "live"
_RENDER = "what the overlays render"


class Before(NamedTuple):
    """What is compared with: its name, its texts, and whether its namespaces may be called differently."""

    label: str
    texts: Texts
    across_namespaces: bool = False


def against(other: str, chosen: Selection) -> Report:
    """Compare what the overlays render with `live`, an environment, gitops/ at a git ref, or gitops/ as it is.

    Raises ConfigurationError, ImbricateError, GitError or ApiServerError.
    """
    if other == LIVE:
        return _against_live(chosen)
    noise = read_noise()
    before = _before(other, chosen)
    changes = tuple(_changes(before, rendered_now(chosen.units), noise))
    return Report(before.label, _RENDER, changes, tuple(noise.warnings(chosen)))


def _before(other: str, chosen: Selection) -> Before:
    if not other:
        return Before("gitops/", on_disk(chosen))
    if other in {one.name for one in environments()}:
        return Before(f"environment {other}", in_environment(other, chosen, units()), across_namespaces=True)
    at = commit(other)
    return Before(f"gitops/ at {at}", at_commit(at, chosen))


def _changes(before: Before, after: Texts, noise: Noise) -> Iterator[UnitChange]:
    gone = [unit for unit in before.texts if unit not in after]
    for unit in (*after, *gone):
        texts = [before.texts.get(unit, ""), after.get(unit, "")]
        if not noise.rules and texts[0] == texts[1]:
            texts = ["", ""]  # to read what is equal takes longer than all else
        old, new = (manifests_of(text, place) for text, place in zip(texts, (before.label, unit.name), strict=True))
        yield unit_change(unit, old, new, noise, across_namespaces=before.across_namespaces)


def _against_live(chosen: Selection) -> Report:
    """Compare live objects with what applying the render of now would leave of them."""
    noise = read_noise()
    changes, clusters = [], []
    for cluster, unit, found in _asked(chosen, rendered_now(chosen.units), on_disk(chosen)):
        old, new = (list(map(without_books, side)) for side in (found.live, found.applied))
        changes.append(unit_change(unit, old, new, noise)._replace(refused=found.refused))
        clusters.append(cluster)
    return Report(_named(clusters), _RENDER, tuple(changes), tuple(noise.warnings(chosen)))


def drift(chosen: Selection) -> Report:
    """Compare what applying gitops/ would leave of live objects with these; what controllers own is left out.

    Raises ConfigurationError, ImbricateError or ApiServerError.
    """
    noise = read_noise()
    changes, clusters = [], []
    for cluster, unit, found in _asked(chosen, on_disk(chosen), {}):
        old, new = (list(map(without_books, side)) for side in (found.applied, found.live))
        change = unit_change(unit, old, new, noise)
        kept = _not_of_controllers(change.comparison, {identity_of(one): one for one in found.live})
        changes.append(UnitChange(unit, kept, found.refused))
        clusters.append(cluster)
    return Report("gitops/", _named(clusters), tuple(changes), tuple(noise.warnings(chosen)))


def _not_of_controllers(comparison: Comparison, live: Mapping[Identity, Manifest]) -> Comparison:
    changes = []
    for change in comparison.changes:
        owned = live.get(change.identity, {})
        edits = tuple(edit for edit in change.edits if not is_a_controllers(owned, edit.path))
        if edits or change.kind != "changed":
            changes.append(change._replace(edits=edits))
    return comparison._replace(changes=tuple(changes))


def _asked(chosen: Selection, rendered: Texts, earlier: Texts) -> Iterator[tuple[str, Unit, Sides]]:
    """Ask the clusters of the chosen environments for each unit; give the cluster's name with what it said."""
    for environment in meant_by(chosen):
        connection = connect(environment.context, _kubeconfig(environment))
        for unit in (one for one in chosen.units if one.environment == environment.name):
            now, before = (manifests_of(texts.get(unit, ""), unit.name) for texts in (rendered, earlier))
            yield connection.name, unit, sides(connection, environment.manager, now, before)


def _named(clusters: list[str]) -> str:
    return f"cluster {', '.join(dict.fromkeys(clusters))}"


def meant_by(chosen: Selection) -> list[Environment]:
    """Give the chosen environments. Raises ConfigurationError when it is not known which cluster is which."""
    found = [one for one in environments() if one.name in chosen.environments]
    unknown = next((one.name for one in found if not one.context and not _kubeconfig(one)), None)
    if unknown and len(found) > 1:
        raise ConfigurationError(
            f"which cluster is that of {unknown}? Choose one environment (env={unknown}), which is compared with the "
            f"kubeconfig's current context, or give it a context in overlays/environments.yaml"
        )
    return found


def _kubeconfig(environment: Environment) -> str | None:
    """Give the kubeconfig of the kind cluster, if the environment is there and it is up; else the user's own counts."""
    from tasks.cluster.kind import KUBECONFIG  # noqa: PLC0415 - only where a cluster is asked

    is_there = environment.is_kind and not environment.context and Path(KUBECONFIG).is_file()
    return str(KUBECONFIG) if is_there else None
