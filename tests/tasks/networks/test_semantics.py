"""What NetworkPolicies admit: a table written by hand, and random policies against a slow reading of the reference."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.networks.errors import PolicyError
from tasks.networks.ports import PROTOCOLS, ContainerPort
from tasks.networks.reading import EGRESS, INGRESS, read_policies
from tasks.networks.semantics import Address, Pod, ports_admitted

NAME = "kubernetes.io/metadata.name"


def pod(labels: str, namespace: str = "shop", *ports: ContainerPort, **of_namespace: str) -> Pod:
    pairs = dict(one.split("=") for one in labels.split(",") if one)
    return Pod(f"Pod/{labels}", namespace, pairs, {NAME: namespace, **of_namespace}, ports)


WEB = pod("app=web,tier=front", "shop", ContainerPort(8080, "TCP", "http"), ContainerPort(53, "UDP", "dns"))
DATABASE = pod("app=database", "shop", ContainerPort(5432, "TCP", "postgres"), ContainerPort(8080, "TCP", "http"))
FRIEND = pod("app=web", "friends", team="friends")
PUBLIC, PRIVATE, V6 = (ipaddress.ip_address(one) for one in ("1.1.1.1", "10.1.2.3", "2001:db8::1"))
OPEN = "all ports"

TABLE: list[tuple[str, str, str, Pod | Address, str, str]] = [
    # what the case is about, the spec, direction, the other one, the ports that WEB admits
    ("no policy selects it", "podSelector: {matchLabels: {app: api}}", INGRESS, DATABASE, OPEN),
    ("an empty selector selects all", "podSelector: {}", INGRESS, DATABASE, "no port"),
    ("no selector, too", "policyTypes: [Ingress]", INGRESS, DATABASE, "no port"),
    ("types default to Ingress", "podSelector: {}", EGRESS, DATABASE, OPEN),
    ("and to Egress where there is a rule", "podSelector: {}\negress: [{}]\n", EGRESS, DATABASE, OPEN),
    ("which does not leave Ingress open", "podSelector: {}\negress: [{}]\n", INGRESS, DATABASE, "no port"),
    ("empty egress rules are none", "podSelector: {}\negress: []\n", EGRESS, DATABASE, OPEN),
    ("Egress alone leaves Ingress", "policyTypes: [Egress]", INGRESS, DATABASE, OPEN),
    ("a rule of another type than the policy's", "policyTypes: [Egress]\ningress: [{}]", INGRESS, PUBLIC, OPEN),
    ("an empty rule is about all", "ingress: [{}]", INGRESS, PUBLIC, OPEN),
    ("an empty list of peers is about all", "ingress: [{from: []}]", INGRESS, PUBLIC, OPEN),
    ("an empty list of ports is about all", "ingress: [{ports: []}]", INGRESS, FRIEND, OPEN),
    ("ports without peers", "ingress: [{ports: [{port: 80}]}]", INGRESS, PUBLIC, "80"),
    ("pods of this namespace", "ingress: [{from: [{podSelector: {}}]}]", INGRESS, DATABASE, OPEN),
    ("are not those of another one", "ingress: [{from: [{podSelector: {}}]}]", INGRESS, FRIEND, "no port"),
    ("all namespaces", "ingress: [{from: [{namespaceSelector: {}}]}]", INGRESS, FRIEND, OPEN),
    ("are not the outside", "ingress: [{from: [{namespaceSelector: {}}]}]", INGRESS, PUBLIC, "no port"),
    ("this one among them", "ingress: [{from: [{namespaceSelector: {}}]}]", INGRESS, DATABASE, OPEN),
    (
        "a namespace by its name",
        f"ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{{NAME}: friends}}}}}}]}}]",
        INGRESS,
        FRIEND,
        OPEN,
    ),
    (
        "both selectors in one peer hold together",
        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: friends}}, podSelector: {matchLabels: {a: x}}}]}]",
        INGRESS,
        FRIEND,
        "no port",
    ),
    (
        "in two peers one is enough",
        "ingress: [{from: [{namespaceSelector: {matchLabels: {team: friends}}}, {podSelector: {matchLabels: {}}}]}]",
        INGRESS,
        FRIEND,
        OPEN,
    ),
    (
        "a namespace's labels are not its pods'",
        "ingress: [{from: [{namespaceSelector: {matchLabels: {app: web}}}]}]",
        INGRESS,
        FRIEND,
        "no port",
    ),
    (
        "expressions: In",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [database]}]}}]}]",
        INGRESS,
        DATABASE,
        OPEN,
    ),
    (
        "expressions: NotIn",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [database]}]}}]}]",
        INGRESS,
        DATABASE,
        "no port",
    ),
    (
        "expressions: NotIn of a label that is not there",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: x, operator: NotIn, values: [y]}]}}]}]",
        INGRESS,
        DATABASE,
        OPEN,
    ),
    (
        "expressions: Exists",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}]",
        INGRESS,
        DATABASE,
        "no port",
    ),
    (
        "expressions: DoesNotExist",
        "ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]",
        INGRESS,
        DATABASE,
        OPEN,
    ),
    ("a block of addresses", "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", INGRESS, PUBLIC, OPEN),
    ("is not about pods", "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", INGRESS, DATABASE, "no port"),
    (
        "but for an exception",
        "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]",
        INGRESS,
        PRIVATE,
        "no port",
    ),
    (
        "an exception elsewhere",
        "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]",
        INGRESS,
        PUBLIC,
        OPEN,
    ),
    (
        "what one peer excepts another may have",
        "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}, {ipBlock: {cidr: 10.1.0.0/16}}]}]",
        INGRESS,
        PRIVATE,
        OPEN,
    ),
    ("version 4 is not version 6", "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", INGRESS, V6, "no port"),
    ("version 6", "ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]", INGRESS, V6, OPEN),
    ("a port is TCP's", "ingress: [{ports: [{port: 53}]}]", INGRESS, DATABASE, "53"),
    ("unless it says UDP", "ingress: [{ports: [{port: 53, protocol: UDP}]}]", INGRESS, DATABASE, "53/UDP"),
    ("a protocol alone is all of its ports", "ingress: [{ports: [{protocol: UDP}]}]", INGRESS, DATABASE, "1-65535/UDP"),
    ("a range", "ingress: [{ports: [{port: 8000, endPort: 8010}]}]", INGRESS, DATABASE, "8000-8010"),
    ("a name is that of who is called: coming in", "ingress: [{ports: [{port: http}]}]", INGRESS, DATABASE, "8080"),
    ("a name of another protocol", "ingress: [{ports: [{port: dns}]}]", INGRESS, DATABASE, "no port"),
    ("a name with its protocol", "ingress: [{ports: [{port: dns, protocol: UDP}]}]", INGRESS, DATABASE, "53/UDP"),
    ("a name is that of who is called: going out", "egress: [{ports: [{port: postgres}]}]", EGRESS, DATABASE, "5432"),
    ("who has no port of this name", "egress: [{ports: [{port: postgres}]}]", EGRESS, FRIEND, "no port"),
    ("outside nobody has names", "egress: [{ports: [{port: http}]}]", EGRESS, PUBLIC, "no port"),
    ("rules add up", "ingress: [{ports: [{port: 1}]}, {ports: [{port: 2}]}]", INGRESS, DATABASE, "1-2"),
]


def policy(spec: str | dict[str, Any], namespace: str = "shop", name: str = "one") -> dict[str, Any]:
    found = yaml.safe_load(spec) if isinstance(spec, str) else spec
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": found}


@pytest.mark.parametrize(
    ("spec", "direction", "other", "expected"), [one[1:] for one in TABLE], ids=[one[0] for one in TABLE]
)
def test_a_policy_admits(spec: str, direction: str, other: Pod | Address, expected: str) -> None:
    assert str(ports_admitted(read_policies([policy(spec)]), WEB, direction, other)) == expected


def test_policies_of_several_add_up_and_those_of_other_namespaces_are_not_asked() -> None:
    manifests = [
        policy("podSelector: {}"),
        policy("ingress: [{ports: [{port: http}]}]", name="two"),
        policy("ingress: [{}]", "friends"),
        {"apiVersion": "crd.projectcalico.org/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"}, "spec": 1},
    ]

    assert str(ports_admitted(read_policies(manifests), WEB, INGRESS, DATABASE)) == "8080"


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        ("[]", "spec", "expected a map, found []"),
        ("policyTypes: [ingress]", "spec.policyTypes", "expected Ingress or Egress, found 'ingress'"),
        ("ingress: {}", "spec.ingress", "expected a list, found {}"),
        (
            "ingress: [{from: [{}]}]",
            "spec.ingress.0.from.0",
            "expected podSelector and namespaceSelector, or one of them, or ipBlock alone",
        ),
        (
            "ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 1.1.1.1/32}}]}]",
            "spec.ingress.0.from.0",
            "expected podSelector and namespaceSelector, or one of them, or ipBlock alone",
        ),
        (
            "egress: [{to: [{ipBlock: {cidr: ten}}]}]",
            "spec.egress.0.to.0.ipBlock.cidr",
            "expected a block of addresses such as 192.0.2.0/24, found 'ten'",
        ),
        (
            "egress: [{ports: [{port: 1, protocol: tcp}]}]",
            "spec.egress.0.ports.0.protocol",
            "expected TCP, UDP, SCTP, found 'tcp'",
        ),
        ("egress: [{ports: [{port: true}]}]", "spec.egress.0.ports.0.port", "expected a number or a name, found True"),
        (
            "egress: [{ports: [{port: 9, endPort: 8}]}]",
            "spec.egress.0.ports.0.endPort",
            "expected a number that is not less than port, found 8",
        ),
        ("podSelector: {matchLabels: [a]}", "spec.podSelector.matchLabels", "expected a map, found ['a']"),
        ("podSelector: {matchExpressions: [a]}", "spec.podSelector.matchExpressions.0", "expected a map, found 'a'"),
    ],
)
def test_what_no_api_server_takes_is_an_error_with_its_field(spec: str, path: str, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_policies([policy(spec)])

    assert ".".join(str(part) for part in error.value.path) == path
    assert str(error.value) == message


# A slow reading of the reference, one connection after the other, on the manifests as they are.


def brute_selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    requirements = [(key, "In", [value]) for key, value in (selector.get("matchLabels") or {}).items()]
    requirements += [
        (one["key"], one["operator"], one.get("values") or []) for one in selector.get("matchExpressions") or []
    ]
    for key, operator, values in requirements:
        if operator == "In" and (key not in labels or labels[key] not in values):
            return False
        if operator == "NotIn" and key in labels and labels[key] in values:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True


def brute_peer(peer: dict[str, Any], policy_namespace: str, other: Pod | Address) -> bool:
    if "ipBlock" in peer:
        if isinstance(other, Pod):
            return False
        inside = [other in ipaddress.ip_network(one) for one in [peer["ipBlock"]["cidr"]]]
        excepted = [other in ipaddress.ip_network(one) for one in peer["ipBlock"].get("except") or []]
        return all(inside) and not any(excepted)
    if not isinstance(other, Pod):
        return False
    if "namespaceSelector" in peer:
        if not brute_selects(peer["namespaceSelector"], dict(other.namespace_labels)):
            return False
    elif other.namespace != policy_namespace:
        return False
    return "podSelector" not in peer or brute_selects(peer["podSelector"], dict(other.labels))


def brute_port(entry: dict[str, Any], called: Pod | Address, protocol: str, number: int) -> bool:
    if (entry.get("protocol") or "TCP") != protocol:
        return False
    if "port" not in entry:
        return True
    if isinstance(entry["port"], str):
        ports = called.ports if isinstance(called, Pod) else ()
        return any((one.name, one.protocol, one.number) == (entry["port"], protocol, number) for one in ports)
    return bool(entry["port"] <= number <= entry.get("endPort", entry["port"]))


def brute_admits(
    manifests: list[dict[str, Any]], own: Pod, direction: str, other: Pod | Address, port: tuple[str, int]
) -> bool:
    is_selected = False
    for manifest in manifests:
        spec = manifest["spec"]
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        if manifest["metadata"]["namespace"] != own.namespace or direction not in types:
            continue
        if not brute_selects(spec.get("podSelector") or {}, dict(own.labels)):
            continue
        is_selected = True
        for rule in spec.get(direction.lower()) or []:
            peers, ports = rule.get("from" if direction == INGRESS else "to"), rule.get("ports")
            called = own if direction == INGRESS else other
            if peers and not any(brute_peer(one, own.namespace, other) for one in peers):
                continue
            if ports and not any(brute_port(one, called, *port) for one in ports):
                continue
            return True
    return not is_selected


KEYS, VALUES, SPACES = st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(["shop", "friends"])
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
    st.fixed_dictionaries(
        {"key": KEYS, "operator": st.sampled_from(["In", "NotIn"]), "values": st.lists(VALUES, min_size=1, max_size=2)}
    ),
)
SELECTORS = st.fixed_dictionaries(
    {}, optional={"matchLabels": LABELS, "matchExpressions": st.lists(EXPRESSIONS, max_size=2)}
)
BLOCKS = st.sampled_from(
    [
        {"cidr": "0.0.0.0/0"},
        {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "1.1.1.0/24"]},
        {"cidr": "10.1.2.0/30"},
        {"cidr": "::/0", "except": ["2001:db8::/32"]},
    ]
)
PEERS = st.one_of(
    st.fixed_dictionaries({"podSelector": SELECTORS}),
    st.fixed_dictionaries({"namespaceSelector": SELECTORS}),
    st.fixed_dictionaries({"namespaceSelector": SELECTORS, "podSelector": SELECTORS}),
    st.fixed_dictionaries({"ipBlock": BLOCKS}),
)
PROTOCOL = st.fixed_dictionaries({}, optional={"protocol": st.sampled_from(PROTOCOLS)})
NUMBERS = st.integers(1, 5)
PORTS = st.one_of(
    PROTOCOL,
    st.builds(lambda port, one: {**one, "port": port}, st.one_of(NUMBERS, st.sampled_from(["http", "dns"])), PROTOCOL),
    st.builds(
        lambda port, more, one: {**one, "port": port, "endPort": port + more}, NUMBERS, st.integers(0, 3), PROTOCOL
    ),
)


def rules(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries({}, optional={side: st.lists(PEERS, max_size=2), "ports": st.lists(PORTS, max_size=2)})
    return st.lists(rule, max_size=2)


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "podSelector": SELECTORS,
        "policyTypes": st.sampled_from([[], ["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
        "ingress": rules("from"),
        "egress": rules("to"),
    },
)
CONTAINER_PORTS = st.lists(
    st.builds(ContainerPort, NUMBERS, st.sampled_from(PROTOCOLS), st.sampled_from(["http", "dns", ""])), max_size=3
)
PODS = st.builds(
    lambda namespace, labels, of_namespace, ports: Pod("Pod/x", namespace, labels, of_namespace, tuple(ports)),
    SPACES,
    LABELS,
    LABELS,
    CONTAINER_PORTS,
)
OTHERS = st.one_of(PODS, st.sampled_from([PUBLIC, PRIVATE, V6]))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(SPECS, SPACES), max_size=3), PODS, OTHERS, st.sampled_from([INGRESS, EGRESS]))
def test_random_policies_admit_what_the_reference_says(
    specs: list[tuple[dict[str, Any], str]], own: Pod, other: Pod | Address, direction: str
) -> None:
    manifests = [policy(spec, namespace) for spec, namespace in specs]

    found = ports_admitted(read_policies(manifests), own, direction, other)

    for protocol in PROTOCOLS:
        for number in range(1, 10):
            expected = brute_admits(manifests, own, direction, other, (protocol, number))
            assert ((protocol, number) in found) == expected, (protocol, number)
