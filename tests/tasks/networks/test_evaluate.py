"""What is found when rendered policies and declarations differ."""

# ruff: noqa: E501 - messages stand in full

from __future__ import annotations

import ipaddress
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.networks.declaration import read_declaration
from tasks.networks.evaluate import evaluate
from tasks.networks.layers import Layer, layers_of, merged
from tasks.networks.policies import policies_of
from tasks.networks.ports import ContainerPort
from tasks.networks.reading import EGRESS, INGRESS, read_policies
from tasks.networks.semantics import Pod, ports_admitted
from tasks.networks.unspoken import unspoken
from tests.tasks.networks.conftest import workload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.networks.findings import Finding
    from tests.tasks.networks.conftest import Change, Shop

Objects = list[dict[str, Any]]


def lines(findings: list[Finding]) -> list[str]:
    return [
        f"{one.manifest['kind']}/{one.manifest['metadata']['name']} {'.'.join(map(str, one.path))}: {one.message}"
        if one.manifest
        else f"{one.file}: {one.message}"
        for one in findings
    ]


def found(objects: Objects, environment: str = "dev") -> list[str]:
    return lines(evaluate(objects, merged(layers_of(Path("overlays") / environment / "shop"))))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_generated_policies_admit_what_is_declared_and_nothing_else(rendered: Shop, environment: str) -> None:
    assert found(rendered(environment), environment) == []


def named(objects: Objects, name: str) -> dict[str, Any]:
    return next(one for one in objects if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == name)


def without(name: str) -> Callable[[Objects], None]:
    return lambda objects: objects.remove(named(objects, name))


def with_spec(name: str, **changes: Any) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        named(objects, name)["spec"] |= changes

    return change


def with_rule(name: str, field: str, index: int, **changes: Any) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        named(objects, name)["spec"][field][index] |= changes

    return change


def another(spec: str) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        metadata = {"name": "extra", "namespace": "shop"}
        objects.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": yaml.safe_load(spec),
            }
        )

    return change


WEB = "podSelector: {matchLabels: {app.kubernetes.io/name: web}}\n"
DAMAGE: dict[str, tuple[Callable[[Objects], None], list[str]]] = {
    "the policy of the database is away": (
        without("database"),
        [
            "NetworkPolicy/default spec.ingress: Deployment/postgres may not be called by Deployment/web on 5432, which dependencies.yaml declares"
        ],
    ),
    "the way out to the database is away": (
        without("web-dev"),
        [
            "NetworkPolicy/web spec.egress: Deployment/web may not call Deployment/postgres on 5432, which dependencies.yaml declares"
        ],
    ),
    "another selector blocks the database": (
        with_spec("database", podSelector={"matchLabels": {"app": "postgresql"}}),
        [
            "NetworkPolicy/database spec.podSelector: it selects no pod of this unit",
            "NetworkPolicy/default spec.ingress: Deployment/postgres may not be called by Deployment/web on 5432, which dependencies.yaml declares",
        ],
    ),
    "a port is misspelt": (
        with_rule("database", "ingress", 0, ports=[{"port": "postgre"}]),
        [
            "NetworkPolicy/database spec.ingress.0: Deployment/postgres may not be called by Deployment/web on 5432, which dependencies.yaml declares"
        ],
    ),
    "a port is another one": (
        with_rule("cache", "ingress", 0, ports=[{"port": 6380}]),
        [
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may not be called by Deployment/web on 6379, which dependencies.yaml declares",
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may be called by Deployment/web on 6380, which nobody declares",
        ],
    ),
    "a protocol is another one": (
        with_rule("cache", "ingress", 0, ports=[{"port": 6379, "protocol": "UDP"}]),
        [
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may not be called by Deployment/web on 6379, which dependencies.yaml declares",
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may be called by Deployment/web on 6379/UDP, which nobody declares",
        ],
    ),
    "all ports instead of one": (
        with_rule("cache", "ingress", 0, ports=[]),
        [
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may be called by Deployment/web on 1-6378, 6380-65535, 1-65535/UDP, 1-65535/SCTP, which nobody declares"
        ],
    ),
    "the whole namespace instead of one service": (
        with_rule("cache", "ingress", 0, **{"from": [{"podSelector": {}}]}),
        [
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may be called by Deployment/cache on 6379, Deployment/postgres on 6379 and 1 more, which nobody declares"
        ],
    ),
    "all namespaces": (
        with_rule(
            "cache",
            "ingress",
            0,
            **{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}]},
        ),
        [
            "NetworkPolicy/cache spec.ingress.0: Deployment/cache may be called by a pod with the labels of Deployment/web in another namespace on 6379, which nobody declares"
        ],
    ),
    "anybody": (
        with_rule("web", "ingress", 0, **{"from": []}),
        [
            "NetworkPolicy/web spec.ingress.0: Deployment/web may be called by Deployment/web on 8080, Deployment/cache on 8080 and 24 more, which nobody declares"
        ],
    ),
    "no exception for private addresses": (
        with_rule("web", "egress", 1, to=[{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]),
        [
            "NetworkPolicy/web spec.egress.1: Deployment/web may call 10.1.2.3 on 443, 10.0.0.0 on 443 and 1 more, which nobody declares"
        ],
    ),
    "an exception too many": (
        with_rule(
            "web",
            "egress",
            1,
            to=[
                {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "1.1.1.1/32"]}},
                {"ipBlock": {"cidr": "::/0"}},
            ],
        ),
        [
            "NetworkPolicy/web spec.egress: Deployment/web may not call internet (1.1.1.1) on 443, which dependencies.yaml declares"
        ],
    ),
    "no default": (
        without("default"),
        [
            "NetworkPolicy/web spec.egress: Deployment/web may not call dns (namespace kube-system) on 53, 53/UDP, which dependencies.yaml declares",
            "NetworkPolicy/cache spec.egress: Deployment/cache may not call dns (namespace kube-system) on 53, 53/UDP, which dependencies.yaml declares",
            "NetworkPolicy/database spec.egress: Deployment/postgres may not call dns (namespace kube-system) on 53, 53/UDP, which dependencies.yaml declares",
        ],
    ),
    "names over UDP only": (
        with_rule("default", "egress", 0, ports=[{"port": 53, "protocol": "UDP"}]),
        [
            "NetworkPolicy/default spec.egress.0: Deployment/web may not call dns (namespace kube-system) on 53, which dependencies.yaml declares",
            "NetworkPolicy/default spec.egress.0: Deployment/cache may not call dns (namespace kube-system) on 53, which dependencies.yaml declares",
            "NetworkPolicy/default spec.egress.0: Deployment/postgres may not call dns (namespace kube-system) on 53, which dependencies.yaml declares",
        ],
    ),
    "any pod of kube-system": (
        with_rule(
            "default",
            "egress",
            0,
            to=[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        ),
        [
            f"NetworkPolicy/default spec.egress.0: Deployment/{name} may call a pod without labels in namespace kube-system on 53, 53/UDP, which nobody declares"
            for name in ("web", "cache", "postgres")
        ],
    ),
    "a further policy, made by hand": (
        another(
            f"{WEB}ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: x}}}}}}], ports: [{{port: http}}]}}]"
        ),
        [
            "NetworkPolicy/extra spec.ingress.0: Deployment/web may be called by a pod with no labels in namespace somewhere-else on 8080, which nobody declares"
        ],
    ),
    "a further policy that cannot be read": (
        another("ingress: [{from: [{ipBlock: {cidr: 1.2.3}}]}]"),
        [
            "NetworkPolicy/extra spec.ingress.0.from.0.ipBlock.cidr: expected a block of addresses such as 192.0.2.0/24, found '1.2.3'"
        ],
    ),
    "a new workload": (
        lambda objects: objects.append(workload("job", "http", 80)),
        [
            "Deployment/job spec.template.metadata.labels: no service in dependencies.yaml selects its pods",
        ],
    ),
    "a workload in the network of its node": (
        lambda objects: objects.append(workload("agent", "http", 80, spec={"hostNetwork": True})),
        [
            "Deployment/agent spec.template.spec.hostNetwork: its pods use the network of their node, where no NetworkPolicy holds"
        ],
    ),
    "a workload has another name": (
        lambda objects: objects[1]["spec"]["template"]["metadata"].update(labels={"app.kubernetes.io/name": "caches"}),
        [
            "Deployment/cache spec.template.metadata.labels: no service in dependencies.yaml selects its pods",
            "base/shop/dependencies.yaml: services.cache: it selects no pod of this unit; did you mean cache?",
            "NetworkPolicy/cache spec.podSelector: it selects no pod of this unit",
            "NetworkPolicy/web spec.egress.0: Deployment/web may call a pod with app.kubernetes.io/name=cache in namespace shop on 65533, which nobody declares",
        ],
    ),
    "a port has another name": (
        lambda objects: objects[1]["spec"]["template"]["spec"]["containers"][0]["ports"][0].update(name="resp"),
        ["base/shop/dependencies.yaml: services.web.calls.cache: no pod of cache has a port redis; known are resp"],
    ),
}


@pytest.mark.parametrize(("damage", "expected"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_found(rendered: Shop, damage: Callable[[Objects], None], expected: list[str]) -> None:
    objects = deepcopy(rendered("dev"))
    damage(objects)

    assert found(objects) == expected


def test_without_any_policy_all_pods_are_open(rendered: Shop) -> None:
    objects = [one for one in rendered("prod") if one["kind"] != "NetworkPolicy"]

    assert found(objects, "prod") == [
        "Deployment/web metadata.name: no NetworkPolicy selects its pods for ingress: they may be called by all",
        "Deployment/web metadata.name: no NetworkPolicy selects its pods for egress: they may call all",
        "Deployment/cache metadata.name: no NetworkPolicy selects its pods for ingress: they may be called by all",
        "Deployment/cache metadata.name: no NetworkPolicy selects its pods for egress: they may call all",
    ]


def test_pods_that_an_operator_makes_are_held_against_the_policies_too(rendered: Shop, change: Change) -> None:
    change("overlays/dev/shop", "{pods: {app: postgres}}", "{pods: {db: d}, made_by: Cluster/d, ports: {postgres: 7}}")
    objects = [one for one in rendered("dev") if one["metadata"]["name"] != "postgres"]
    cluster = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "d", "namespace": "shop"}}

    assert found([*objects, cluster]) == []
    assert found(objects) == [
        "overlays/dev/shop/dependencies.yaml: services.database: there is no Cluster/d in this unit",
        "NetworkPolicy/database spec.podSelector: it selects no pod of this unit",
        "NetworkPolicy/web-dev spec.egress.0: Deployment/web may call a pod with db=d in namespace shop on 7, which nobody declares",
    ]
    unknown = {**cluster, "metadata": {"name": "e", "namespace": "shop"}}
    assert found([*objects, cluster, unknown]) == [
        "Cluster/e metadata.name: an operator makes pods of it, and no service in dependencies.yaml is made_by it"
    ]
    named(objects, "database")["spec"]["ingress"][0]["ports"] = [{"port": "postgres"}, {"port": 8}]
    assert found([*objects, cluster]) == [
        "NetworkPolicy/database spec.ingress.0: Cluster/d may be called by Deployment/web on 8, which nobody declares"
    ]


def test_what_manifests_say_and_nobody_declares_is_found(rendered: Shop) -> None:
    url = [{"name": "SEARCH_URL", "value": "http://search:9200"}, {"name": "CACHE_URL", "value": "redis://cache:6379"}]
    ports = [{"port": 9200}]
    objects = [
        *(one for one in rendered("dev") if one["metadata"]["name"] not in {"web", "cache"} or "Policy" in one["kind"]),
        workload("web", "http", 8080, env=url),
        workload("cache", "redis", 6379),
        workload("search", "http", 9200),
        *(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {"selector": {"app.kubernetes.io/name": name}, "ports": ports, "type": kind},
            }
            for name, kind in (("search", "ClusterIP"), ("cache", "LoadBalancer"), ("web", "NodePort"))
        ),
    ]

    findings = list(unspoken(objects, [], merged(layers_of(Path("overlays/dev/shop")))))

    assert lines(findings) == [
        "Service/cache spec: leads to Deployment/cache, which nobody outside may call",
        "Deployment/web spec: env SEARCH_URL → search:9200: names Deployment/search, which it may not call",
    ]


MONITORS = """\
- kind: PodMonitor
  metadata: {name: pods, namespace: shop}
  spec: {selector: {}, podMetricsEndpoints: [{port: http}, {port: redis}]}
- kind: PodMonitor
  metadata: {name: elsewhere, namespace: shop}
  spec: {selector: {}, namespaceSelector: {any: true}, podMetricsEndpoints: [{port: redis}]}
- kind: ServiceMonitor
  metadata: {name: services, namespace: shop}
  spec: {selector: {matchLabels: {app: cache}}, endpoints: [{port: web}, {port: admin}]}
- kind: Service
  metadata: {name: cache, namespace: shop, labels: {app: cache}}
  spec:
    selector: {app.kubernetes.io/name: cache}
    ports: [{name: web, port: 80, targetPort: redis}, {name: admin, port: 9121}]
"""


def test_what_prometheus_asks_and_may_not_is_found(rendered: Shop) -> None:
    objects = [*rendered("prod"), *yaml.safe_load(MONITORS)]

    findings = list(unspoken(objects, [], merged(layers_of(Path("overlays/prod/shop")))))

    nobody = "on which nobody outside may call it"
    assert lines(findings) == [
        f"PodMonitor/pods spec.podMetricsEndpoints.1: Prometheus asks Deployment/cache on 6379, {nobody}",
        f"ServiceMonitor/services spec.endpoints.0: Prometheus asks Deployment/cache on 6379, {nobody}",
        f"ServiceMonitor/services spec.endpoints.1: Prometheus asks Deployment/cache on 9121, {nobody}",
    ]
    assert findings[0].fix == "declare it in base/shop/dependencies.yaml: called_by: {monitoring: [redis]}"


SIDES = (INGRESS, EGRESS)
NAMES = ("a", "b", "c", "d")
OUTSIDE = """\
outside:
  near: {namespaces: [n1, n2], pods: {app: x}}
  far: {addresses: [198.51.100.0/24, '2001:db8::/32'], except: [198.51.100.8/29]}
"""
PORTS = st.lists(st.sampled_from(["http", 443, "53/UDP", 9]), min_size=1, max_size=3, unique=True)
CALLS = st.dictionaries(st.sampled_from((*NAMES, "far", "near")), PORTS, max_size=3)
SERVICES = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries(
            {}, optional={"calls": CALLS, "called_by": st.dictionaries(st.sampled_from(["near", "far"]), PORTS)}
        )
        for name in ("*", *NAMES)
    }
)


def _numbers_outside(services: dict[str, Any]) -> dict[str, Any]:
    """Take names out of ports of those outside, who have none."""
    for one in services.values():
        for peer in ("far", "near"):
            ports = [port for port in one.get("calls", {}).get(peer, []) if port != "http"]
            if peer in one.get("calls", {}):
                one["calls"][peer] = ports or [1]
    return services


@settings(max_examples=60, deadline=None)
@given(SERVICES.map(_numbers_outside), st.data())
def test_whatever_is_declared_its_policies_fit_and_fewer_or_wider_ones_do_not(
    tmp_path_factory: pytest.TempPathFactory, services: dict[str, Any], data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("any") / "dependencies.yaml"
    file.write_text(OUTSIDE + yaml.safe_dump({"services": services}))
    layers = (Layer(file.parent, read_declaration(file)),)
    dependencies = merged(layers)
    policies = policies_of(layers, dependencies)[file.parent]
    for one in policies:
        one["metadata"]["namespace"] = "shop"
    objects = [workload(name, "http", 8000 + index) for index, name in enumerate(NAMES)]

    assert lines(evaluate([*objects, *policies], dependencies)) == []

    rules = [
        (one, side, rule) for one in policies for side in ("ingress", "egress") for rule in one["spec"].get(side, ())
    ]
    if not rules:
        return
    policy, side, rule = data.draw(st.sampled_from(rules))
    if data.draw(st.booleans()):
        rule["ports"] = [{"protocol": "SCTP"}]
        assert any("which nobody declares" in one for one in lines(evaluate([*objects, *policies], dependencies)))
        return
    before = _admitted(objects, policies)
    policy["spec"][side].remove(rule)
    after = _admitted(objects, policies)
    assert bool(lines(evaluate([*objects, *policies], dependencies))) == (before != after)


def _admitted(objects: Objects, policies: Objects) -> list[str]:
    """Give what policies admit between all pods, and to and from who is outside."""
    read = read_policies(policies)
    pods = [
        Pod(one["metadata"]["name"], "shop", one["spec"]["template"]["metadata"]["labels"], {}, _ports(one))
        for one in objects
    ]
    outside = [Pod(name, name, {"app": "x"}, {"kubernetes.io/metadata.name": name}) for name in ("n1", "n2")]
    others = [*pods, *outside, ipaddress.ip_address("198.51.100.1"), ipaddress.ip_address("2001:db8::1")]
    return [str(ports_admitted(read, pod, side, other)) for pod in pods for side in SIDES for other in others]


def _ports(manifest: dict[str, Any]) -> tuple[ContainerPort, ...]:
    port = manifest["spec"]["template"]["spec"]["containers"][0]["ports"][0]
    return (ContainerPort(port["containerPort"], "TCP", port["name"]),)
