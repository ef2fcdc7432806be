"""Disturbances of a deployed system, and what it has to be like afterwards."""

from __future__ import annotations

import copy
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tasks.deployment.applying import apply_all
from tasks.deployment.errors import DeploymentError
from tasks.deployment.waiting import wait
from tasks.images.engine import connect
from tests.e2e.system import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.connection import Manifest
    from tests.e2e.limits import Limit
    from tests.e2e.system import System


def manifest(system: System, kind: str, name: str) -> Manifest:
    """Give an object as it is rendered, to be changed at will."""
    found = (one for one in system.manifests if one["kind"] == kind and one["metadata"]["name"] == name)
    return copy.deepcopy(next(found))


def is_ready(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def ready_pods(system: System, label: str) -> list[Manifest]:
    return [one for one in system.pods(label) if is_ready(one)]


def containers(pod: Manifest) -> Iterable[Manifest]:
    return (pod.get("status") or {}).get("containerStatuses") or ()


def restarts(pod: Manifest) -> int:
    return sum(one["restartCount"] for one in containers(pod))


def heals(system: System, label: str, limit: Limit, replaced: Limit | None = None) -> None:
    """Kill one of the pods with a label, and wait until there are as many ready ones again, one of them new.

    `replaced`: within which the new one has to be there, ready or not.
    """
    before = {one["metadata"]["uid"] for one in system.pods(label)}
    began = time.monotonic()
    system.kill(system.pods(label)[0])

    def is_back() -> bool:
        now = {one["metadata"]["uid"] for one in ready_pods(system, label)}
        return len(now) >= len(before) and bool(now - before)

    name = label.partition("=")[2]
    if replaced:
        eventually(
            lambda: {one["metadata"]["uid"] for one in system.pods(label)} - before, replaced.seconds, "a new pod"
        )
        replaced.holds(f"{name}: a new pod after one was killed", time.monotonic() - began)
    eventually(is_back, limit.seconds, f"a new pod {label} that is ready")
    limit.holds(f"{name}: ready again after it was killed", time.monotonic() - began)


def freeze(pod: Manifest) -> None:
    """Stop the processes of a pod's first container where they are: they answer nothing, and do not end."""
    identifier = next(iter(containers(pod)))["containerID"].partition("://")[2]
    node = connect().containers.get(pod["spec"]["nodeName"])
    code, output = node.exec_run(["ctr", "-n", "k8s.io", "task", "pause", identifier])
    assert code == 0, output


def with_bad_image(system: System, kind: str, name: str) -> Manifest:
    """Give a workload with an image that is nowhere."""
    changed = manifest(system, kind, name)
    container = changed["spec"]["template"]["spec"]["containers"][0]
    container["image"] = container["image"].partition("@")[0].rpartition(":")[0] + ":no-such-tag"
    return changed


def fails_to_roll_out(system: System, changed: Manifest, seconds: float = 30) -> str:
    """Apply a workload that cannot become ready, as a deployment does; give what it says of it."""
    apply_all(system.connection, [changed], print)
    with pytest.raises(DeploymentError) as failure:
        wait(system.connection, [changed], seconds, print)
    return str(failure.value)


def restore(system: System, kind: str, name: str, seconds: float = 180) -> None:
    """Apply an object as it is rendered, and wait for it."""
    apply_all(system.connection, [manifest(system, kind, name)], print)
    wait(system.connection, [manifest(system, kind, name)], seconds, print)


def run_job(system: System, job: Manifest, name: str, **spec: Any) -> Manifest:
    """Start a Job of another name; give what was applied."""
    made = copy.deepcopy(job)
    made["metadata"] = {"name": name, "namespace": system.namespace, "labels": made["metadata"].get("labels", {})}
    made["spec"] = {key: value for key, value in made["spec"].items() if key != "ttlSecondsAfterFinished"} | spec
    apply_all(system.connection, [made], print)
    return made


def may(system: System, account: str, verb: str, resource: str) -> bool:
    """Tell whether a service account may do something in its namespace."""
    who = f"--as=system:serviceaccount:{system.namespace}:{account}"
    try:
        return system.kubectl("auth", "can-i", verb, resource, who).strip() == "yes"
    except subprocess.CalledProcessError:  # kubectl says no by its status
        return False


def log(system: System, *words: str) -> str:
    """Give what `kubectl logs` gives; nothing of what has not started yet."""
    try:
        return system.kubectl("logs", *words)
    except subprocess.CalledProcessError:
        return ""
