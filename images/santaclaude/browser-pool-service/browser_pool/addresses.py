"""Which addresses a page may reach: those of the public Internet, and those that are allowed besides."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")


class ForbiddenError(Exception):
    """A host's address is none that a page may reach."""


class UnknownHostError(Exception):
    """A host has no address."""


def is_allowed(address: Address, networks: Iterable[Network] = ()) -> bool:
    """Tell whether a page may reach an address."""
    inner = _inner(address)
    if any(one in network for one in (address, inner) for network in networks):
        return True
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


async def resolve(host: str, port: int, networks: Iterable[Network] = ()) -> str:
    """Give an address of a host, to connect to and to no other: its name may mean another one the next time.

    Raises UnknownHostError, and ForbiddenError if any of its addresses may not be reached.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHostError(f"{host} has no address") from None
    addresses = [str(one[4][0]) for one in found]
    forbidden = [one for one in addresses if not is_allowed(ip_address(one.partition("%")[0]), networks)]
    if forbidden:
        raise ForbiddenError(f"{host} is {forbidden[0]}, which is not public")
    return addresses[0]


def _inner(address: Address) -> Address:
    """Give the IPv4 address that is meant by one of the forms in which IPv6 carries it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
