"""Who talks to whom, and where that is drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.report.layout import GAP, laid_out
from tasks.report.mentions import hosts
from tasks.report.talks import graph

HOSTS = {
    "an address": ("URL=http://api", [("api", "")]),
    "with a port": ("URL=http://api:8080/v1", [("api", "8080")]),
    "with a password": ("URL=postgres://app:s3cr$t@db:5432/x", [("db", "5432")]),
    "with a reference for a password": ("URL=redis://:$(PASSWORD)@cache:6379", [("cache", "6379")]),
    "a template for a password": ("URL=postgresql://u:{{ .password }}@db:5432/x", [("db", "5432")]),
    "two addresses": ("URLS=http://a:1234,http://b.shop.svc:80", [("a", "1234"), ("b.shop.svc", "80")]),
    "a name with a port": ("BROKER=kafka:9092", [("kafka", "9092")]),
    "a variable that says host": ("CACHE_HOST=cache", [("cache", "")]),
    "a file that says host": ("app.yaml=db:\n  host: db\n  size: 10", [("db", "")]),
    "a word": ("ROLE=worker", []),
    "a path": ("DATA=/var/lib/postgresql/data", []),
    "a time": ("AT=12:30:00", []),
    "an image": ("IMAGE=registry.example/redis:7.4.6", []),
}


@pytest.mark.parametrize(("text", "expected"), HOSTS.values(), ids=HOSTS.keys())
def test_hosts_in_a_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(hosts(text)) == expected


def _workload(name: str, kind: str = "Deployment", **container: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name, **container}]}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": _metadata(name), "spec": {"template": template}}


def _metadata(name: str) -> dict[str, str]:
    return {"name": name, "namespace": "shop"}


def _service(name: str, **spec: Any) -> dict[str, Any]:
    found = {"selector": {"app": name}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(name), "spec": found}


def _env(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _policy(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": _metadata(name), "spec": spec}


def _talks(*manifests: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(talk.source, talk.target, talk.kind) for talk in graph(manifests).talks]


PAIR = (_workload("web", env=_env(API_URL="http://api")), _workload("api"), _service("api"))


def test_a_variable_names_a_service_and_the_service_its_pods() -> None:
    found = graph(PAIR)

    assert _talks(*PAIR) == [("Deployment/web", "Deployment/api", "names")]
    assert found.talks[0].reasons == ("env API_URL → api",)
    assert [(node.title, node.detail) for node in found.nodes] == [("Deployment/web", ""), ("Deployment/api", ":80")]


NAMED = {
    "in its own namespace": ("http://api.shop.svc.cluster.local:80", True),
    "in another namespace": ("http://api.other.svc", False),
    "of the internet": ("https://api.example.com/v1", False),
    "a pod of a StatefulSet": ("http://store-0.api:80", True),
    "a Service that only begins so": ("http://api2:80", False),
}


@pytest.mark.parametrize(("url", "is_meant"), NAMED.values(), ids=NAMED.keys())
def test_a_host_is_a_service_of_the_unit(url: str, is_meant: bool) -> None:  # noqa: FBT001 - a column of the table
    manifests = (_workload("web", env=_env(URL=url)), _workload("api"), _service("api"))

    assert bool(_talks(*manifests)) == is_meant


def test_config_maps_and_templates_of_secrets_are_read() -> None:
    config = {"kind": "ConfigMap", "metadata": _metadata("config"), "data": {"CACHE_HOST": "cache"}}
    secret = {"kind": "ExternalSecret", "metadata": _metadata("keys")}
    template = {"data": {"DATABASE_URL": "postgres://{{ .user }}:{{ .password }}@db:5432/x"}}
    secret["spec"] = {"target": {"name": "app-keys", "template": template}}
    key = {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "app-keys", "key": "DATABASE_URL"}}}
    web = _workload("web", envFrom=[{"configMapRef": {"name": "config"}}], env=[key])

    found = _talks(web, config, secret, _workload("db"), _service("db"), _workload("cache"), _service("cache"))

    assert sorted(target for _, target, _ in found) == ["Deployment/cache", "Deployment/db"]


def test_ways_in_lead_through_services_to_pods() -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rules = [{"host": "shop.example", "http": {"paths": [{"path": "/", "backend": backend}]}}]
    ingress = {"kind": "Ingress", "metadata": _metadata("shop"), "spec": {"rules": rules}}
    route = {"match": "Host(`shop.example`) && PathPrefix(`/x`)", "services": [{"name": "web", "port": 80}]}
    traefik = {"kind": "IngressRoute", "metadata": _metadata("old"), "spec": {"routes": [route]}}
    balancer = _service("public", selector={"app": "web"}, type="LoadBalancer")

    found = graph([ingress, traefik, balancer, _service("web"), _workload("web")])

    assert [(talk.source, talk.kind) for talk in found.talks] == [
        ("Ingress/shop", "route"),
        ("IngressRoute/old", "route"),
        ("Service/public", "route"),
    ]
    assert [node.detail for node in found.nodes[:3]] == ["shop.example", "shop.example", "LoadBalancer :80"]


def test_a_service_without_pods_is_a_node_of_its_own() -> None:
    outside = _service("mail", selector=None, type="ExternalName", externalName="smtp.example.com")

    found = graph([_workload("web", env=_env(SMTP_HOST="mail")), outside])

    assert [(node.title, node.detail) for node in found.nodes] == [
        ("Deployment/web", ""),
        ("Service/mail", "smtp.example.com"),
    ]


def test_who_neither_talks_nor_is_talked_to_is_listed_apart() -> None:
    found = graph([*PAIR, _workload("batch", kind="CronJob")])

    assert [node.title for node in found.silent] == ["CronJob/batch"]


def _peers(*names: str) -> list[dict[str, Any]]:
    return [{"podSelector": {"matchLabels": {"app": name}}} for name in names]


def _onto(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": name}}}


POLICIES: dict[str, tuple[list[dict[str, Any]], bool, tuple[str, ...]]] = {
    "none": ([], True, ()),
    "about others": ([_policy("p", **_onto("db"), ingress=[])], True, ()),
    "lets it in": ([_policy("p", **_onto("api"), ingress=[{"from": _peers("web")}])], True, ("p",)),
    "lets others in": ([_policy("p", **_onto("api"), ingress=[{"from": _peers("db")}])], False, ("p",)),
    "denies all": ([_policy("p", podSelector={}, policyTypes=["Ingress"])], False, ("p",)),
    "an empty rule lets all in": ([_policy("p", **_onto("api"), ingress=[{}])], True, ("p",)),
    "two add up": (
        [_policy("p", podSelector={}), _policy("q", **_onto("api"), ingress=[{"from": _peers("web")}])],
        True,
        ("p", "q"),
    ),
    "lets it not out": ([_policy("p", **_onto("web"), policyTypes=["Egress"])], False, ("p",)),
    "lets it out": (
        [_policy("p", **_onto("web"), policyTypes=["Egress"], egress=[{"to": _peers("api")}])],
        True,
        ("p",),
    ),
    "by its namespace": (
        [
            _policy(
                "p",
                **_onto("api"),
                ingress=[
                    {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]},
                ],
            )
        ],
        True,
        ("p",),
    ),
    "by an expression": (
        [
            _policy(
                "p",
                podSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]},
                ingress=[{"from": [{"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}]}],
            )
        ],
        True,
        ("p",),
    ),
    "of another namespace": (
        [{**_policy("p", podSelector={}), "metadata": {"name": "p", "namespace": "other"}}],
        True,
        (),
    ),
}


@pytest.mark.parametrize(("policies", "is_allowed", "names"), POLICIES.values(), ids=POLICIES.keys())
def test_what_network_policies_say(
    policies: list[dict[str, Any]],
    is_allowed: bool,  # noqa: FBT001 - a column of the table
    names: tuple[str, ...],
) -> None:
    talk = graph([*PAIR, *policies]).talks[0]

    assert (talk.is_allowed, talk.policies) == (is_allowed, names)


def test_pods_that_only_a_policy_names_are_shown_as_allowed() -> None:
    policy = _policy("p", **_onto("api"), ingress=[{"from": _peers("web", "batch")}])

    found = _talks(*PAIR, _workload("batch"), policy)

    assert found == [("Deployment/web", "Deployment/api", "names"), ("Deployment/batch", "Deployment/api", "allowed")]


def test_the_layout_goes_from_left_to_right_around_what_is_between() -> None:
    layout = laid_out(dict.fromkeys("abc", 40.0), [("a", "b"), ("b", "c"), ("a", "c")])

    assert [layout.nodes[one].layer for one in "abc"] == [0, 1, 2]
    assert [point.layer for point in layout.edges["a", "c"]] == [0, 1, 2]
    between = layout.edges["a", "c"][1]
    assert abs(between.middle - layout.nodes["b"].middle) > 20


def test_a_circle_is_broken_and_its_edge_still_goes_from_source_to_target() -> None:
    layout = laid_out(dict.fromkeys("ab", 40.0), [("a", "b"), ("b", "a")])

    assert layout.edges["b", "a"] == (layout.nodes["b"], layout.nodes["a"])


def test_lines_do_not_cross_that_need_not() -> None:
    layout = laid_out(dict.fromkeys("abxy", 40.0), [("a", "y"), ("b", "x")])

    assert (layout.nodes["a"].middle < layout.nodes["b"].middle) == (
        layout.nodes["y"].middle < layout.nodes["x"].middle
    )


NODES = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)
EDGES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=20)


@given(NODES, EDGES)
def test_no_two_nodes_overlap_and_nothing_is_outside(nodes: list[str], edges: list[tuple[str, str]]) -> None:
    layout = laid_out(dict.fromkeys(nodes, 40.0), edges)

    for layer in range(layout.layers):
        middles = sorted(point.middle for point in layout.nodes.values() if point.layer == layer)
        assert all(other - one >= 40.0 + GAP - 1e-6 for one, other in pairwise(middles))
    assert all(20 - 1e-6 <= point.middle <= layout.height - 20 + 1e-6 for point in layout.nodes.values())
    for (source, target), points in layout.edges.items():
        assert (points[0], points[-1]) == (layout.nodes[source], layout.nodes[target])
        assert all(abs(one.layer - other.layer) == 1 for one, other in pairwise(points))


def test_a_rendered_system_of_this_kind_reads_as_yaml_too() -> None:
    text = yaml.safe_dump_all(PAIR)

    assert _talks(*yaml.safe_load_all(text)) == _talks(*PAIR)
