"""Whether a workload is ready and, where it is not, what it waits for: from its status, its pods, their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.deployment.connection import Connection, Manifest

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim")
_PULLING = ("ErrImagePull", "ImagePullBackOff")
_LOG_LINES = 5


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
    return State(updated >= wanted and available >= wanted and old == 0, f"{available} of {wanted} available")


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


def retry_pulls(connection: Connection, namespace: str) -> None:
    """Delete pods that wait for an image: the kubelet would ask for it again only after minutes."""
    for pod in connection.list("v1", "Pod", namespace):
        status = pod.get("status") or {}
        found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        waiting = ((one.get("state") or {}).get("waiting") or {} for one in found)
        if any(one.get("reason") in _PULLING for one in waiting):
            connection.delete({"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"]})


def reasons(connection: Connection, live: Manifest) -> Iterator[str]:
    """Say what the pods of a workload wait for: the scheduler, an image, a crash with its last log lines."""
    namespace = live["metadata"]["namespace"]
    selector = (live.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels") or {}
    for pod in connection.list("v1", "Pod", namespace):
        has = pod["metadata"].get("labels") or {}
        if labels and all(has.get(key) == value for key, value in labels.items()):
            yield from _of_pod(connection, pod)


def _of_pod(connection: Connection, pod: Manifest) -> Iterator[str]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{name}: {condition.get('message', 'is not scheduled')}"
    found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in found:
        yield from _of_container(connection, pod, container)


def _of_container(connection: Connection, pod: Manifest, container: dict[str, Any]) -> Iterator[str]:
    where = f"{pod['metadata']['name']}/{container['name']}"
    waiting = (container.get("state") or {}).get("waiting")
    ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated")
    if waiting and waiting.get("reason") not in {"PodInitializing", "ContainerCreating"}:
        yield f"{where}: {_waiting(waiting, container['image'])}"
    elif waiting or (not container.get("ready") and (container.get("state") or {}).get("running")):
        yield from (f"{where}: {message}" for message in _warnings(connection, pod))
    if ended and ended.get("exitCode"):
        yield f"{where}: ended with status {ended['exitCode']} ({ended.get('reason', '')})"
        yield from (f"{where} | {line}" for line in last_lines(connection, pod, container["name"]))


def _waiting(waiting: dict[str, Any], image: str) -> str:
    """Say why a container does not start; of an image that cannot be pulled, which, and the last cause."""
    reason, message = waiting.get("reason", ""), " ".join(waiting.get("message", "").split())
    if reason in _PULLING:
        return f"{image} cannot be pulled: {': '.join(message.split(': ')[-2:])}"
    return f"{reason}: {message}"


def _warnings(connection: Connection, pod: Manifest) -> list[str]:
    """Give the last warning that the cluster has of a pod."""
    events = connection.list("v1", "Event", pod["metadata"]["namespace"])
    own = [one for one in events if one["involvedObject"].get("uid") == pod["metadata"]["uid"]]
    warnings = [one for one in own if one.get("type") == "Warning"]
    return [" ".join(str(one.get("message", "")).split()) for one in warnings[-1:]]


def last_lines(connection: Connection, pod: Manifest, container: str) -> list[str]:
    """Give the end of what a container wrote before it ended, or writes now."""
    from kubernetes.client import ApiException, CoreV1Api  # noqa: PLC0415 - only where something is wrong

    metadata = pod["metadata"]
    for previous in (True, False):
        try:
            text = CoreV1Api(connection.api).read_namespaced_pod_log(
                metadata["name"], metadata["namespace"], container=container, previous=previous, tail_lines=_LOG_LINES
            )
        except ApiException:
            continue
        return [line for line in str(text).splitlines() if line.strip()]
    return []
