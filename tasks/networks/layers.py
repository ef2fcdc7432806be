"""The dependencies.yaml of a unit: one beside each kustomization that its overlay is built on, lowest first.

Only the kustomizations are read, so that this works before the policies, which they name, have been written.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from imbricate.nearest import nearest
from tasks.networks.declaration import EVERY, Declaration, Outside, Service, read_declaration
from tasks.networks.errors import NetworksError
from tasks.networks.ports import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.networks.ports import Port

    Connections = Mapping[str, tuple[Port, ...]]

DEPENDENCIES = "dependencies.yaml"
_NAME = "app.kubernetes.io/name"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FOLDERS = ("resources", "bases", "components")  # in the order in which kustomize takes them


class Layer(NamedTuple):
    """A folder with a dependencies.yaml."""

    folder: Path
    declaration: Declaration


class Dependencies(NamedTuple):
    """What all layers of a unit say together.

    `homes` gives the folder of the layer where a name was defined first, `files` all that were read.
    """

    outside: Mapping[str, Outside]
    services: Mapping[str, Service]
    homes: Mapping[str, Path]
    files: tuple[str, ...]

    def where(self, service: str) -> str:
        """Give the file that defines a name, for messages."""
        return str(self.homes[service] / DEPENDENCIES)

    @property
    def main_file(self) -> str:
        """Give the file that defines most services: there a new one belongs, as far as can be told."""
        files = [self.where(name) for name in self.services if name != EVERY]
        return max(files, key=files.count, default=next(iter(self.files), DEPENDENCIES))


def layers_of(overlay: Path) -> tuple[Layer, ...]:
    """Find the layers of a unit. Raises NetworksError."""
    return tuple(
        Layer(folder, read_declaration(folder / DEPENDENCIES))
        for folder in folders_of(overlay)
        if (folder / DEPENDENCIES).is_file()
    )


def folders_of(overlay: Path) -> list[Path]:
    """Give all folders that a kustomization is built on, lowest first, itself last."""
    found: dict[Path, None] = {}
    _collect(overlay, Path(), found, ())
    return list(found)


def _collect(folder: Path, entry: Path, found: dict[Path, None], above: tuple[Path, ...]) -> None:
    here = _joined(folder, entry)
    if here in above or here in found:
        return
    for below in _folders(here):
        _collect(here, Path(below), found, (*above, here))
    found[here] = None


def _joined(folder: Path, entry: Path) -> Path:
    """Give `overlays/dev/shop` and `../../../base/shop` as `base/shop`, without a look at the disk."""
    parts: list[str] = []
    for part in (folder / entry).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts)


def _folders(folder: Path) -> Iterator[str]:
    """Give the folders that a kustomization names; what is wrong with it is for the engine to say."""
    file = next((folder / name for name in _KUSTOMIZATIONS if (folder / name).is_file()), None)
    if file is None:
        return
    try:
        entries = _entries(file.read_bytes())
    except (OSError, yaml.YAMLError):
        return
    yield from (entry for entry in entries if (folder / entry).is_dir())


@lru_cache(maxsize=4096)
def _entries(kustomization: bytes) -> tuple[str, ...]:
    """Give what a kustomization names in the fields that folders may stand in; several units ask for most of them."""
    found = yaml.load(kustomization, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    entries = [one for field in _FOLDERS for one in found.get(field) or ()] if isinstance(found, dict) else []
    return tuple(one for one in entries if isinstance(one, str))


def merged(layers: tuple[Layer, ...]) -> Dependencies:
    """Put layers together: calls add up, and a name means one thing. Raises NetworksError where two contradict."""
    outside: dict[str, Outside] = {}
    services: dict[str, Service] = {}
    homes: dict[str, Path] = {}
    for folder, declaration in layers:
        for name, entry in declaration.outside.items():
            if name in homes:
                raise _twice(declaration, f"outside.{name}", homes[name])
            outside[name], homes[name] = entry, folder
        for name, service in declaration.services.items():
            if name in outside:
                raise _twice(declaration, f"services.{name}", homes[name])
            known = services.get(name)
            services[name] = _both(known, service, declaration.file, name) if known else service
            homes.setdefault(name, folder)
    for _, declaration in layers:
        _check_names(declaration, outside, services)
    return Dependencies(outside, services, homes, tuple(one.declaration.file for one in layers))


def _check_names(declaration: Declaration, outside: Mapping[str, Outside], services: Mapping[str, Service]) -> None:
    """Raise NetworksError for a peer that no layer defines."""
    for name, service in declaration.services.items():
        callable_ = [*outside, *(one for one in services if one != EVERY)]
        for field, peers, known in (("calls", service.calls, callable_), ("called_by", service.called_by, [*outside])):
            for peer, ports in peers.items():
                where = f"{declaration.file}: services.{name}.{field}.{peer}"
                if peer not in known:
                    raise NetworksError(f"{where}: {_unknown(peer, field, known, services)}")
                if field == "calls" and peer in outside:
                    _check_ports(where, ports, outside[peer])


def _check_ports(where: str, ports: tuple[Port, ...], target: Outside) -> None:
    names = [one.name for one in target.ports]
    for port in ports:
        if isinstance(port.port, str) and not numbers_of(port, target.ports):
            known = f"known are {', '.join(names)}" if names else "it names no ports: expected a number"
            raise NetworksError(f"{where}: it has no port {port}; {known}")


def _unknown(peer: str, field: str, known: list[str], services: Mapping[str, Service]) -> str:
    if field == "called_by" and peer in services:
        return "a service of the system; declare it there, under calls"
    near = nearest(peer, known)
    hint = f"did you mean {near}? " if near else ""
    return f"no layer defines it; {hint}known are {', '.join(known) or 'none'}"


def _twice(declaration: Declaration, field: str, home: Path) -> NetworksError:
    return NetworksError(f"{declaration.file}: {field}: {home / DEPENDENCIES} defines this name; choose another one")


def _both(below: Service, above: Service, file: str, name: str) -> Service:
    for field, own, given in (
        ("pods", below.labels, above.labels),
        ("namespace", below.namespace, above.namespace),
        ("made_by", below.made_by, above.made_by),
        ("ports", below.ports, above.ports),
    ):
        if given and given != own:
            raise NetworksError(f"{file}: services.{name}.{field}: a layer below says something else")
    calls, called_by = _sum(below.calls, above.calls), _sum(below.called_by, above.called_by)
    return below._replace(calls=calls, called_by=called_by)


def _sum(below: Connections, above: Connections) -> Connections:
    found = {name: list(ports) for name, ports in below.items()}
    for name, ports in above.items():
        known = found.setdefault(name, [])
        known += (port for port in ports if port not in known)
    return {name: tuple(ports) for name, ports in found.items()}


def labels_of(name: str, service: Service) -> Mapping[str, str]:
    """Give the labels of a service's pods; none for the service that is all pods."""
    return service.labels or ({} if name == EVERY else {_NAME: name})
