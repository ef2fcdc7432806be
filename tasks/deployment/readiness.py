"""Whether a workload is ready, from its own status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tasks.connection import Manifest

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim")


class State(NamedTuple):
    """How far a workload is: `text` for people; `is_failed` where waiting on makes no sense."""

    is_ready: bool
    text: str
    is_failed: bool = False


def state(live: Manifest | None) -> State:
    """Judge a live object by its own status, as `kubectl rollout status` does."""
    if live is None:
        return State(is_ready=False, text="is not there")
    judge = {"Deployment": _deployment, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set, "Job": _job}
    status = live.get("status") or {}
    if live["kind"] != "Job" and status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return State(is_ready=False, text="is not looked at yet")
    return judge[live["kind"]](live.get("spec") or {}, status)


def _deployment(spec: dict[str, Any], status: dict[str, Any]) -> State:
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    progress = conditions.get("Progressing", {})
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return State(is_ready=False, text=progress.get("message", "makes no progress"), is_failed=True)
    wanted = spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0
    old = (status.get("replicas") or 0) - updated
    text = f"{available} of {wanted} available{f', {old} old' if old > 0 else ''}"
    return State(updated >= wanted and available >= wanted and old == 0, text)


def _stateful_set(spec: dict[str, Any], status: dict[str, Any]) -> State:
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas") or 0
    is_current = status.get("updateRevision") in {None, status.get("currentRevision")}
    updated = wanted if is_current else status.get("updatedReplicas") or 0
    return State(ready >= wanted and updated >= wanted, f"{ready} of {wanted} ready")


def _daemon_set(spec: dict[str, Any], status: dict[str, Any]) -> State:  # noqa: ARG001 - one signature for all
    wanted, ready = status.get("desiredNumberScheduled") or 0, status.get("numberReady") or 0
    return State(
        ready >= wanted and (status.get("updatedNumberScheduled") or 0) >= wanted, f"{ready} of {wanted} ready"
    )


def _job(spec: dict[str, Any], status: dict[str, Any]) -> State:
    for condition in status.get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            return State(is_ready=False, text=condition.get("message", "failed"), is_failed=True)
    done = status.get("succeeded") or 0
    return State(done >= spec.get("completions", 1), f"{done} of {spec.get('completions', 1)} done")
