from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from browser_pool.addresses import ForbiddenError, UnknownHostError, is_allowed, resolve


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - a test of it
        "10.96.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_all_others_may_not_in_whatever_form(address: str) -> None:
    assert not is_allowed(ip_address(address))


def test_a_network_can_be_allowed() -> None:
    networks = [ip_network("10.96.0.0/16")]

    assert is_allowed(ip_address("10.96.3.4"), networks)
    assert is_allowed(ip_address("::ffff:10.96.3.4"), networks)
    assert not is_allowed(ip_address("10.97.3.4"), networks)


def test_a_name_is_as_forbidden_as_its_address() -> None:
    with pytest.raises(ForbiddenError, match="localhost"):
        asyncio.run(resolve("localhost", 80))
    with pytest.raises(UnknownHostError, match=r"nowhere\.invalid has no address"):
        asyncio.run(resolve("nowhere.invalid", 80))
    assert asyncio.run(resolve("127.0.0.1", 80, [ip_network("127.0.0.0/8")])) == "127.0.0.1"
