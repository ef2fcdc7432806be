"""What NetworkPolicies admit: which ports a pod may be reached on by a peer, or may reach of it.

A pod that no policy selects for a direction is open in it; one that is selected admits what some rule of these policies
allows (Kubernetes documentation, "Network Policies"). A connection needs both: the way out of the one who calls and the
way in of the one who is called. Blocks of addresses are about addresses outside of the cluster: whether they match
pods, the reference leaves to the implementation.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from tasks.networks.ports import ALL_PORTS, NO_PORTS, ContainerPort, PortSet
from tasks.networks.reading import INGRESS
from tasks.networks.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.networks.reading import Peer, Policy, Rule

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Pod(NamedTuple):
    """A pod as policies see it; `title` says whose it is (`Deployment/web`), for messages."""

    title: str
    namespace: str
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    ports: tuple[ContainerPort, ...] = ()


class Admitted(NamedTuple):
    """The ports that one rule admits."""

    policy: Policy
    rule: Rule
    ports: PortSet


def selecting(policies: Iterable[Policy], pod: Pod, direction: str) -> list[Policy]:
    """Give the policies that are about a pod in a direction."""
    return [one for one in policies if direction in one.rules and is_about(one, pod)]


def is_about(policy: Policy, pod: Pod) -> bool:
    """Tell whether a policy selects a pod."""
    return policy.namespace == pod.namespace and selects(policy.pods, pod.labels)


def admitted(policies: Iterable[Policy], pod: Pod, direction: str, other: Pod | Address) -> list[Admitted]:
    """Give what rules of policies, which select a pod, admit from or to another one.

    Names of ports are those of who is called: the pod itself (Ingress) or the other one (Egress).
    """
    called = pod if direction == INGRESS else other
    listening = called.ports if isinstance(called, Pod) else ()
    return [
        Admitted(policy, rule, _ports(rule, listening))
        for policy in policies
        for rule in policy.rules[direction]
        if rule.peers is None or any(matches(peer, policy, other) for peer in rule.peers)
    ]


def ports_admitted(policies: Iterable[Policy], pod: Pod, direction: str, other: Pod | Address) -> PortSet:
    """Give all ports that a pod admits in a direction."""
    about = selecting(policies, pod, direction)
    return total(admitted(about, pod, direction, other)) if about else ALL_PORTS


def total(found: Iterable[Admitted]) -> PortSet:
    """Give the ports of several rules together."""
    ranges = [one for rule in found for one in rule.ports.ranges]
    return PortSet(ranges) if ranges else NO_PORTS


def _ports(rule: Rule, listening: tuple[ContainerPort, ...]) -> PortSet:
    if rule.ports is None:
        return ALL_PORTS
    found = NO_PORTS
    for port in rule.ports:
        found |= port.numbers(listening)
    return found


def matches(peer: Peer, policy: Policy, other: Pod | Address) -> bool:
    """Tell whether a peer of a policy's rule is a pod, or an address."""
    if isinstance(other, Pod):
        if peer.block is not None:
            return False
        if peer.namespaces is None:
            is_there = other.namespace == policy.namespace
        else:
            is_there = selects(peer.namespaces, other.namespace_labels)
        return is_there and (peer.pods is None or selects(peer.pods, other.labels))
    return peer.block is not None and other in peer.block and not any(other in one for one in peer.exceptions)
