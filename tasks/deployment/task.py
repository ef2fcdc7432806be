"""`doit deploy env=dev`, `secrets`, `status`, `logs`, `destroy`."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked, selection
from tasks.deployment.errors import DeploymentError
from tasks.images.errors import ImageError
from tasks.render import renderings
from tasks.units import environments

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.connection import Connection, Manifest
    from tasks.units import Environment, Unit

_SECONDS = 600


def task_deploy() -> dict[str, Any]:
    """Apply what is rendered for an environment to its cluster and wait for ready (env=, system=, timeout=SECONDS)."""
    return {"actions": [(_guarded, [_deploy])], "task_dep": renderings(checked().get("env", "")), "verbosity": 2}


def task_secrets() -> dict[str, Any]:
    """Create the Secrets that a cluster needs, from variables or random; never in git (env=, system=)."""
    return {"actions": [(_guarded, [_secrets])], "verbosity": 2}


def task_status() -> dict[str, Any]:
    """Tell of each workload whether it is ready, and what it waits for (env=, system=)."""
    return {"actions": [(_guarded, [_status])], "verbosity": 2}


def task_logs() -> dict[str, Any]:
    """Show the last log lines of a service (env=, system=, service=, lines=)."""
    return {"actions": [(_guarded, [_logs])], "verbosity": 2}


def task_destroy() -> dict[str, Any]:
    """Delete what was deployed, data included (env=, system=; asks, or yes=1)."""
    return {"actions": [(_guarded, [_destroy])], "verbosity": 2}


def _guarded(action: Callable[[Environment, tuple[Unit, ...]], bool | None]) -> TaskFailed | None:
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - `doit list` needs no client

    from tasks.connection import ApiServerError  # noqa: PLC0415

    try:
        environment, chosen = _chosen()
        if action(environment, chosen) is False:
            return TaskFailed("not all is ready")
    except (ApiServerError, DeploymentError, ImageError) as error:
        return TaskFailed(str(error))
    except HTTPError as error:
        return TaskFailed(f"the cluster stopped to answer: {' '.join(str(error).split())}")
    return None


def _chosen() -> tuple[Environment, tuple[Unit, ...]]:
    """Give the one environment that is meant, the first one unless env= names another, and its units."""
    known = {one.name: one for one in environments()}
    name = checked().get("env", next(iter(known)))
    if name not in known:
        raise DeploymentError(f"env={name}: one environment at a time; known: {', '.join(known)}")
    return known[name], tuple(unit for unit in selection().units if unit.environment == name)


def _deploy(environment: Environment, units: tuple[Unit, ...]) -> None:
    from tasks.deployment.applying import deploy, home_of, rendered  # noqa: PLC0415 - as above
    from tasks.deployment.destination import cluster_of  # noqa: PLC0415
    from tasks.deployment.obstacles import retry_pulls  # noqa: PLC0415
    from tasks.deployment.reaching import ways  # noqa: PLC0415

    connection = cluster_of(environment)
    seconds = _number("timeout", _SECONDS)
    reached: list[tuple[Unit, str]] = []
    for unit in units:
        began = time.monotonic()
        manifests = rendered(unit)
        if environment.is_kind:
            _supply(unit, manifests)
            retry_pulls(connection, home_of(manifests))
        deploy(connection, environment, unit, seconds, partial(_show, unit))
        found = [(unit, line) for line in ways(manifests, home_of(manifests))]
        reached += found
        if found:
            _show(unit, f"ready after {time.monotonic() - began:.0f} s")
    for unit, line in reached:  # last, where people look
        _show(unit, line)


def _supply(unit: Unit, manifests: list[Manifest]) -> None:
    from tasks.deployment.supply import images_of, supply  # noqa: PLC0415 - as above
    from tasks.images.engine import connect  # noqa: PLC0415
    from tasks.stand_ins.plans import stand_ins_for  # noqa: PLC0415

    wanted = images_of(manifests)
    supply(connect(), wanted, stand_ins_for(wanted), partial(_show, unit))


def _secrets(environment: Environment, units: tuple[Unit, ...]) -> None:
    from tasks.deployment.applying import apply_all, apply_secrets, rendered  # noqa: PLC0415 - as above
    from tasks.deployment.destination import cluster_of  # noqa: PLC0415
    from tasks.deployment.waves import foundations  # noqa: PLC0415

    if environment.secrets != "generated":
        raise DeploymentError(
            f"the Secrets of {environment.name} are {environment.secrets} (overlays/environments.yaml): they come from "
            "the store that its ExternalSecrets name, not from here"
        )
    connection = cluster_of(environment)
    for unit in units:
        manifests = rendered(unit)
        apply_all(connection, foundations(manifests), partial(_show, unit))
        apply_secrets(connection, unit.system, manifests, partial(_show, unit))


def _status(environment: Environment, units: tuple[Unit, ...]) -> bool:
    from tasks.deployment.destination import cluster_of  # noqa: PLC0415 - as above

    connection = cluster_of(environment)
    states = [_show_status(connection, unit) for unit in units]  # all are shown, whatever the first one is
    return all(states)


def _show_status(connection: Connection, unit: Unit) -> bool:
    from tasks.deployment.applying import rendered  # noqa: PLC0415 - as above
    from tasks.deployment.readiness import state  # noqa: PLC0415
    from tasks.deployment.reasons import reasons  # noqa: PLC0415
    from tasks.deployment.waiting import workloads  # noqa: PLC0415

    all_ready = True
    for manifest in workloads(rendered(unit)):
        live = connection.get(manifest)
        found = state(live)
        all_ready = all_ready and found.is_ready
        name = f"{manifest['kind']}/{manifest['metadata']['name']}"
        _show(unit, f"{'ready' if found.is_ready else 'waits'}  {name}: {found.text}")
        known = reasons(connection, manifest, live) if live and not found.is_ready else ()
        for text in dict.fromkeys(reason.text for reason in known):
            _show(unit, f"         {text}")
    return all_ready


def _logs(environment: Environment, units: tuple[Unit, ...]) -> None:
    from tasks.deployment.applying import rendered  # noqa: PLC0415 - as above
    from tasks.deployment.destination import cluster_of  # noqa: PLC0415
    from tasks.deployment.logs import logs  # noqa: PLC0415

    connection = cluster_of(environment)
    service = checked().get("service", "")
    for unit in units:
        for line in logs(connection, rendered(unit), service, _number("lines", 100)):
            print(line)


def _destroy(environment: Environment, units: tuple[Unit, ...]) -> None:
    from tasks.deployment import inventory  # noqa: PLC0415 - as above
    from tasks.deployment.applying import home_of, rendered  # noqa: PLC0415
    from tasks.deployment.destination import cluster_of  # noqa: PLC0415

    connection = cluster_of(environment)
    names = ", ".join(unit.system for unit in units)
    if checked().get("yes") != "1" and not _is_sure(f"Delete {names} and all their data from {connection.name}?"):
        raise DeploymentError("nothing was deleted; yes=1 answers beforehand")
    for unit in units:
        home = home_of(rendered(unit))
        gone = inventory.take_out(connection, inventory.read(connection, home, unit.system))
        _show(unit, f"{len(gone)} objects deleted" if gone else "was not deployed")


def _is_sure(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} Type yes: ").strip() == "yes"


def _number(name: str, default: int) -> int:
    value = checked().get(name, str(default))
    if not value.isdecimal():
        raise DeploymentError(f"{name}={value}: expected a number")
    return int(value)


def _show(unit: Unit, line: str) -> None:
    print(f"{unit.system:12} {line}", flush=True)
