"""The environments and the units that are rendered, found from overlays/.

In: overlays/environments.yaml and the folders beside it. Out: `Environment`s in their order, `Unit`s.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from tasks.quick_yaml import read_yaml

OVERLAYS = Path("overlays")
GITOPS = Path("gitops")
ENVIRONMENTS = OVERLAYS / "environments.yaml"
PREVIEW = "preview.yaml"
TIME = "%Y-%m-%dT%H:%M:%SZ"
_SECRETS = ("generated", "external")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class ConfigurationError(Exception):
    """A file of this repository that does not say what it must; the text is one line with file and field."""


class Environment(NamedTuple):
    """One stage: its name, its cluster, the version of Kubernetes there, and where its Secrets come from.

    `context` of the kubeconfig, and the field `manager` that applies what is rendered, where these are known.
    """

    name: str
    cluster: str
    kubernetes: str
    secrets: str
    context: str = ""
    manager: str = ""

    @property
    def is_kind(self) -> bool:
        """Tell whether it is on the cluster that `doit cluster_up` makes."""
        return self.cluster == "kind"


class Unit(NamedTuple):
    """What is rendered into one file: a system in an environment."""

    environment: str
    system: str

    @property
    def name(self) -> str:
        """Give the name of the unit's sub-task."""
        return f"{self.environment}/{self.system}"

    @property
    def overlay(self) -> Path:
        """Give the folder of its kustomization."""
        return OVERLAYS / self.environment / self.system

    @property
    def manifests(self) -> Path:
        """Give the file that it is rendered into."""
        return GITOPS / self.environment / self.system / "manifests.yaml"


def environments() -> tuple[Environment, ...]:
    """Give the stages in their order, then the previews, which are like the first stage. Raises ConfigurationError."""
    found = stages()
    return (*found, *(found[0]._replace(name=name) for name in previews()))


def previews() -> dict[str, str]:
    """Find the environments of pull requests, and when each ends. Raises ConfigurationError."""
    found = sorted(OVERLAYS.glob(f"*/{PREVIEW}"))
    return {file.parent.name: _end_of(file) for file in found}


def _end_of(file: Path) -> str:
    try:
        content = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings only
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    end = content.get("expires") if isinstance(content, dict) else None
    try:
        datetime.strptime(str(end), TIME)  # noqa: DTZ007 - Z is in the format
    except ValueError:
        raise ConfigurationError(f"{file}: expires: expected a time like 2026-01-31T12:00:00Z, found {end!r}") from None
    return str(end)


def stages() -> tuple[Environment, ...]:
    """Read the environments of a release in their order. Raises ConfigurationError."""
    try:
        found = read_yaml(ENVIRONMENTS.read_text())
    except OSError as error:
        raise ConfigurationError(f"{ENVIRONMENTS} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{ENVIRONMENTS} is no YAML: {' '.join(str(error).split())}") from None
    entries = found.get("environments") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError(f"{ENVIRONMENTS}: environments: expected a list of environments")
    read = tuple(_environment(entry, f"environments[{index}]") for index, entry in enumerate(entries))
    twice = next((one.name for one in read if [other.name for other in read].count(one.name) > 1), None)
    if twice:
        raise ConfigurationError(f"{ENVIRONMENTS}: environments: {twice} is there twice")
    return read


def _environment(entry: object, field: str) -> Environment:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{ENVIRONMENTS}: {field}: expected a map, found {entry!r}")
    unknown = sorted(set(entry) - set(Environment._fields))
    if unknown:
        known = ", ".join(Environment._fields)
        raise ConfigurationError(f"{ENVIRONMENTS}: {field}.{unknown[0]}: unknown field; known are {known}")
    optional = Environment._field_defaults.keys() - entry.keys()
    for name in (one for one in Environment._fields if one not in optional):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise ConfigurationError(f"{ENVIRONMENTS}: {field}.{name}: expected a string, found {entry.get(name)!r}")
    if entry["secrets"] not in _SECRETS:
        expected = " or ".join(_SECRETS)
        raise ConfigurationError(f"{ENVIRONMENTS}: {field}.secrets: expected {expected}, found {entry['secrets']!r}")
    return Environment(**entry)


def unit_of(manifests: str) -> Unit:
    """Give the unit that a rendered file belongs, or belonged, to."""
    environment, system = Path(manifests).parts[1:3]
    return Unit(environment, system)


def secret_folder(system: str) -> Path:
    """Give the folder of the files that declare a system's Secrets."""
    return Path("base") / system / "secrets"


def secret_declarations(system: str) -> list[Path]:
    """Find the files that declare a system's Secrets."""
    found = secret_folder(system).glob("*.yaml")
    return sorted(file for file in found if file.name not in _KUSTOMIZATIONS)


def units() -> tuple[Unit, ...]:
    """Find all units: environments in their order, systems by name.

    Raises ConfigurationError for a folder of an environment that environments.yaml does not name.
    """
    known = [one.name for one in environments()]
    for folder in sorted(OVERLAYS.iterdir()):
        if folder.is_dir() and folder.name not in known:
            raise ConfigurationError(f"{folder} is no environment: {ENVIRONMENTS} names {', '.join(known)}")
    return tuple(
        Unit(environment, folder.name)
        for environment in known
        for folder in sorted((OVERLAYS / environment).glob("*"))
        if any((folder / name).is_file() for name in _KUSTOMIZATIONS)
    )
