"""Selectors and ports: what an object selects is there, and has the ports that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.nearest import nearest
from tasks.checks.findings import Problem, Related
from tasks.checks.objects import Pod, elements, field, group_of, mapping, name_of, namespace_of, selects
from tasks.checks.registry import unit_rule
from tasks.checks.rules.references import missing
from tasks.checks.services import port_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest, Path
    from tasks.checks.objects import Objects
    from tasks.checks.subject import Subject

_GROUP = "References"
_OWN = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout")
_SELECTING: dict[str, Path] = {
    "PodDisruptionBudget": ("spec", "selector"),
    "PodMonitor": ("spec", "selector"),
    "AuthorizationPolicy": ("spec", "selector"),
    "PeerAuthentication": ("spec", "selector"),
    "RequestAuthentication": ("spec", "selector"),
    "Telemetry": ("spec", "selector"),
}
_ONLY_LABELS: dict[str, Path] = {"Service": ("spec", "selector"), "Sidecar": ("spec", "workloadSelector", "labels")}


@unit_rule("selector", _GROUP, fix="let the labels of the selector be those of the pods")
def selector(subject: Subject) -> Iterator[Problem]:
    """Every selector selects: a workload's its own pods, a Service's, a budget's or a policy's some pods of the unit.

    A Service that selects nothing refuses every connection, and a budget protects nothing; neither says so.
    """
    objects = subject.objects
    for pod in objects.pods:
        if pod.manifest["kind"] in _OWN:
            yield from _own(objects, pod)
        yield from _of_constraints(pod)
    for kind, path in _SELECTING.items():
        for manifest in objects.of_kind(kind):
            found = mapping(manifest, *path)
            if found and not objects.selected(found, namespace_of(manifest)):
                yield _selects_none(objects, manifest, (*path, "matchLabels"), mapping(found, "matchLabels"))
    for kind, path in _ONLY_LABELS.items():
        for manifest in objects.of_kind(kind):
            labels = mapping(manifest, *path)
            if labels and not objects.selected({"matchLabels": labels}, namespace_of(manifest)):
                yield _selects_none(objects, manifest, path, labels)


def _own(objects: Objects, pod: Pod) -> Iterator[Problem]:
    """Find labels on which a workload and its own pods differ; at fault is who stands alone with it."""
    selector_path, labels_path = ("spec", "selector", "matchLabels"), (*pod.path, "metadata", "labels")
    for key, value in mapping(pod.manifest, *selector_path).items():
        has = pod.labels.get(key)
        if has == value:
            continue
        here, there = (*selector_path, key), (*labels_path, key)
        others = [mapping(one, "spec", "selector").get(key) for one in objects.of_kind("Service")]
        if has is None or value in others or has not in others:
            related = Related("what selects them", pod.manifest, here)
            message = f"the pods have {'no label' if has is None else has}, and their own workload selects {value}"
            yield Problem(message, pod.manifest, there, related=(related,))
        else:
            related = Related("the pods' labels", pod.manifest, there)
            yield Problem(f"selects {value}, and its own pods have {has}", pod.manifest, here, related=(related,))


def _of_constraints(pod: Pod) -> Iterator[Problem]:
    """Give the constraints that spread, or keep apart, other pods than the pod's own."""
    for path, one in elements(pod.template, "spec", "topologySpreadConstraints"):
        if not selects(mapping(one, "labelSelector"), pod.labels):
            message = "spreads other pods than its own"
            yield Problem(message, pod.manifest, (*pod.path, *path, "labelSelector", "matchLabels"))


def _selects_none(objects: Objects, manifest: Manifest, path: Path, labels: Manifest) -> Problem:
    """Say which label it is that no pod has, as far as one alone can be told."""
    pods = [pod for pod in objects.all_pods if pod.namespace == namespace_of(manifest)]
    for key, value in labels.items():
        if not any(pod.labels.get(key) == value for pod in pods):
            near = nearest(str(value), [str(pod.labels[key]) for pod in pods if key in pod.labels])
            hint = f"; did you mean {near}?" if near else ""
            message = f"selects no pod: none in {namespace_of(manifest)} has {key}: {value}{hint}"
            return Problem(message, manifest, (*path, key))
    return Problem("selects no pod: none has all these labels", manifest, path)


@unit_rule("port", _GROUP, fix="correct the port, or add it to the container's ports")
def port(subject: Subject) -> Iterator[Problem]:
    """Every port that a probe, a hook or a Service names is one of the container's, or of the pods'.

    A port that nobody listens on is a refused connection, and of a probe a pod that never gets ready.
    """
    for pod in subject.objects.pods:
        for one in pod.containers:
            yield from _of_probes(pod, one.path, one.value)
    for manifest in subject.objects.of_kind("Service"):
        labels = mapping(manifest, "spec", "selector")
        pods = subject.objects.selected({"matchLabels": labels}, namespace_of(manifest)) if labels else []
        for path, one in elements(manifest, "spec", "ports") if pods else ():
            target = one.get("targetPort", one.get("port"))
            if any(target not in pod.ports for pod in pods if pod.manifest["kind"] not in {"Job", "CronJob"}):
                wanting = next(pod for pod in pods if target not in pod.ports)
                yield _no_port(manifest, (*path, "targetPort"), target, wanting)


def _no_port(manifest: Manifest, path: Path, target: object, pod: Pod) -> Problem:
    names = sorted(str(one) for one in pod.ports)
    near = nearest(str(target), names)
    hint = f"; did you mean {near}?" if near else f"; it has {', '.join(names) or 'none'}"
    owner = f"{pod.manifest['kind']}/{name_of(pod.manifest)}"
    related = (Related("its ports", pod.manifest, _ports_path(pod, target)),) if pod.is_template else ()
    return Problem(f"{owner}, which it selects, has no port {target}{hint}", manifest, path, related=related)


def _ports_path(pod: Pod, wanted: object) -> Path:
    """Give the path of the port that is called most like the one that is wanted, that of all if none is."""
    for container in pod.containers:
        for path, one in elements(container.value, "ports"):
            if nearest(str(wanted), [str(one[field]) for field in ("name", "containerPort") if field in one]):
                return (*container.path, *path, "name" if "name" in one else "containerPort")
    found = [one.path for one in pod.containers if one.value.get("ports")] or [pod.at("containers")]
    return (*found[0], "ports")


def _of_probes(pod: Pod, path: Path, container: Manifest) -> Iterator[Problem]:
    ports = {value for _, one in elements(container, "ports") for value in (one.get("name"), one.get("containerPort"))}
    hooks = [("startupProbe",), ("livenessProbe",), ("readinessProbe",), ("lifecycle", "preStop")]
    for hook in (*hooks, ("lifecycle", "postStart")):
        for action in ("httpGet", "tcpSocket", "grpc"):
            wanted = field(container, *hook, action, "port")
            if wanted is not None and wanted not in ports:
                names = [str(one) for one in ports if one is not None]
                near = nearest(str(wanted), names)
                hint = f"; did you mean {near}?" if near else f"; it has {', '.join(sorted(names)) or 'none'}"
                message = f"container {container.get('name')} has no port {wanted}{hint}"
                related = (Related("its ports", pod.manifest, _ports_path(pod, wanted)),)
                yield Problem(message, pod.manifest, (*path, *hook, action, "port"), related=related)


@unit_rule("monitor", _GROUP, fix="let it select what has the port, or give the port that name")
def monitor(subject: Subject) -> Iterator[Problem]:
    """Every ServiceMonitor selects a Service, every PodMonitor pods, with the ports that it scrapes.

    One that does not is no target at all: the metrics are missing, and so is the alert that they are.
    """
    for manifest in subject.objects.of_kind("ServiceMonitor", "PodMonitor"):
        if group_of(manifest) != "monitoring.coreos.com":
            continue
        is_service = manifest["kind"] == "ServiceMonitor"
        part = "endpoints" if is_service else "podMetricsEndpoints"
        scraped = list(_scraped(subject.objects, manifest))
        if not scraped and is_service:
            message = "selects no Service of the unit"
            yield Problem(message, manifest, ("spec", "selector", "matchLabels"))
        for path, endpoint in elements(manifest, "spec", part) if scraped else ():
            for name in ("port", "targetPort", "portNumber"):
                wanted = endpoint.get(name)
                if wanted is not None and not any(wanted in ports for ports in scraped):
                    known = {str(one) for ports in scraped for one in ports}
                    kind = "Service" if is_service else "pod"
                    yield Problem(missing(f"port of a {kind} that it selects,", wanted, known), manifest, (*path, name))


def _scraped(objects: Objects, manifest: Manifest) -> Iterator[set[Any]]:
    """Give the ports, by name and number, of everything that a monitor selects."""
    selector = mapping(manifest, "spec", "selector")
    chosen = mapping(manifest, "spec", "namespaceSelector")
    places = chosen.get("matchNames") or (objects.namespaces if chosen.get("any") else [namespace_of(manifest)])
    for place in places:
        if manifest["kind"] == "PodMonitor":
            yield from (pod.ports for pod in objects.selected(selector, place))
            continue
        for service in objects.of_kind("Service"):
            if namespace_of(service) == place and selects(selector, mapping(service, "metadata", "labels")):
                pods = objects.selected({"matchLabels": mapping(service, "spec", "selector")}, place)
                yield port_names(service) | {port for pod in pods for port in pod.ports}
