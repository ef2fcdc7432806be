"""Waiting until workloads are ready, with a line whenever something changed, and all that is known at the end."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tasks.deployment.errors import NotReadyError, Unready
from tasks.deployment.obstacles import free
from tasks.deployment.readiness import WORKLOADS, state
from tasks.deployment.reasons import reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.connection import Connection, Manifest
    from tasks.deployment.readiness import State

_PAUSE = 1.0
_DIGITS = re.compile(r"\d+")
_PATIENCE = 15.0  # seconds until it is said why somebody still waits
_WAITED_FOR = tuple(kind for kind in WORKLOADS if kind != "PersistentVolumeClaim")


def workloads(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Give those objects that become ready."""
    return [one for one in manifests if one["kind"] in _WAITED_FOR]


def wait(connection: Connection, manifests: Sequence[Manifest], seconds: float, show: Callable[[str], None]) -> None:
    """Wait for workloads. Raises NotReadyError that says of each which is not ready what it waits for."""
    began = time.monotonic()
    pending, shown, explained = workloads(manifests), dict[str, str](), set[str]()
    earlier = {_name(one): state(connection.get(one)) for one in pending}  # what failed before may well recover
    while pending:
        states = {_name(one): state(connection.get(one)) for one in pending}
        for name, found in states.items():
            _report(name, found, shown, began, show)
        pending = [one for one in pending if not states[_name(one)].is_ready]
        failed = [one for one in pending if states[_name(one)].is_failed and states[_name(one)] != earlier[_name(one)]]
        waited = time.monotonic() - began
        if failed or (pending and waited > seconds):
            raise NotReadyError([_unready(connection, one, states[_name(one)], waited) for one in failed or pending])
        if waited > _PATIENCE:
            _explain(connection, pending, explained, show)
        for one in pending:
            free(connection, one, show)
        if pending:
            time.sleep(_PAUSE)


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _report(name: str, found: State, shown: dict[str, str], began: float, show: Callable[[str], None]) -> None:
    if shown.get(name) != found.text:
        shown[name] = found.text
        mark = "ready" if found.is_ready else "waits"
        show(f"{time.monotonic() - began:6.1f} s  {mark}  {name}: {found.text}")


def _explain(connection: Connection, pending: Sequence[Manifest], known: set[str], show: Callable[[str], None]) -> None:
    for manifest in pending:
        live = connection.get(manifest)
        for reason in reasons(connection, manifest, live) if live else ():
            without_times = _DIGITS.sub("", reason.text)
            if without_times not in known:
                known.add(without_times)
                show(f"          {reason.text}")


def _unready(connection: Connection, manifest: Manifest, found: State, waited: float) -> Unready:
    live = connection.get(manifest)
    head = f"{_name(manifest)} is not ready after {waited:.0f} s: {found.text}"
    return Unready(head, manifest, tuple(reasons(connection, manifest, live)) if live else ())
