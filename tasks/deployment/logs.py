"""The last lines that the pods of a service wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.nearest import nearest
from tasks.deployment.errors import DeploymentError
from tasks.deployment.waiting import workloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.connection import Connection, Manifest


def logs(connection: Connection, manifests: Sequence[Manifest], service: str, lines: int) -> Iterator[str]:
    """Give lines of a service's containers, or of all services. Raises DeploymentError for an unknown one."""
    known = {one["metadata"]["name"]: one for one in workloads(manifests)}
    if service and service not in known:
        near = nearest(service, tuple(known))
        hint = f"did you mean {near}? " if near else ""
        raise DeploymentError(f"service={service}: no workload has this name; {hint}known: {', '.join(known)}")
    for manifest in [known[service]] if service else known.values():
        yield from _of_workload(connection, manifest, lines)


def _of_workload(connection: Connection, manifest: Manifest, lines: int) -> Iterator[str]:
    labels = manifest["spec"]["template"]["metadata"].get("labels") or {}
    for pod in connection.list("v1", "Pod", manifest["metadata"]["namespace"]):
        has = pod["metadata"].get("labels") or {}
        if all(has.get(key) == value for key, value in labels.items()):
            yield from _of_pod(connection, pod, lines)


def _of_pod(connection: Connection, pod: Manifest, lines: int) -> Iterator[str]:
    from kubernetes.client import ApiException, CoreV1Api  # noqa: PLC0415 - `doit list` needs no client

    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    for container in pod["spec"]["containers"]:
        try:
            text = CoreV1Api(connection.api).read_namespaced_pod_log(
                name, namespace, container=container["name"], tail_lines=lines
            )
        except ApiException as error:
            yield f"{name}/{container['name']} | (no log: {error.reason})"
            continue
        yield from (f"{name}/{container['name']} | {line}" for line in str(text).splitlines())
