"""Ports: as they are written in dependencies.yaml, and as sets that can be compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

PROTOCOLS = ("TCP", "UDP", "SCTP")
HIGHEST = 65535
# A name of a port is an IANA_SVC_NAME (RFC 6335, section 5.1): a letter in it, at most 15 characters.
_WRITTEN = re.compile(
    r"(?P<port>(?=[0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?|\d{1,5})(?:/(?P<protocol>[A-Z]+))?"
)


class ContainerPort(NamedTuple):
    """A port that a container declares."""

    number: int
    protocol: str = "TCP"
    name: str = ""


class Port(NamedTuple):
    """A port by its number or by the name that the container which listens gives it."""

    port: int | str
    protocol: str = "TCP"

    def __str__(self) -> str:
        """Give it as it is written."""
        return f"{self.port}" if self.protocol == "TCP" else f"{self.port}/{self.protocol}"


def read_port(written: object) -> Port | None:
    """Read `http`, `443` or `53/UDP`; None for what is none of these."""
    if isinstance(written, bool) or not isinstance(written, (int, str)):
        return None
    found = _WRITTEN.fullmatch(str(written))
    if found is None or (found["protocol"] or "TCP") not in PROTOCOLS:
        return None
    port: int | str = int(found["port"]) if found["port"].isdigit() else found["port"]
    if isinstance(port, int) and not 0 < port <= HIGHEST:
        return None
    return Port(port, found["protocol"] or "TCP")


class PortSet:
    """Ports of the three protocols, as ranges that neither touch nor overlap."""

    def __init__(self, ranges: Iterable[tuple[str, int, int]] = ()) -> None:
        """Take ranges: protocol, first and last number."""
        self.ranges = tuple(_joined(ranges))

    def __bool__(self) -> bool:
        """Tell whether there is any port in it."""
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        """Compare by the ports that are in it."""
        return isinstance(other, PortSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        """Equal sets have equal hashes."""
        return hash(self.ranges)

    def __repr__(self) -> str:
        """Show it in a failing test."""
        return f"PortSet({self})"

    def __str__(self) -> str:
        """Give it for a message: `5432, 53/UDP, 8000-8010`."""
        if self == ALL_PORTS:
            return "all ports"
        return ", ".join(_shown(*one) for one in self.ranges) or "no port"

    def __contains__(self, port: tuple[str, int]) -> bool:
        """Tell whether a number of a protocol is in it."""
        return any(protocol == port[0] and first <= port[1] <= last for protocol, first, last in self.ranges)

    def numbers(self) -> list[int]:
        """Give its numbers, whatever their protocol; for sets of few."""
        return [number for _, first, last in self.ranges for number in range(first, last + 1)]

    def __or__(self, other: PortSet) -> PortSet:
        """Give the ports of either."""
        return PortSet((*self.ranges, *other.ranges)) if self and other else self or other

    def __sub__(self, other: PortSet) -> PortSet:
        """Give the ports that are in this one alone."""
        if not (self and other):
            return self
        left = list(self.ranges)
        for taken in other.ranges:
            left = [piece for one in left for piece in _without(one, taken)]
        return PortSet(left)


def _joined(ranges: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for protocol, first, last in sorted(ranges, key=lambda one: (PROTOCOLS.index(one[0]), *one[1:])):
        if found and found[-1][0] == protocol and first <= found[-1][2] + 1:
            found[-1] = (protocol, found[-1][1], max(last, found[-1][2]))
        elif first <= last:
            found.append((protocol, first, last))
    return found


def _without(one: tuple[str, int, int], taken: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    protocol, first, last = one
    if protocol != taken[0] or taken[2] < first or last < taken[1]:
        return [one]
    pieces = [(protocol, first, taken[1] - 1), (protocol, taken[2] + 1, last)]
    return [piece for piece in pieces if piece[1] <= piece[2]]


def _shown(protocol: str, first: int, last: int) -> str:
    numbers = f"{first}" if first == last else f"{first}-{last}"
    return numbers if protocol == "TCP" else f"{numbers}/{protocol}"


NO_PORTS = PortSet()
ALL_PORTS = PortSet((protocol, 1, HIGHEST) for protocol in PROTOCOLS)


def numbers_of(port: Port, listening: Iterable[ContainerPort]) -> PortSet:
    """Give the numbers that a port stands for: a name, those of the containers that listen under it."""
    if isinstance(port.port, int):
        return PortSet([(port.protocol, port.port, port.port)])
    return PortSet(
        (one.protocol, one.number, one.number)
        for one in listening
        if one.name == port.port and one.protocol == port.protocol
    )
