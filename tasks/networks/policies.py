"""NetworkPolicies from dependencies: one a service in each layer, with what becomes known there.

A call is known where its caller and its target are both defined: the base says that the web application calls the
database, an overlay what that is, and the overlay's policy lets the one reach the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.networks.declaration import EVERY, within
from tasks.networks.layers import labels_of
from tasks.networks.ports import Port, numbers_of
from tasks.units import OVERLAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasks.networks.declaration import Block, Outside, Service
    from tasks.networks.layers import Dependencies, Layer

Manifest = dict[str, Any]
INGRESS, EGRESS = "Ingress", "Egress"
NAMESPACE = "kubernetes.io/metadata.name"  # set by the API server, so that nobody can pretend
_OF_EVERY = "default"


class Connection(NamedTuple):
    """A service lets a peer in, or goes out to it."""

    service: str
    direction: str
    peer: str
    ports: tuple[Port, ...]


def policies_of(layers: tuple[Layer, ...], dependencies: Dependencies) -> dict[Path, list[Manifest]]:
    """Give the policies of each layer of a unit, by its folder."""
    found: dict[Path, list[Manifest]] = {layer.folder: [] for layer in layers}
    connections = _by_layer(layers, dependencies)
    for layer in layers:
        own = connections[layer.folder]
        first = [name for name in dependencies.services if dependencies.homes[name] == layer.folder]
        further = [one.service for one in own if one.service not in first]
        for name in dict.fromkeys((*first, *further)):
            rules = [one for one in own if one.service == name]
            found[layer.folder].append(_policy(name, layer.folder, rules, dependencies))
    return found


def _by_layer(layers: tuple[Layer, ...], dependencies: Dependencies) -> dict[Path, list[Connection]]:
    """Give the connections that become known in each layer: there both ends are defined, for the first time."""
    order = [layer.folder for layer in layers]
    found: dict[Path, list[Connection]] = {folder: [] for folder in order}
    for index, layer in enumerate(layers):
        for one in connections_of(layer.declaration.services, dependencies.services):
            homes = (dependencies.homes[one.service], dependencies.homes[one.peer])
            found[order[max(index, *(order.index(home) for home in homes))]].append(one)
    return found


def connections_of(declared: Mapping[str, Service], services: Mapping[str, Service]) -> Iterator[Connection]:
    """Give what is declared, from both ends; `services` are those of all layers, the other peers are outside."""
    for name, service in declared.items():
        for peer, ports in service.calls.items():
            yield Connection(name, EGRESS, peer, ports)
            if peer in services:
                yield Connection(peer, INGRESS, name, ports)
        for peer, ports in service.called_by.items():
            yield Connection(name, INGRESS, peer, ports)


def _policy(name: str, folder: Path, connections: list[Connection], dependencies: Dependencies) -> Manifest:
    labels = labels_of(name, dependencies.services[name])
    is_first = dependencies.homes[name] == folder
    rules = {
        direction: _rules([one for one in connections if one.direction == direction], direction, dependencies)
        for direction in (INGRESS, EGRESS)
    }
    title = _OF_EVERY if name == EVERY else name
    spec: Manifest = {"podSelector": {"matchLabels": dict(labels)} if labels else {}}
    spec["policyTypes"] = [direction for direction in rules if is_first or rules[direction]]
    spec |= {direction.lower(): found for direction, found in rules.items() if found}
    metadata = {"name": title if is_first else f"{title}-{_suffix(folder)}"}
    if dependencies.services[name].namespace:
        metadata["namespace"] = dependencies.services[name].namespace
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _suffix(folder: Path) -> str:
    """Give what tells a layer's policies from those below it: its environment, or the name of its folder."""
    return folder.parent.name if folder.parent.parent == OVERLAYS else folder.name


def _rules(connections: list[Connection], direction: str, dependencies: Dependencies) -> list[Manifest]:
    """Give a rule for each list of ports, with all peers that have it."""
    peers: dict[tuple[Port, ...], list[Manifest]] = {}
    for one in connections:
        known = peers.setdefault(_numbered(one, dependencies), [])
        known += (peer for peer in _peers(one.peer, dependencies) if peer not in known)
    side = "from" if direction == INGRESS else "to"
    return [{side: found, "ports": [_port(port) for port in ports]} for ports, found in peers.items()]


def _numbered(connection: Connection, dependencies: Dependencies) -> tuple[Port, ...]:
    """Give the ports of a connection. Names of ours become numbers: only those in manifests are known to a cluster."""
    called = connection.service if connection.direction == INGRESS else connection.peer
    named = (dependencies.outside.get(called) or dependencies.services[called]).ports
    if not named:
        return connection.ports
    found = [(one.protocol, numbers_of(one, named)) for one in connection.ports]
    return tuple(dict.fromkeys(Port(number, protocol) for protocol, ports in found for number in ports.numbers()))


def _peers(name: str, dependencies: Dependencies) -> list[Manifest]:
    if name in dependencies.services:
        labels = labels_of(name, dependencies.services[name])
        return [{"podSelector": {"matchLabels": dict(labels)} if labels else {}}]
    outside = dependencies.outside[name]
    if outside.namespaces:
        return [_pods_outside(outside)]
    return [{"ipBlock": _block(block, outside)} for block in outside.addresses]


def _pods_outside(outside: Outside) -> Manifest:
    names = list(outside.namespaces)
    peer: Manifest = {"namespaceSelector": {"matchLabels": {NAMESPACE: names[0]}}}
    if len(names) > 1:
        expression = {"key": NAMESPACE, "operator": "In", "values": names}
        peer = {"namespaceSelector": {"matchExpressions": [expression]}}
    return peer | ({"podSelector": {"matchLabels": dict(outside.pods)}} if outside.pods else {})


def _block(block: Block, outside: Outside) -> Manifest:
    exceptions = [str(one) for one in within(outside.exceptions, block)]
    return {"cidr": str(block)} | ({"except": exceptions} if exceptions else {})


def _port(port: Port) -> Manifest:
    return {"port": port.port} | ({} if port.protocol == "TCP" else {"protocol": port.protocol})
