"""Who is around the pods of a unit: everybody outside who is declared, and strangers to hold the policies against.

Strangers are made from what policies and declarations name: for each selector pods that it selects and pods that miss
it by the namespace or by their labels, for each block of addresses those at its edges and just beyond. They listen
under all names that a policy mentions.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tasks.networks.pods import NAMESPACE
from tasks.networks.ports import HIGHEST, ContainerPort
from tasks.networks.selectors import witness
from tasks.networks.semantics import Address, Pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tasks.networks.declaration import Block
    from tasks.networks.layers import Dependencies
    from tasks.networks.reading import Peer, Policy, Rule

    Namespaces = Callable[[str], Mapping[str, str]]

_ELSEWHERE = "somewhere-else"
_ADDRESSES = ("1.1.1.1", "10.1.2.3", "169.254.169.254", "172.16.1.2", "192.168.1.2", "2606:4700::1111", "fd00::1")


def strangers(
    pods: Iterable[Pod], policies: Iterable[Policy], dependencies: Dependencies, namespaces: Namespaces
) -> list[Pod | Address]:
    """Give pods and addresses; none of the pods is one of the unit."""
    own = list(pods)
    rules = [(policy, rule) for policy in policies for found in policy.rules.values() for rule in found]
    peers = [(policy, peer) for policy, rule in rules for peer in rule.peers or ()]
    found = [
        *_pods_outside(dependencies, namespaces),
        *_pods_elsewhere(own, namespaces),
        *(one for policy, peer in peers if peer.block is None for one in _pods_of(peer, policy, namespaces)),
    ]
    unique: dict[tuple[object, ...], Pod] = {}
    for one in found:
        unique.setdefault((one.namespace, *sorted(one.namespace_labels.items()), *sorted(one.labels.items())), one)
    ports = _ports_by_all_names([rule for _, rule in rules])
    named = [one._replace(ports=ports) for one in unique.values()]
    return [*named, *_addresses(dependencies, [peer for _, peer in peers])]


def _ports_by_all_names(rules: Iterable[Rule]) -> tuple[ContainerPort, ...]:
    """Give a port for each name that policies mention: strangers call their ports as they like."""
    found = {(port.port, port.protocol) for rule in rules for port in rule.ports or () if isinstance(port.port, str)}
    return tuple(
        ContainerPort(HIGHEST - index, protocol, str(name)) for index, (name, protocol) in enumerate(sorted(found))
    )


def _pods_outside(dependencies: Dependencies, namespaces: Namespaces) -> Iterator[Pod]:
    for name, outside in dependencies.outside.items():
        for place in outside.namespaces:
            yield _pod(f"{name} (namespace {place})", place, outside.pods, namespaces)
            yield _pod(f"a pod without labels in namespace {place}", place, {}, namespaces)


def _pods_elsewhere(own: list[Pod], namespaces: Namespaces) -> Iterator[Pod]:
    yield _pod("a pod of another namespace", _ELSEWHERE, {}, namespaces)
    for place in dict.fromkeys(one.namespace for one in own):
        yield _pod("a pod without labels in this namespace", place, {}, namespaces)
    for one in own:
        yield _pod(f"a pod with the labels of {one.title} in another namespace", _ELSEWHERE, one.labels, namespaces)


def _pods_of(peer: Peer, policy: Policy, namespaces: Namespaces) -> Iterator[Pod]:
    """Give pods that a peer selects, and pods that it would select elsewhere or with other labels."""
    labels = witness(peer.pods or {})
    shown = ", ".join(f"{key}={value}" for key, value in labels.items()) or "no labels"
    if peer.namespaces is None:
        place, of_place = policy.namespace, dict(namespaces(policy.namespace))
    else:
        of_place = witness(peer.namespaces)
        place = of_place.get(NAMESPACE, _ELSEWHERE)
        of_place = {**namespaces(place), **of_place}
    yield Pod(f"a pod with {shown} in namespace {place}", place, labels, of_place)
    yield Pod(f"a pod without labels in namespace {place}", place, {}, of_place)
    yield _pod(f"a pod with {shown} in another namespace", _ELSEWHERE, labels, namespaces)


def _pod(title: str, place: str, labels: Mapping[str, str], namespaces: Namespaces) -> Pod:
    return Pod(title, place, dict(labels), namespaces(place))


def _addresses(dependencies: Dependencies, peers: Iterable[Peer]) -> list[Address]:
    blocks: list[Block] = []
    for outside in dependencies.outside.values():
        blocks += (*outside.addresses, *outside.exceptions)
    for peer in peers:
        blocks += (*([peer.block] if peer.block else ()), *peer.exceptions)
    found = [ipaddress.ip_address(one) for one in _ADDRESSES]
    for block in dict.fromkeys(blocks):
        found += _edges(block)
    return list(dict.fromkeys(found))


def _edges(block: Block) -> Iterator[Address]:
    """Give the first and the last address of a block, and those just before and behind it."""
    first, last = block.network_address, block.broadcast_address
    yield from (first, last)
    if int(first) > 0:
        yield first - 1
    if int(last) < int(type(last)(b"\xff" * len(last.packed))):
        yield last + 1
