"""Ports as they are written, and sets of them against plain Python sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.networks.ports import ALL_PORTS, PROTOCOLS, ContainerPort, Port, PortSet, numbers_of, read_port

RANGES = st.lists(
    st.tuples(st.sampled_from(PROTOCOLS), st.integers(1, 12), st.integers(1, 12)).filter(lambda one: one[1] <= one[2])
)


@pytest.mark.parametrize(
    ("written", "port"),
    [
        (443, Port(443)),
        ("443", Port(443)),
        ("53/UDP", Port(53, "UDP")),
        ("http", Port("http")),
        ("8080-http", Port("8080-http")),
        ("dns/UDP", Port("dns", "UDP")),
        (0, None),
        (65536, None),
        (True, None),
        (None, None),
        ("53/udp", None),
        ("53/ICMP", None),
        ("Http", None),
        ("-http", None),
        ("a-name-of-16-cha", None),
        ("80-90", None),
    ],
)
def test_a_port_is_a_number_or_a_name_with_a_protocol_or_without(written: object, port: Port | None) -> None:
    assert read_port(written) == port


def plain(ranges: list[tuple[str, int, int]]) -> set[tuple[str, int]]:
    return {(protocol, number) for protocol, first, last in ranges for number in range(first, last + 1)}


@given(RANGES, RANGES)
def test_sets_of_ports_are_sets(left: list[tuple[str, int, int]], right: list[tuple[str, int, int]]) -> None:
    one, other = PortSet(left), PortSet(right)
    universe = [(protocol, number) for protocol in PROTOCOLS for number in range(14)]

    assert {port for port in universe if port in (one | other)} == plain(left) | plain(right)
    assert {port for port in universe if port in (one - other)} == plain(left) - plain(right)
    assert (one == other) == (plain(left) == plain(right))
    assert bool(one) == bool(left)
    assert one | other == other | one
    assert not one - ALL_PORTS


def test_a_set_of_ports_is_shown_as_it_would_be_written() -> None:
    assert str(PortSet([("UDP", 53, 53), ("TCP", 80, 80), ("TCP", 81, 90)])) == "80-90, 53/UDP"
    assert str(PortSet()) == "no port"
    assert str(ALL_PORTS) == "all ports"


def test_a_name_stands_for_the_numbers_on_which_containers_listen_under_it() -> None:
    listening = [ContainerPort(80, "TCP", "web"), ContainerPort(81, "TCP", "web"), ContainerPort(82, "UDP", "web")]

    assert numbers_of(Port("web"), listening) == PortSet([("TCP", 80, 81)])
    assert numbers_of(Port("web", "UDP"), listening) == PortSet([("UDP", 82, 82)])
    assert numbers_of(Port("other"), listening) == PortSet()
    assert numbers_of(Port(5), listening) == PortSet([("TCP", 5, 5)])
