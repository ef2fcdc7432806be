"""NetworkPolicies from manifests, with the defaults of the API server filled in.

In: manifests. Out: `Policy`s. Source of the rules: the Kubernetes API reference, NetworkPolicy v1 networking.k8s.io.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.networks.errors import PolicyError
from tasks.networks.ports import HIGHEST, PROTOCOLS, ContainerPort, Port, PortSet, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.networks.declaration import Block

Manifest = dict[str, Any]
Selector = dict[str, Any]
Path = tuple[str | int, ...]
INGRESS, EGRESS = "Ingress", "Egress"
_SIDES = {INGRESS: "from", EGRESS: "to"}


class Peer(NamedTuple):
    """Who a rule is about: pods, or a block of addresses.

    `namespaces` None stands for the namespace of the policy, `pods` None for all pods of the namespaces.
    """

    namespaces: Selector | None = None
    pods: Selector | None = None
    block: Block | None = None
    exceptions: tuple[Block, ...] = ()


class PortRule(NamedTuple):
    """Ports of a rule: all of a protocol, one, or a range of numbers."""

    protocol: str
    port: int | str | None = None
    last: int | None = None

    def numbers(self, listening: Iterable[ContainerPort]) -> PortSet:
        """Give the numbers that are meant where containers listen under names."""
        if self.port is None:
            return PortSet([(self.protocol, 1, HIGHEST)])
        if isinstance(self.port, int):
            return PortSet([(self.protocol, self.port, self.last or self.port)])
        return numbers_of(Port(self.port, self.protocol), listening)


class Rule(NamedTuple):
    """One rule; without peers it is about all, without ports about all ports."""

    path: Path
    peers: tuple[Peer, ...] | None
    ports: tuple[PortRule, ...] | None


class Policy(NamedTuple):
    """One NetworkPolicy; `rules` has only the directions that it is about."""

    manifest: Manifest
    namespace: str
    pods: Selector
    rules: Mapping[str, tuple[Rule, ...]]

    @property
    def name(self) -> str:
        """Give its name."""
        return str(self.manifest["metadata"]["name"])


def read_policies(manifests: Iterable[Manifest]) -> tuple[Policy, ...]:
    """Read all NetworkPolicies. Raises PolicyError for one that no API server would take."""
    return tuple(
        _policy(one)
        for one in manifests
        if one.get("kind") == "NetworkPolicy" and str(one.get("apiVersion", "")).startswith("networking.k8s.io/")
    )


def _policy(manifest: Manifest) -> Policy:
    reader = _Reader(manifest)
    spec = reader.map(manifest.get("spec"), ("spec",))
    given = reader.list(spec.get("policyTypes"), ("spec", "policyTypes"))
    wrong = next((one for one in given if one not in _SIDES), None)
    if wrong is not None:
        raise reader.error(("spec", "policyTypes"), f"expected Ingress or Egress, found {wrong!r}")
    directions = given or ([INGRESS, EGRESS] if spec.get("egress") else [INGRESS])
    return Policy(
        manifest,
        str(manifest["metadata"].get("namespace") or "default"),
        reader.selector(spec.get("podSelector"), ("spec", "podSelector")),
        {direction: tuple(reader.rules(spec, direction)) for direction in directions},
    )


class _Reader:
    """Reads the parts of one policy."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def rules(self, spec: Manifest, direction: str) -> list[Rule]:
        path = ("spec", direction.lower())
        rules = self.list(spec.get(direction.lower()), path)
        return [self._rule(one, (*path, index), _SIDES[direction]) for index, one in enumerate(rules)]

    def selector(self, found: object, path: Path) -> Selector:
        selector = self.map(found, path)
        self.map(selector.get("matchLabels"), (*path, "matchLabels"))
        for index, one in enumerate(self.list(selector.get("matchExpressions"), (*path, "matchExpressions"))):
            self.map(one, (*path, "matchExpressions", index))
        return selector

    def _rule(self, found: object, path: Path, side: str) -> Rule:
        entry = self.map(found, path)
        peers = self.list(entry.get(side), (*path, side))
        ports = self.list(entry.get("ports"), (*path, "ports"))
        return Rule(
            path,
            tuple(self._peer(one, (*path, side, index)) for index, one in enumerate(peers)) or None,
            tuple(self._port(one, (*path, "ports", index)) for index, one in enumerate(ports)) or None,
        )

    def _peer(self, found: object, path: Path) -> Peer:
        entry = self.map(found, path)
        known = {"ipBlock", "namespaceSelector", "podSelector"} & entry.keys()
        if not known or ("ipBlock" in known and len(known) > 1):
            raise self.error(path, "expected podSelector and namespaceSelector, or one of them, or ipBlock alone")
        if "ipBlock" in entry:
            path = (*path, "ipBlock")
            block = self.map(entry["ipBlock"], path)
            exceptions = self.list(block.get("except"), (*path, "except"))
            cidr = self._block(block.get("cidr"), (*path, "cidr"))
            return Peer(block=cidr, exceptions=tuple(self._block(one, (*path, "except")) for one in exceptions))
        namespaces, pods = (
            self.selector(entry[name], (*path, name)) if name in entry else None
            for name in ("namespaceSelector", "podSelector")
        )
        return Peer(namespaces, pods)

    def _port(self, found: object, path: Path) -> PortRule:
        entry = self.map(found, path)
        protocol, port, last = entry.get("protocol") or "TCP", entry.get("port"), entry.get("endPort")
        if protocol not in PROTOCOLS:
            raise self.error((*path, "protocol"), f"expected {', '.join(PROTOCOLS)}, found {protocol!r}")
        if port is not None and (isinstance(port, bool) or not isinstance(port, (int, str))):
            raise self.error((*path, "port"), f"expected a number or a name, found {port!r}")
        if last is not None and not (isinstance(last, int) and isinstance(port, int) and last >= port):
            raise self.error((*path, "endPort"), f"expected a number that is not less than port, found {last!r}")
        return PortRule(protocol, port, last)

    def _block(self, found: object, path: Path) -> Block:
        try:
            return ipaddress.ip_network(str(found), strict=False)
        except ValueError:
            raise self.error(path, f"expected a block of addresses such as 192.0.2.0/24, found {found!r}") from None

    def map(self, found: object, path: Path) -> dict[str, Any]:
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self.error(path, f"expected a map, found {found!r}")
        return found

    def list(self, found: object, path: Path) -> list[Any]:
        if found is None:
            return []
        if not isinstance(found, list):
            raise self.error(path, f"expected a list, found {found!r}")
        return found

    def error(self, path: Path, message: str) -> PolicyError:
        return PolicyError(self._manifest, path, message)
