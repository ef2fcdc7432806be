"""The table of contents of a deployment: namespaces, Secrets, then what is rendered, wave by wave, each waited for."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from imbricate.documents import json_value
from tasks.cluster.knocking import refused
from tasks.connection import ImmutableError
from tasks.deployment import inventory, secrets, services
from tasks.deployment.errors import DeploymentError, NotReadyError
from tasks.deployment.supply import plays
from tasks.deployment.uses import uses
from tasks.deployment.waiting import wait
from tasks.deployment.waves import foundations, waves
from tasks.diff.sides import manifests_of
from tasks.images.engine import connect as connect_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.connection import Connection, Manifest
    from tasks.deployment.errors import Path
    from tasks.units import Environment, Unit

_GONE_SECONDS = 60
_GENERATED = "generated"


def rendered(unit: Unit) -> list[Manifest]:
    """Read what a unit was rendered to. Raises DeploymentError where it was not."""
    try:
        text = unit.manifests.read_text()
    except OSError as error:
        raise DeploymentError(f"{unit.manifests}: {error.strerror}; run doit render env={unit.environment}") from None
    return [json_value(one) for one in manifests_of(text, str(unit.manifests))]


def deploy(
    connection: Connection, environment: Environment, unit: Unit, seconds: float, show: Callable[[str], None]
) -> None:
    """Bring a unit into a cluster and wait until it is ready. Raises DeploymentError."""
    manifests = rendered(unit)
    apply_all(connection, foundations(manifests), show)
    if environment.secrets == _GENERATED:
        apply_secrets(connection, unit.system, manifests, show)
    served = _served(connection, manifests, show)
    if not served:  # what delivers an environment, where nothing does
        return
    home = home_of(manifests)
    before = inventory.read(connection, home, unit.system)
    entries = [inventory.entry(one) for one in served]
    inventory.write(connection, home, unit.system, [*before, *entries])
    try:
        for wave in waves(served):
            apply_all(connection, wave, show)
            wait(connection, wave, seconds, show)
        _check_services(connection, environment, served)
    except NotReadyError as error:
        raise NotReadyError(error.found, _places(unit, environment)) from None
    for gone in inventory.take_out(connection, set(before) - set(entries)):
        show(f"{gone.kind}/{gone.name} taken out: it is rendered no longer")
    inventory.write(connection, home, unit.system, entries)


def _check_services(connection: Connection, environment: Environment, manifests: Sequence[Manifest]) -> None:
    if environment.is_kind:  # elsewhere, its nodes cannot be asked
        client = connect_engine()
        nodes = services.Nodes(partial(refused, client), partial(plays, client))
        services.check(connection, manifests, nodes)


def _places(unit: Unit, environment: Environment) -> Callable[[Manifest, Path], str]:
    from tasks.deployment.places import Places  # noqa: PLC0415 - it builds the unit, and only for what fails

    return Places(unit, environment).place


def apply_secrets(
    connection: Connection, system: str, manifests: Sequence[Manifest], show: Callable[[str], None]
) -> None:
    """Make the Secrets that a system uses; what they hold is shown nowhere."""
    for secret in secrets.manifests(system, uses(manifests), connection, secrets.Store()):
        connection.apply(secret)
        metadata = secret["metadata"]
        keys = len(secret["data"])
        show(f"Secret/{metadata['name']} in {metadata['namespace']}: {keys} key{'' if keys == 1 else 's'}")


def apply_all(connection: Connection, manifests: Sequence[Manifest], show: Callable[[str], None]) -> None:
    """Apply objects; say how many were made, changed, or were as they should be."""
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    for manifest in manifests:
        live = connection.get(manifest)
        applied = _applied(connection, manifest)
        same = live and live["metadata"].get("resourceVersion") == applied["metadata"].get("resourceVersion")
        counts["unchanged" if same else "changed" if live else "created"] += 1
    said = [f"{number} {what}" for what, number in counts.items() if number]
    if said:
        show(f"objects: {', '.join(said)}")


def _applied(connection: Connection, manifest: Manifest) -> Manifest:
    """Apply an object; a Job that has become another one is run anew, as its template cannot be changed."""
    try:
        return connection.apply(manifest)
    except ImmutableError:
        if manifest["kind"] != "Job":
            raise
        connection.delete(manifest)
        _wait_gone(connection, manifest)
        return connection.apply(manifest)


def _wait_gone(connection: Connection, manifest: Manifest) -> None:
    end = time.monotonic() + _GONE_SECONDS
    while connection.get(manifest):
        if time.monotonic() > end:
            name = f"{manifest['kind']}/{manifest['metadata']['name']}"
            raise DeploymentError(f"{name} was deleted, to be made anew, and is still there after {_GONE_SECONDS} s")
        time.sleep(0.5)


def _served(connection: Connection, manifests: Sequence[Manifest], show: Callable[[str], None]) -> list[Manifest]:
    """Leave out objects whose kind the cluster does not know, and say so."""
    unknown = [one for one in manifests if not connection.serves(one)]
    kinds = sorted({(one["kind"], one["apiVersion"]) for one in unknown})
    for kind, version in kinds:
        number = sum(one["kind"] == kind for one in unknown)
        show(f"left out: {number} {kind}: the cluster does not serve {version}")
    return [one for one in manifests if one not in unknown]


def home_of(manifests: Sequence[Manifest]) -> str:
    """Give the namespace that a system's inventory is kept in: the first one that it has objects in."""
    names = [one["metadata"].get("namespace") for one in manifests]
    return next((name for name in names if name), "default")
