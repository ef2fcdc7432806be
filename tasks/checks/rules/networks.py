"""Networks: policies admit every declared dependency and no other. tasks/networks makes and evaluates them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.findings import Place, Problem
from tasks.checks.registry import REPOSITORY, rule, unit_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.subject import Repository, Subject
    from tasks.networks.findings import Finding

_GROUP = "Networks"


@unit_rule("networks", _GROUP, fix="correct dependencies.yaml, then run doit networks and doit render")
def networks(subject: Subject) -> Iterator[Problem]:
    """The NetworkPolicies admit every dependency that dependencies.yaml declares, from both ends, and nothing else.

    They are evaluated, as Kubernetes documents them, for every pair of pods and every port: a policy that blocks the
    database is found, and so is one that lets a stranger in, and a workload that nothing is declared for.
    """
    from tasks.checks.subject import declared_secrets  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.networks.unit import findings_of  # noqa: PLC0415

    for found in findings_of(subject.unit, subject.manifests, declared_secrets(subject.unit, subject.environment)):
        yield _problem(found)


def _folders(repository: Repository) -> list[str] | None:
    """Give the folders that units are built on, each with that of its policies."""
    if any(subject.folders is None for subject in repository.subjects):
        return None
    from tasks.networks.files import FOLDER  # noqa: PLC0415 - `doit list` needs none of it

    found = {folder for subject in repository.subjects for folder in subject.folders or ()}
    return [one for folder in found for one in (folder, f"{folder}/{FOLDER}")]


@rule(
    "networks-generated",
    _GROUP,
    fix="edit that, run doit networks, then doit render",
    scope=REPOSITORY,
    reads=_folders,
)
def networks_generated(repository: Repository) -> Iterator[Problem]:
    """The policies in networks/ are what `doit networks` makes of dependencies.yaml.

    Somebody edited them, or changed what is declared.
    """
    from tasks.networks.unit import stale_files  # noqa: PLC0415 - `doit list` needs none of it

    for found in stale_files(subject.unit for subject in repository.subjects):
        yield _problem(found)


def _problem(found: Finding) -> Problem:
    place = Place(found.file, found.line) if found.file else None
    return Problem(found.message, found.manifest, found.path, place, found.fix)
