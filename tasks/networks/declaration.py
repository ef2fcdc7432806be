"""A dependencies.yaml: who talks to whom, read and checked.

In: its text. Out: `Declaration`: what is outside, and the services with what they call and who calls them.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import yaml

from imbricate.nearest import nearest
from tasks.networks.errors import NetworksError
from tasks.networks.ports import ContainerPort, Port, read_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

EVERY = "*"  # the service that is all pods
Block = ipaddress.IPv4Network | ipaddress.IPv6Network
_FIELDS = ("outside", "services")
_OF_OUTSIDE = ("namespaces", "pods", "addresses", "except", "ports")
_OF_SERVICE = ("pods", "namespace", "made_by", "ports", "calls", "called_by")


class Outside(NamedTuple):
    """Somebody who is not of the system: pods of other namespaces, or addresses; `ports` gives names to numbers."""

    namespaces: tuple[str, ...] = ()
    pods: Mapping[str, str] = {}
    addresses: tuple[Block, ...] = ()
    exceptions: tuple[Block, ...] = ()
    ports: tuple[ContainerPort, ...] = ()


class Service(NamedTuple):
    """Pods of the system that have the same labels; what they call, and who calls them from outside.

    Without `labels`, those that have the name of the service in `app.kubernetes.io/name`; the service `*` is all pods.
    `made_by` is the object (`Cluster/database`) from which an operator makes them, `ports` what they listen on then.
    `namespace` is theirs where it is not that of the overlay.
    """

    labels: Mapping[str, str]
    calls: Mapping[str, tuple[Port, ...]]
    called_by: Mapping[str, tuple[Port, ...]]
    namespace: str = ""
    made_by: str = ""
    ports: tuple[ContainerPort, ...] = ()


class Declaration(NamedTuple):
    """What one file says."""

    file: str
    outside: Mapping[str, Outside]
    services: Mapping[str, Service]


def read_declaration(path: Path) -> Declaration:
    """Read a file. Raises NetworksError with file and field."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NetworksError(f"{path}: cannot be read: {error.strerror}") from None
    return _declaration(str(path), content)


@lru_cache(maxsize=1024)
def _declaration(file: str, content: bytes) -> Declaration:
    """Read what a file holds; several units ask for most of them."""
    try:
        found = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NetworksError(f"{file}: is no YAML: {' '.join(str(error).split())}") from None
    reader = _Reader(file)
    entries = reader.fields(found, "", _FIELDS)
    outside = reader.map(entries.get("outside"), "outside")
    services = reader.map(entries.get("services"), "services")
    return Declaration(
        file,
        {name: reader.outside(entry, f"outside.{name}") for name, entry in outside.items()},
        {name: reader.service(name, entry, f"services.{name}") for name, entry in services.items()},
    )


class _Reader:
    """Reads the parts of one file; every message has the file and the field."""

    def __init__(self, file: str) -> None:
        self._file = file

    def outside(self, entry: object, field: str) -> Outside:
        fields = self.fields(entry, field, _OF_OUTSIDE)
        namespaces = tuple(self._texts(fields.get("namespaces"), f"{field}.namespaces"))
        pods = self._labels(fields.get("pods"), f"{field}.pods")
        addresses = self._blocks(fields.get("addresses"), f"{field}.addresses")
        exceptions = self._blocks(fields.get("except"), f"{field}.except")
        if bool(namespaces) == bool(addresses):
            raise self._error(field, "expected either namespaces or addresses")
        if pods and addresses:
            raise self._error(f"{field}.pods", "addresses have no pods")
        for one in exceptions:
            if not any(_is_within(one, block) for block in addresses):
                raise self._error(f"{field}.except", f"{one} is in none of the addresses")
        ports = self._container_ports(fields.get("ports"), f"{field}.ports")
        return Outside(namespaces, pods, addresses, exceptions, ports)

    def service(self, name: str, entry: object, field: str) -> Service:
        fields = self.fields(entry, field, _OF_SERVICE)
        labels = self._labels(fields.get("pods"), f"{field}.pods")
        if "pods" in fields and (name == EVERY or not labels):
            expected = "all pods are meant" if name == EVERY else "expected labels of the pods"
            raise self._error(f"{field}.pods", expected)
        made_by = fields.get("made_by", "")
        if not isinstance(made_by, str) or (made_by and made_by.count("/") != 1):
            raise self._error(f"{field}.made_by", f"expected an object such as Cluster/database, found {made_by!r}")
        namespace = fields.get("namespace", "")
        if not isinstance(namespace, str):
            raise self._error(f"{field}.namespace", f"expected a name, found {namespace!r}")
        ports = self._container_ports(fields.get("ports"), f"{field}.ports")
        if ports and not made_by:
            raise self._error(f"{field}.ports", "only for pods that an operator makes; others declare theirs")
        return Service(
            labels,
            self._connections(fields.get("calls"), f"{field}.calls"),
            self._connections(fields.get("called_by"), f"{field}.called_by"),
            namespace,
            made_by,
            ports,
        )

    def fields(self, found: object, field: str, known: tuple[str, ...]) -> dict[str, Any]:
        entries = self.map(found, field)
        for name in entries:
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near}? " if near else ""
                where = f"{field}.{name}" if field else name
                raise self._error(where, f"unknown field; {hint}known are {', '.join(known)}")
        return entries

    def map(self, found: object, field: str) -> dict[str, Any]:
        if found is None:
            return {}
        if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
            raise self._error(field, f"expected a map, found {found!r}")
        return cast("dict[str, Any]", found)

    def _connections(self, found: object, field: str) -> dict[str, tuple[Port, ...]]:
        return {name: self._ports(ports, f"{field}.{name}") for name, ports in self.map(found, field).items()}

    def _ports(self, found: object, field: str) -> tuple[Port, ...]:
        read = tuple(self._port(one, field) for one in self._list(found, field))
        if not read:
            raise self._error(field, "expected a list of ports, such as [http] or [443]")
        return read

    def _port(self, written: object, field: str) -> Port:
        port = read_port(written)
        if port is None:
            raise self._error(field, f"expected ports such as http, 443 or 53/UDP, found {written!r}")
        return port

    def _container_ports(self, found: object, field: str) -> tuple[ContainerPort, ...]:
        read = []
        for name, written in self.map(found, field).items():
            port = self._port(written, f"{field}.{name}")
            if not isinstance(port.port, int):
                raise self._error(f"{field}.{name}", f"expected a number, found {written!r}")
            read.append(ContainerPort(port.port, port.protocol, name))
        return tuple(read)

    def _labels(self, found: object, field: str) -> dict[str, str]:
        labels = self.map(found, field)
        if not all(isinstance(value, str) for value in labels.values()):
            raise self._error(field, f"expected labels, text all of them, found {labels!r}")
        return labels

    def _blocks(self, found: object, field: str) -> tuple[Block, ...]:
        return tuple(self._block(text, field) for text in self._texts(found, field))

    def _block(self, text: str, field: str) -> Block:
        try:
            return ipaddress.ip_network(text)
        except ValueError as error:
            raise self._error(field, f"expected address blocks such as 192.0.2.0/24: {error}") from None

    def _texts(self, found: object, field: str) -> list[str]:
        read = self._list(found, field)
        wrong = next((one for one in read if not isinstance(one, str) or not one), None)
        if wrong is not None:
            raise self._error(field, f"expected a list of text, found {wrong!r} in it")
        return cast("list[str]", read)

    def _list(self, found: object, field: str) -> list[object]:
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._error(field, f"expected a list, found {found!r}")
        return found

    def _error(self, field: str, message: str) -> NetworksError:
        return NetworksError(f"{self._file}: {field}: {message}" if field else f"{self._file}: {message}")


def _is_within(one: Block, block: Block) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(block, ipaddress.IPv4Network) and one.subnet_of(block)
    return isinstance(block, ipaddress.IPv6Network) and one.subnet_of(block)


def within(exceptions: Iterable[Block], block: Block) -> list[Block]:
    """Give those exceptions that are parts of a block."""
    return [one for one in exceptions if _is_within(one, block)]
