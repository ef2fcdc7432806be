"""Pods that stand in the way of what was applied, and are deleted so that others take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.deployment.reasons import PULLING, statuses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.connection import Connection, Manifest

_REVISION = "controller-revision-hash"


def retry_pulls(connection: Connection, namespace: str) -> None:
    """Delete pods that wait for an image: the kubelet would ask for it again only after minutes."""
    for pod in connection.list("v1", "Pod", namespace):
        waiting = ((one.get("state") or {}).get("waiting") or {} for one in statuses(pod))
        if any(one.get("reason") in PULLING for one in waiting):
            connection.delete({"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"]})


def free(connection: Connection, manifest: Manifest, show: Callable[[str], None]) -> None:
    """Delete pods of a StatefulSet that never got ready with an older template than it has now.

    Its controller waits for them for ever:
    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
    """
    live = connection.get(manifest) if manifest["kind"] == "StatefulSet" else None
    newest = ((live or {}).get("status") or {}).get("updateRevision")
    if not live or not newest:
        return
    for pod in connection.list("v1", "Pod", live["metadata"]["namespace"]):
        metadata = pod["metadata"]
        is_own = live["metadata"]["uid"] in [one.get("uid") for one in metadata.get("ownerReferences") or ()]
        is_old = (metadata.get("labels") or {}).get(_REVISION, newest) != newest
        if is_own and is_old and _is_stuck(pod):
            connection.delete({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})
            show(f"Pod/{metadata['name']} deleted: it never got ready, with an older template")


def _is_stuck(pod: Manifest) -> bool:
    """Tell whether a container of a pod that stays does not start."""
    starting = ("ContainerCreating", "PodInitializing")
    states = [(one.get("state") or {}).get("waiting") or {} for one in statuses(pod)]
    return not pod["metadata"].get("deletionTimestamp") and any(
        one.get("reason") and one["reason"] not in starting for one in states
    )
