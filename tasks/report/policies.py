"""Which pods the NetworkPolicies of a unit let talk to which.

A pod that no policy selects may be talked to, and talk, by and to all; one that is selected only where a rule has the
other side. Rules are compared by pods and namespaces; which ports they are about is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.networks.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Manifest = dict[str, Any]
_NAMESPACE = "kubernetes.io/metadata.name"


class Pod(NamedTuple):
    """The pods of a workload: what a policy sees of them."""

    namespace: str
    labels: Mapping[str, str]


class Verdict(NamedTuple):
    """Whether pods may talk, and the policies that say so; none where no policy is about them."""

    allowed: bool
    policies: tuple[str, ...]


class Policies:
    """The NetworkPolicies among manifests."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        """Take all manifests of a unit; labels of its Namespaces are read from them, too."""
        everything = list(manifests)
        self._policies = [one for one in everything if one.get("kind") == "NetworkPolicy"]
        self._namespaces = {
            one["metadata"]["name"]: one["metadata"].get("labels") or {}
            for one in everything
            if one.get("kind") == "Namespace"
        }

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._policies)

    def verdict(self, source: Pod | None, target: Pod) -> Verdict:
        """Tell whether pods may talk to others; `source` None is somebody whose pods are not known: an ingress."""
        coming = self._rules("Ingress", target)
        going = self._rules("Egress", source) if source else []
        allowed = self._allow(coming, "from", source) and self._allow(going, "to", target)
        return Verdict(allowed, tuple(dict.fromkeys(one["metadata"]["name"] for one, _ in (*coming, *going))))

    def allows_expressly(self, source: Pod, target: Pod) -> bool:
        """Tell whether a rule names these very pods, so that somebody meant them to talk."""
        return any(
            "podSelector" in peer and self._matches(peer, one, source)
            for one, rules in self._rules("Ingress", target)
            for rule in rules
            for peer in rule.get("from") or ()
        )

    def _rules(self, direction: str, pod: Pod) -> list[tuple[Manifest, list[Manifest]]]:
        """Give the policies that select a pod for a direction, each with its rules."""
        return [
            (one, (one["spec"].get(direction.lower()) or []))
            for one in self._policies
            if direction in _directions(one["spec"])
            and _namespace(one) == pod.namespace
            and selects(one["spec"].get("podSelector") or {}, pod.labels)
        ]

    def _allow(self, rules: list[tuple[Manifest, list[Manifest]]], field: str, other: Pod | None) -> bool:
        return not rules or any(
            not rule.get(field) or any(self._matches(peer, one, other) for peer in rule[field])
            for one, found in rules
            for rule in found
        )

    def _matches(self, peer: Manifest, policy: Manifest, pod: Pod | None) -> bool:
        if pod is None:  # an ingress controller: in another namespace, or outside
            return "namespaceSelector" in peer or "ipBlock" in peer
        if "ipBlock" in peer:
            return False
        if "namespaceSelector" in peer:
            labels = {_NAMESPACE: pod.namespace, **self._namespaces.get(pod.namespace, {})}
            is_there = selects(peer["namespaceSelector"] or {}, labels)
        else:
            is_there = _namespace(policy) == pod.namespace
        return is_there and selects(peer.get("podSelector") or {}, pod.labels)


def _directions(spec: Manifest) -> tuple[str, ...]:
    return tuple(spec.get("policyTypes") or (("Ingress", "Egress") if spec.get("egress") else ("Ingress",)))


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace") or "default")
