"""What is committed is what the overlays say, and every entry of them has an effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.checks.findings import Place, Problem
from tasks.checks.registry import REPOSITORY, rule, unit_rule
from tasks.checks.texts import line_of_field, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.subject import Repository, Subject

_GROUP = "Rendering"
_MOST = 20


@unit_rule("build", _GROUP, fix="correct what the message names", waivable=False)
def build(subject: Subject) -> Iterator[Problem]:
    """Every overlay builds, and so do the declarations of its Secrets.

    Of a unit that does not, nothing else can be said.
    """
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine

    try:
        _ = subject.objects
    except ImbricateError as error:
        place = place_of(str(error)) or Place(str(subject.unit.overlay))
        yield Problem(re.sub(rf"^{re.escape(place.file)}(:\d+)*: ", "", str(error)), place=place)


@rule("rendered", _GROUP, fix="run doit render", waivable=False, reads=lambda subject: [str(subject.unit.manifests)])
def rendered(subject: Subject) -> Iterator[Problem]:
    """What is in gitops/ is what the overlay renders, to the byte.

    Somebody edited it, or changed a source without `doit render`.
    """
    from tasks.checks.stale import differences  # noqa: PLC0415 - only when something differs

    file = subject.unit.manifests
    if not file.is_file():
        yield Problem("is missing", place=Place(str(file)))
        return
    text = subject.text
    if file.read_text() == text:
        return
    found = differences(file.read_text(), text)
    more = len(found) - _MOST
    lines = (*found[:_MOST], *([f"and {more} more; see doit diff"] if more > 0 else ()))
    count = f"{len(found)} difference{'' if len(found) == 1 else 's'}"
    yield Problem(f"is not what the overlay renders ({count})", place=Place(str(file)), details=lines)


@rule("leftover", _GROUP, fix="run doit render", scope=REPOSITORY, waivable=False)
def leftover(repository: Repository) -> Iterator[Problem]:
    """Every file that was rendered has an overlay.

    One that has none is still applied to the cluster.
    """
    from tasks.ledger import OwnershipError, owned  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.units import unit_of, units  # noqa: PLC0415

    try:
        known = owned()
    except OwnershipError as error:
        yield Problem(str(error), place=Place("gitops/rendered.json"))
        return
    for path in sorted(known.keys() - {str(unit.manifests) for unit in units()}):
        if repository.chosen.covers(unit_of(path)):
            yield Problem("no overlay stands behind it", place=Place(path))


@unit_rule("no-effect", _GROUP, fix="remove it, or correct what it names", waivable=False)
def no_effect(subject: Subject) -> Iterator[Problem]:
    """Every patch, image, replica count and replacement of an overlay matches something.

    kustomize is silent about one that does not; most are typing errors.
    """
    for file, entry in subject.composition.unmatched:
        yield Problem(f"{entry} matches nothing", place=Place(file, line_of_field(file, entry)))
