"""The Secrets that a generated environment needs: from the declarations, with values from the environment or random.

A declaration is an ExternalSecret of base/<system>/secrets. Each of its properties is one value, whatever the number
of Secrets that it goes into; it is taken from a variable of the environment (`tamma/database` + `password` →
TAMMA_DATABASE_PASSWORD), from the Secret that the cluster has already, or made up. Nothing is written to disk.
"""

from __future__ import annotations

import base64
import os
import re
import secrets as randomness
import string
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tasks.deployment import template
from tasks.deployment.errors import DeploymentError
from tasks.units import secret_declarations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasks.connection import Connection, Manifest
    from tasks.deployment.uses import Use

# Letters and digits alone: some of them end up in addresses, in configuration files and on command lines.
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32
_OPAQUE = "Opaque"


class Property(NamedTuple):
    """One value of the store: `key` is the path of its entry, `name` the one within."""

    key: str
    name: str

    @property
    def variable(self) -> str:
        """Give the variable of the environment that may hold it."""
        return re.sub(r"[^A-Z0-9]+", "_", f"{self.key}_{self.name}".upper())


class Declaration(NamedTuple):
    """One ExternalSecret: the Secret it makes, with the value of each name and the template of each key."""

    file: Path
    name: str
    type: str
    values: dict[str, Property]
    templates: dict[str, str]
    labels: dict[str, str]


def declarations(system: str) -> list[Declaration]:
    """Read a system's declarations. Raises DeploymentError for what is no ExternalSecret."""
    return [_declaration(file, one) for file in secret_declarations(system) for one in _documents(file)]


def _documents(file: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(file.read_text()) if one]


def _declaration(file: Path, found: dict[str, Any]) -> Declaration:
    try:
        target = found["spec"]["target"]
        values = {
            one["secretKey"]: Property(one["remoteRef"]["key"], one["remoteRef"]["property"])
            for one in found["spec"]["data"]
        }
        made = target.get("template", {})
        templates = made.get("data") or {name: f"{{{{ .{name} }}}}" for name in values}
        labels = made.get("metadata", {}).get("labels", {})
        return Declaration(file, target["name"], made.get("type", _OPAQUE), values, templates, labels)
    except (KeyError, TypeError, AttributeError) as error:
        raise DeploymentError(
            f"{file}: expected an ExternalSecret with spec.target.name and spec.data of secretKey and remoteRef "
            f"(key, property); missing: {error}"
        ) from None


class Store:
    """The values of properties, made up when they are asked for first."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Take the variables that may hold values."""
        self._environment = environment
        self._values: dict[Property, str] = {}

    def learn(self, declaration: Declaration, live: Manifest) -> None:
        """Take over what a Secret of the cluster has, where a key is just one value."""
        data = live.get("data") or {}
        for key, text in declaration.templates.items():
            name = template.plain_name(text)
            if name in declaration.values and key in data:
                self._values[declaration.values[name]] = base64.b64decode(data[key]).decode()

    def is_given(self, wanted: Property) -> bool:
        """Tell whether a person has said what the value is."""
        return wanted.variable in self._environment

    def value(self, wanted: Property) -> str:
        """Give a value: what the environment says, else what is known, else a random one from now on."""
        if self.is_given(wanted):
            return self._environment[wanted.variable]
        if wanted not in self._values:
            first = randomness.choice(string.ascii_lowercase)  # so that it can be a user's name, too
            self._values[wanted] = first + "".join(randomness.choice(_ALPHABET) for _ in range(_LENGTH - 1))
        return self._values[wanted]


def manifests(system: str, uses: Iterable[Use], connection: Connection, store: Store) -> list[Manifest]:
    """Give the Secrets that a system's workloads use. Raises DeploymentError for one that nothing declares."""
    declared = {one.name: one for one in declarations(system)}
    wanted = sorted(set(uses))
    for use in wanted:
        live = connection.get(_empty(use)) if use.name in declared else None
        if live:
            store.learn(declared[use.name], live)
    return [found for use in wanted if (found := _manifest(use, declared, store, connection))]


def _manifest(use: Use, declared: Mapping[str, Declaration], store: Store, connection: Connection) -> Manifest | None:
    if use.name not in declared:
        if use.is_optional or connection.get(_empty(use)):
            return None
        raise DeploymentError(
            f"{use.where} needs the Secret {use.name}, which no file of base/<system>/secrets declares"
        )
    declaration = declared[use.name]
    keys = {key: text for key, text in declaration.templates.items() if _is_wanted(use, key, text, declaration, store)}
    if not keys:
        return None
    values = _Values(declaration.values, store)
    data = {key: template.filled_in(text, values, f"{declaration.file}: {key}") for key, text in keys.items()}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata = _empty(use)["metadata"] | ({"labels": declaration.labels} if declaration.labels else {})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": declaration.type, "data": encoded}


class _Values(dict[str, str]):
    """The values of a declaration by name, each asked of the store only when a template asks for it."""

    def __init__(self, properties: Mapping[str, Property], store: Store) -> None:
        super().__init__(dict.fromkeys(properties, ""))
        self._properties, self._store = properties, store

    def __getitem__(self, name: str) -> str:
        return self._store.value(self._properties[name])


def _is_wanted(use: Use, key: str, text: str, declaration: Declaration, store: Store) -> bool:
    """Tell whether a key is made: one that workloads can do without is, only if a person has given its values.

    A made-up key of somebody's API would be worse than none: the service would use it.
    """
    if not use.is_optional and key not in use.optional_keys:
        return True
    properties = [declaration.values[name] for name in template.names(text) if name in declaration.values]
    return bool(properties) and all(store.is_given(one) for one in properties)


def _empty(use: Use) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": use.name, "namespace": use.namespace}}
