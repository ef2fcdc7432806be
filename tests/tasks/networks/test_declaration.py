"""What a dependencies.yaml may say, and what is answered to what it may not."""

# ruff: noqa: E501 - messages stand in full

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest

from tasks.networks.declaration import Outside, Service, read_declaration
from tasks.networks.errors import NetworksError
from tasks.networks.layers import layers_of, merged
from tasks.networks.ports import ContainerPort, Port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.networks.conftest import Change


def test_a_declaration_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "dependencies.yaml"
    file.write_text("""\
outside:
  store: {addresses: [192.0.2.0/24], except: [192.0.2.8/29], ports: {s3: 443}}
  operator: {namespaces: [cnpg-system], pods: {app: operator}}
services:
  database:
    pods: {cnpg.io/cluster: database}
    namespace: data
    made_by: Cluster/database
    ports: {postgres: 5432, names: 53/UDP}
    calls: {store: [s3], database: [5432]}
    called_by: {operator: [8000]}
  idle:
""")

    found = read_declaration(file)

    assert found.outside == {
        "store": Outside(
            addresses=(ipaddress.ip_network("192.0.2.0/24"),),
            exceptions=(ipaddress.ip_network("192.0.2.8/29"),),
            ports=(ContainerPort(443, "TCP", "s3"),),
        ),
        "operator": Outside(namespaces=("cnpg-system",), pods={"app": "operator"}),
    }
    assert found.services == {
        "database": Service(
            {"cnpg.io/cluster": "database"},
            {"store": (Port("s3"),), "database": (Port(5432),)},
            {"operator": (Port(8000),)},
            "data",
            "Cluster/database",
            (ContainerPort(5432, "TCP", "postgres"), ContainerPort(53, "UDP", "names")),
        ),
        "idle": Service({}, {}, {}),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", ": expected a map, found ['a']"),
        ("service: {}", ": service: unknown field; did you mean services? known are outside, services"),
        ("services: [web]", ": services: expected a map, found ['web']"),
        (
            "services: {web: {call: {}}}",
            ": services.web.call: unknown field; did you mean calls? known are pods, namespace, made_by, ports, calls, called_by",
        ),
        ("services: {web: {calls: {db: 5432}}}", ": services.web.calls.db: expected a list, found 5432"),
        (
            "services: {web: {calls: {db: []}}}",
            ": services.web.calls.db: expected a list of ports, such as [http] or [443]",
        ),
        (
            "services: {web: {calls: {db: [99999]}}}",
            ": services.web.calls.db: expected ports such as http, 443 or 53/UDP, found 99999",
        ),
        ("services: {web: {pods: {}}}", ": services.web.pods: expected labels of the pods"),
        ("services: {web: {pods: {a: 1}}}", ": services.web.pods: expected labels, text all of them, found {'a': 1}"),
        ("services: {'*': {pods: {a: b}}}", ": services.*.pods: all pods are meant"),
        ("services: {web: {namespace: [a]}}", ": services.web.namespace: expected a name, found ['a']"),
        (
            "services: {web: {made_by: database}}",
            ": services.web.made_by: expected an object such as Cluster/database, found 'database'",
        ),
        (
            "services: {web: {ports: {http: 80}}}",
            ": services.web.ports: only for pods that an operator makes; others declare theirs",
        ),
        (
            "outside: {a: {ports: {http: web}, namespaces: [b]}}",
            ": outside.a.ports.http: expected a number, found 'web'",
        ),
        ("outside: {a: {}}", ": outside.a: expected either namespaces or addresses"),
        (
            "outside: {a: {namespaces: [b], addresses: [192.0.2.0/24]}}",
            ": outside.a: expected either namespaces or addresses",
        ),
        ("outside: {a: {namespaces: [1]}}", ": outside.a.namespaces: expected a list of text, found 1 in it"),
        ("outside: {a: {pods: {b: c}, addresses: [192.0.2.0/24]}}", ": outside.a.pods: addresses have no pods"),
        (
            "outside: {a: {addresses: [192.0.2.1/24]}}",
            ": outside.a.addresses: expected address blocks such as 192.0.2.0/24: 192.0.2.1/24 has host bits set",
        ),
        (
            "outside: {a: {addresses: [192.0.2.0/24], except: ['2001:db8::/32']}}",
            ": outside.a.except: 2001:db8::/32 is in none of the addresses",
        ),
    ],
)
def test_what_a_declaration_may_not_say(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "dependencies.yaml"
    file.write_text(text)

    with pytest.raises(NetworksError) as error:
        read_declaration(file)

    assert str(error.value) == f"{file}{message}"


def test_no_yaml_and_no_file_are_errors_of_one_line(tmp_path: Path) -> None:
    file = tmp_path / "dependencies.yaml"
    with pytest.raises(NetworksError, match=r"dependencies\.yaml: cannot be read: No such file or directory$"):
        read_declaration(file)
    file.write_text("a: [")
    with pytest.raises(NetworksError, match=r"dependencies\.yaml: is no YAML: [^\n]+$"):
        read_declaration(file)


def test_layers_are_found_from_below_and_say_more_together(shop: Path) -> None:
    layers = layers_of(shop / "overlays/dev/shop")

    assert [str(one.folder.relative_to(shop)) for one in layers] == [
        "components/default-deny",
        "base/shop",
        "overlays/dev/shop",
    ]
    assert list(merged(layers).services) == ["*", "web", "cache", "database"]


def test_calls_of_layers_add_up(shop: Path, change: Change) -> None:
    change("overlays/dev/shop", "services:", "services:\n  web: {calls: {cache: [redis, 6380], database: [5433]}}")

    web = merged(layers_of(shop / "overlays/dev/shop")).services["web"]

    assert web.calls["cache"] == (Port("redis"), Port(6380))
    assert web.calls["database"] == (Port("postgres"), Port(5433))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            ("base/shop", "database: [", "databse: ["),
            "base/shop/dependencies.yaml: services.web.calls.databse: no layer defines it; did you mean database? known are dns, ingress, internet, web, cache, database",
        ),
        (
            ("base/shop", "{ingress:", "{cache:"),
            "base/shop/dependencies.yaml: services.web.called_by.cache: a service of the system; declare it there, under calls",
        ),
        (
            ("base/shop", "internet: [443]", "internet: [https]"),
            "base/shop/dependencies.yaml: services.web.calls.internet: it has no port https; it names no ports: expected a number",
        ),
        (
            ("base/shop", "cache: [redis]", "'*': [redis]"),
            "base/shop/dependencies.yaml: services.web.calls.*: no layer defines it; known are dns, ingress, internet, web, cache, database",
        ),
        (
            ("base/shop", "services:", "outside: {dns: {namespaces: [a]}}\nservices:"),
            "base/shop/dependencies.yaml: outside.dns: components/default-deny/dependencies.yaml defines this name; choose another one",
        ),
        (
            ("base/shop", "  cache: {}", "  cache: {}\n  dns: {}"),
            "base/shop/dependencies.yaml: services.dns: components/default-deny/dependencies.yaml defines this name; choose another one",
        ),
        (
            ("overlays/dev/shop", "services:", "services:\n  web: {pods: {a: b}}"),
            "overlays/dev/shop/dependencies.yaml: services.web.pods: a layer below says something else",
        ),
    ],
)
def test_layers_may_not_contradict_each_other(
    shop: Path, change: Change, edit: tuple[str, str, str], message: str
) -> None:
    change(*edit)

    with pytest.raises(NetworksError) as error:
        merged(layers_of(shop / "overlays/dev/shop"))

    assert str(error.value).replace(f"{shop}/", "") == message
