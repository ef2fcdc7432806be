"""Services by name: those of a unit, and those that operators make for its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.nearest import nearest
from tasks.checks.objects import elements, group_of, mapping, name_of

if TYPE_CHECKING:
    from tasks.checks.findings import Manifest, Path
    from tasks.checks.objects import Objects

_CNPG = "postgresql.cnpg.io"


class Known(NamedTuple):
    """A Service that is there: its ports by name and number; None where an operator knows them."""

    ports: set[Any] | None
    labels: Manifest


def port_names(service: Manifest) -> set[Any]:
    """Give the ports of a Service, by number and by name."""
    found = [one for _, one in elements(service, "spec", "ports")]
    return {one.get("port") for one in found} | {one.get("name") for one in found if one.get("name")}


def nearest_port(service: Manifest, wanted: object) -> Path:
    """Give the path of the port of a Service that is called most like another, that of all ports if none is."""
    ports = list(elements(service, "spec", "ports"))
    for path, one in ports:
        if nearest(str(wanted), [str(one.get(field)) for field in ("name", "port") if one.get(field)]):
            return (*path, "name" if one.get("name") else "port")
    return ("spec", "ports")


def service_names(objects: Objects, namespace: str) -> list[str]:
    """Give the names of all Services in a namespace."""
    made = (f"{name_of(one)}-{part}" for one in objects.of_kind("Cluster") for part in ("rw", "ro", "r"))
    return [*objects.names("Service", namespace), *made]


def find_service(objects: Objects, name: str, namespace: str) -> Known | None:
    """Find a Service; None when there is none."""
    found = objects.get("Service", name, namespace)
    if found is not None:
        return Known(port_names(found), mapping(found, "spec", "selector"))
    owner = objects.get("Cluster", name.rpartition("-")[0], namespace)
    if owner is not None and group_of(owner) == _CNPG and name.endswith(("-rw", "-ro", "-r")):
        return Known({5432, "postgres"}, {"cnpg.io/cluster": name_of(owner)})
    return None


def split_host(host: str, namespace: str) -> tuple[str, str]:
    """Give name and namespace of the Service that a host stands for: web, web.shop, web.shop.svc.cluster.local."""
    name, _, rest = host.partition(".")
    return name, rest.partition(".")[0] or namespace


def is_of_cluster(host: str) -> bool:
    """Tell whether a host is a Service of the cluster, and not a name of the outside or a pattern."""
    parts = host.split(".")
    return "*" not in host and (len(parts) <= 2 or parts[2:3] == ["svc"])
