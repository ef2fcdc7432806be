"""How many pods a workload has at least and at most, and what they request all together."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tasks.checks.objects import field, mapping, namespace_of
from tasks.checks.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.checks.findings import Manifest
    from tasks.checks.objects import Objects, Pod

AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
_BOUNDS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}


class Scale(NamedTuple):
    """The fewest and the most replicas that a workload has by its autoscaler, or by its own number."""

    least: int
    most: int


def autoscalers_of(objects: Objects) -> Iterator[tuple[Manifest, Manifest | None]]:
    """Give every autoscaler with the workload that it scales, None where that is not there.

    Of a Rollout that refers to a Deployment it is that Deployment, whose pods these are.
    """
    for one in objects.of_kind(*AUTOSCALERS):
        yield one, _with_pods(objects, mapping(one, "spec", "scaleTargetRef"), namespace_of(one))


def _with_pods(objects: Objects, target: Manifest, namespace: str) -> Manifest | None:
    found = objects.get(str(target.get("kind") or "Deployment"), str(target.get("name")), namespace)
    referred = mapping(found, "spec", "workloadRef")
    return _with_pods(objects, referred, namespace) if referred else found


def scale_of(objects: Objects, workload: Manifest) -> Scale:
    """Give how many replicas a workload has."""
    for autoscaler, scaled in autoscalers_of(objects):
        if scaled is workload:
            least, most = (field(autoscaler, "spec", name) for name in _BOUNDS[autoscaler["kind"]])
            return Scale(least if isinstance(least, int) else 1, most if isinstance(most, int) else 1)
    found = field(workload, "spec", "parallelism" if workload["kind"] == "Job" else "replicas")
    number = found if isinstance(found, int) else 1
    return Scale(number, number)


def demanded(objects: Objects, pods: Iterable[Pod], what: str) -> Fraction | None:
    """Give how much of what a quota counts all pods and claims need at most; None for what is not known."""
    if what == "pods":
        return Fraction(sum(scale_of(objects, pod.manifest).most for pod in pods))
    part, dot, name = what.partition(".")
    if what in {"cpu", "memory"}:
        part, dot, name = "requests", ".", what
    if not dot or part not in {"requests", "limits"} or name not in {"cpu", "memory"}:
        return None
    return sum((_of_pod(pod, part, name) * scale_of(objects, pod.manifest).most for pod in pods), Fraction(0))


def _of_pod(pod: Pod, part: str, what: str) -> Fraction:
    """Give what one pod takes: the sum of its containers, or the largest that goes before them."""
    amounts = [
        (one.is_init, quantity(field(one.value, "resources", part, what)) or Fraction(0)) for one in pod.containers
    ]
    before = max((amount for is_init, amount in amounts if is_init), default=Fraction(0))
    return max(before, sum((amount for is_init, amount in amounts if not is_init), Fraction(0)))
