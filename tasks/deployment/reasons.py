"""Why a workload is not ready: from its own events, its pods, their containers, their logs.

Each reason names the field of the rendered object that is behind it, as far as that can be told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasks.deployment.errors import Reason
from tasks.deployment.fields import claim, container_path, limited_volume, of_message, reference, started_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.connection import Connection, Manifest
    from tasks.deployment.errors import Path

PULLING = ("ErrImagePull", "ImagePullBackOff")
_CRASHED = "CrashLoopBackOff"
_STARTING = ("PodInitializing", "ContainerCreating")
_LOG_LINES = 5
_TELLING = re.compile(r"error|warn|fail|refused|denied|cannot|could not|no such|no space|timed? ?out", re.IGNORECASE)
_HARMLESS = re.compile(r"""["']?level["']?[:=]\s*["']?(?:debug|info)""", re.IGNORECASE)
_FULL = re.compile(r"no space left|disk quota exceeded|\bENOSPC\b", re.IGNORECASE)
_NO_LOG = "unable to retrieve container logs"  # what the kubelet says of a container that it has removed
_PROBES = {"Readiness": "readinessProbe", "Liveness": "livenessProbe", "Startup": "startupProbe"}
_SHOWN = 300
_SECONDS = 5


def reasons(connection: Connection, manifest: Manifest, live: Manifest) -> Iterator[Reason]:
    """Say what a workload waits for: the quota, the scheduler, an image, a Secret, a probe, a crash with its log."""
    for condition in (live.get("status") or {}).get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield Reason(condition.get("message", ""), of_message(manifest, condition.get("message", "")))
    yield from (Reason(text, of_message(manifest, text)) for text in _warnings(connection, live))
    selector = (live.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels") or {}
    for pod in connection.list("v1", "Pod", live["metadata"]["namespace"]):
        has = pod["metadata"].get("labels") or {}
        if labels and all(has.get(key) == value for key, value in labels.items()):
            yield from _of_pod(connection, manifest, pod)


def _of_pod(connection: Connection, manifest: Manifest, pod: Manifest) -> Iterator[Reason]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message = condition.get("message", "is not scheduled")
            yield Reason(f"{name}: {message}", of_message(manifest, message))
    if status.get("phase") == "Failed" and status.get("reason"):
        message = " ".join(status.get("message", "").split())
        yield Reason(f"{name}: {status['reason']}: {message}", of_message(manifest, message))
    for found in statuses(pod):
        yield from _of_container(connection, manifest, pod, found)


def statuses(pod: Manifest) -> list[dict[str, Any]]:
    """Give the status of each container, those that run first first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _of_container(connection: Connection, manifest: Manifest, pod: Manifest, found: dict[str, Any]) -> Iterator[Reason]:
    where, path = f"{pod['metadata']['name']}/{found['name']}", container_path(manifest, found["name"])
    state = found.get("state") or {}
    waiting = state.get("waiting")
    ended = (found.get("lastState") or {}).get("terminated") or state.get("terminated")
    if waiting and waiting.get("reason") not in _STARTING:
        yield _waiting(manifest, where, waiting, found["image"], path)
    elif waiting:
        yield from (Reason(f"{where}: {text}", claim(manifest, text)) for text in _warnings(connection, pod))
    elif not found.get("ready") and state.get("running") and not ended:
        yield from _of_probe(connection, manifest, pod, found["name"])
    if ended and ended.get("exitCode") and not found.get("ready"):
        yield from _of_end(connection, manifest, pod, found["name"], ended)


def _waiting(manifest: Manifest, where: str, waiting: dict[str, Any], image: str, path: Path) -> Reason:
    """Say why a container does not start; of an image that cannot be pulled, which, and the last cause."""
    reason, message = waiting.get("reason", ""), " ".join(waiting.get("message", "").split())
    if reason in PULLING:
        return Reason(f"{where}: {image} cannot be pulled: {': '.join(message.split(': ')[-2:])}", (*path, "image"))
    known = () if reason == _CRASHED else reference(manifest, path, message)  # why it crashed is told by its end
    return Reason(f"{where}: {reason}: {message}", known)


def _of_probe(connection: Connection, manifest: Manifest, pod: Manifest, container: str) -> Iterator[Reason]:
    """Say what is known of a container that runs and is not ready: its probe, what it answers, what it logs."""
    where, path = f"{pod['metadata']['name']}/{container}", container_path(manifest, container)
    for text in _warnings(connection, pod):
        probe = _PROBES.get(text.partition(" ")[0])
        yield Reason(f"{where}: {text}", (*path, probe) if probe else ())
    answer = _answer(connection, pod, container)
    if answer:
        yield Reason(f"{where}: {answer}")
    lines = last_lines(connection, pod, container, 10 * _LOG_LINES)
    telling = [line for line in lines if _TELLING.search(line) and not _HARMLESS.search(line)]
    yield from (Reason(f"{where} | {line}") for line in telling[-2:])


def _of_end(
    connection: Connection, manifest: Manifest, pod: Manifest, container: str, ended: dict[str, Any]
) -> Iterator[Reason]:
    where, path = f"{pod['metadata']['name']}/{container}", container_path(manifest, container)
    lines = last_lines(connection, pod, container, _LOG_LINES)
    if ended.get("reason") == "OOMKilled":
        cause: Path = (*path, "resources", "limits", "memory")
    elif any(_FULL.search(line) for line in lines):
        cause = limited_volume(manifest, path)
    else:
        cause = started_by(manifest, path)
    yield Reason(f"{where}: ended with status {ended['exitCode']} ({ended.get('reason', '')})", cause)
    yield from (Reason(f"{where} | {line}") for line in lines)


def _answer(connection: Connection, pod: Manifest, container: str) -> str:
    """Ask what the readiness probe asks, and give the answer, which says more than its status."""
    from kubernetes.client import ApiException, CoreV1Api  # noqa: PLC0415 - only where something is wrong

    spec: Manifest = next((one for one in pod["spec"]["containers"] if one["name"] == container), {})
    asked = (spec.get("readinessProbe") or {}).get("httpGet")
    if not asked:
        return ""
    ports = {one.get("name"): one["containerPort"] for one in spec.get("ports") or ()}
    metadata, port, path = pod["metadata"], ports.get(asked["port"], asked["port"]), asked.get("path", "/")
    target = f"{'https:' if asked.get('scheme') == 'HTTPS' else ''}{metadata['name']}:{port}"
    try:
        ask = CoreV1Api(connection.api).connect_get_namespaced_pod_proxy_with_path
        ask(target, metadata["namespace"], path.lstrip("/"), _request_timeout=_SECONDS)
    except ApiException as error:
        text = " ".join(str(error.body or error.reason).split())
        return f"GET :{port}{path} answers {error.status}: {text[:_SHOWN]}"
    except OSError:
        return ""
    return ""


def _warnings(connection: Connection, live: Manifest) -> list[str]:
    """Give the last warning that the cluster has of an object."""
    events = connection.list("v1", "Event", live["metadata"]["namespace"])
    own = [one for one in events if one["involvedObject"].get("uid") == live["metadata"]["uid"]]
    warnings = sorted((one for one in own if one.get("type") == "Warning"), key=_time)
    return [" ".join(str(one.get("message", "")).split()) for one in warnings[-1:]]


def _time(event: Manifest) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def last_lines(connection: Connection, pod: Manifest, container: str, count: int) -> list[str]:
    """Give the end of what a container wrote before it ended, or writes now."""
    from kubernetes.client import ApiException, CoreV1Api  # noqa: PLC0415 - only where something is wrong

    metadata = pod["metadata"]
    for previous in (True, False):
        try:
            text = CoreV1Api(connection.api).read_namespaced_pod_log(
                metadata["name"], metadata["namespace"], container=container, previous=previous, tail_lines=count
            )
        except ApiException:
            continue
        if not str(text).startswith(_NO_LOG):
            return [line for line in str(text).splitlines() if line.strip()]
    return []
