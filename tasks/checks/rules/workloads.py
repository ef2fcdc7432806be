"""What keeps a workload running: resources that fit, probes, replicas that may go one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.findings import Problem, Related
from tasks.checks.objects import SHORT_LIVED, Pod, elements, field, mapping, name_of, namespace_of, selects
from tasks.checks.quantities import quantity
from tasks.checks.registry import unit_rule
from tasks.checks.scale import autoscalers_of, demanded, scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest
    from tasks.checks.objects import Container
    from tasks.checks.subject import Subject

_GROUP = "Workloads"
_NEEDED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
_REPLICATED = frozenset({"Deployment", "StatefulSet", "Rollout"})


@unit_rule("resources", _GROUP, fix="measure what it uses, and say so under resources")
def resources(subject: Subject) -> Iterator[Problem]:
    """Every container requests CPU and memory and has a limit of memory; no request is over its limit.

    The scheduler plans with requests, and the limit keeps a leak from taking the node along. A limit of CPU is left to
    the owner: it slows a service down when the node is idle, too.
    """
    for pod in subject.objects.pods:
        for one in pod.containers:
            for part, what in _NEEDED:
                if quantity(field(one.value, "resources", part, what)) is None:
                    message = f"container {one.name} has no {part[:-1]} of {what}"
                    yield Problem(message, pod.manifest, (*one.path, "resources", part, what))
            yield from _over_limit(pod, one)


def _over_limit(pod: Pod, container: Container) -> Iterator[Problem]:
    limits = mapping(container.value, "resources", "limits")
    for what, asked in mapping(container.value, "resources", "requests").items():
        request, limit = quantity(asked), quantity(limits.get(what))
        if request is not None and limit is not None and request > limit:
            message = f"container {container.name} requests {asked} of {what}, more than its limit of {limits[what]}"
            yield Problem(
                message, pod.manifest, (*container.path, "resources", "requests", what), fix="raise the limit"
            )


@unit_rule("limit-range", _GROUP, fix="bring the container within the LimitRange, or change that")
def limit_range(subject: Subject) -> Iterator[Problem]:
    """Every container is within the LimitRange of its namespace.

    The API server makes no pod that is not, which shows only in the events of its ReplicaSet.
    """
    for manifest in subject.objects.of_kind("LimitRange"):
        for path, one in elements(manifest, "spec", "limits"):
            if one.get("type") != "Container":
                continue
            related = Related("the LimitRange", manifest, path)
            for pod in subject.objects.pods:
                if pod.namespace == namespace_of(manifest):
                    for container in pod.containers:
                        yield from _out_of_range(pod, container, one, related)


def _out_of_range(pod: Pod, container: Container, limit: Manifest, related: Related) -> Iterator[Problem]:
    for bound, part in (("min", "requests"), ("max", "limits")):
        for what, edge in mapping(limit, bound).items():
            value = field(container.value, "resources", part, what)
            found, allowed = quantity(value), quantity(edge)
            if found is None or allowed is None:
                continue
            if found < allowed if bound == "min" else found > allowed:
                than = "less than the least" if bound == "min" else "more than the most"
                message = f"container {container.name} {part} {value} of {what}, {than} there may be, {edge}"
                place = (*container.path, "resources", part, what)
                yield Problem(message, pod.manifest, place, related=(related,))


@unit_rule("quota", _GROUP, fix="raise the quota, or lower what the workloads may grow to")
def quota(subject: Subject) -> Iterator[Problem]:
    """All workloads of a namespace, scaled as far as they may be, are within its ResourceQuota.

    Beyond it the API server makes no more pods: an autoscaler would end there, and so would a release.
    """
    for manifest in subject.objects.of_kind("ResourceQuota"):
        if field(manifest, "spec", "scopes") or field(manifest, "spec", "scopeSelector"):
            continue
        pods = [pod for pod in subject.objects.pods if pod.namespace == namespace_of(manifest)]
        for what, hard in mapping(manifest, "spec", "hard").items():
            allowed, needed = quantity(hard), demanded(subject.objects, pods, what)
            if allowed is not None and needed is not None and needed > allowed:
                message = f"the workloads may need {float(needed):g} of {what}, and the quota is {hard}"
                yield Problem(message, manifest, ("spec", "hard", what))


@unit_rule("probes", _GROUP, fix="add the probe: readiness tells whether it can serve, liveness whether it hangs")
def probes(subject: Subject) -> Iterator[Problem]:
    """Every container that runs on has a readiness and a liveness probe.

    Without the first a release goes on although nothing works; without the second a service that hangs stays so.
    """
    for pod in subject.objects.pods:
        if pod.manifest["kind"] in SHORT_LIVED or pod.spec.get("restartPolicy", "Always") != "Always":
            continue
        for one in pod.containers:
            for name in ("readinessProbe", "livenessProbe"):
                if not one.is_init and not one.value.get(name):
                    yield Problem(f"container {one.name} has no {name}", pod.manifest, (*one.path, name))


@unit_rule("disruption-budget", _GROUP, fix="add a PodDisruptionBudget that selects its pods, with maxUnavailable: 1")
def disruption_budget(subject: Subject) -> Iterator[Problem]:
    """A workload with several replicas has one PodDisruptionBudget, which lets at least one pod go.

    Without one a drain of nodes ends all replicas at once; one that lets none go keeps nodes from being drained.
    """
    for pod in subject.objects.pods:
        least = scale_of(subject.objects, pod.manifest).least
        if pod.manifest["kind"] not in _REPLICATED or least <= 1:
            continue
        budgets = [one for one in subject.objects.of_kind("PodDisruptionBudget") if _is_about(one, pod)]
        if not budgets:
            yield Problem(f"{least} replicas, and no PodDisruptionBudget", pod.manifest, ("spec",))
        for one in budgets[1:]:
            yield Problem("a second PodDisruptionBudget for the same pods", one, ("spec", "selector"), fix="remove one")
        for one in budgets:
            yield from _blocks(one, least)


def _is_about(budget: Manifest, pod: Pod) -> bool:
    return namespace_of(budget) == pod.namespace and selects(mapping(budget, "spec", "selector"), pod.labels)


def _blocks(budget: Manifest, least: int) -> Iterator[Problem]:
    kept, spared = (field(budget, "spec", name) for name in ("minAvailable", "maxUnavailable"))
    if kept == "100%" or (isinstance(kept, int) and kept >= least):
        message = f"of {least} replicas {kept} must stay, so that none may go"
        yield Problem(message, budget, ("spec", "minAvailable"), fix="set maxUnavailable: 1 instead")
    if spared in (0, "0%"):
        yield Problem("no pod may go", budget, ("spec", "maxUnavailable"), fix="set maxUnavailable: 1")


@unit_rule(
    "autoscaler-replicas", _GROUP, fix="remove spec.replicas; the autoscaler's minReplicas says how many there are"
)
def autoscaler_replicas(subject: Subject) -> Iterator[Problem]:
    """A workload that an autoscaler scales has no fixed number of replicas.

    Each time that it is applied the number would undo what the autoscaler did.
    """
    for autoscaler, workload in autoscalers_of(subject.objects):
        if workload is not None and field(workload, "spec", "replicas") is not None:
            fixed = field(workload, "spec", "replicas")
            message = f"replicas is fixed to {fixed}, and {autoscaler['kind']}/{name_of(autoscaler)} scales it"
            related = Related("the autoscaler", autoscaler, ("spec",))
            yield Problem(message, workload, ("spec", "replicas"), related=(related,))
