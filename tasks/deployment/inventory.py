"""What a system has in a cluster: a ConfigMap that lists it, so that what is rendered no longer is taken out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.connection import Connection, Manifest

_NAME = "imbricate-inventory"
_KEY = "objects"
# Deleted last: all else is in them, and what is in them would be gone unseen.
_NAMESPACE = "Namespace"


class Entry(NamedTuple):
    """One object."""

    version: str
    kind: str
    namespace: str
    name: str

    @property
    def manifest(self) -> Manifest:
        """Give as much of the object as deleting it takes."""
        metadata = {"name": self.name} | ({"namespace": self.namespace} if self.namespace else {})
        return {"apiVersion": self.version, "kind": self.kind, "metadata": metadata}


def entry(manifest: Manifest) -> Entry:
    """Give the entry of an object."""
    metadata = manifest["metadata"]
    return Entry(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def read(connection: Connection, namespace: str, system: str) -> list[Entry]:
    """Give what a system had the last time; nothing if it was never deployed."""
    found = connection.get(_manifest(namespace, system, ()))
    text = (found or {}).get("data", {}).get(_KEY, "[]")
    return [Entry(*one) for one in json.loads(text)]


def write(connection: Connection, namespace: str, system: str, entries: Iterable[Entry]) -> None:
    """Keep what a system has now."""
    connection.apply(_manifest(namespace, system, sorted(set(entries))))


def _manifest(namespace: str, system: str, entries: Iterable[Entry]) -> Manifest:
    metadata = {"name": f"{_NAME}-{system}", "namespace": namespace}
    data = {_KEY: json.dumps([list(one) for one in entries])}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def take_out(connection: Connection, entries: Iterable[Entry]) -> list[Entry]:
    """Delete objects, namespaces last; give those that were there."""
    ordered = sorted(entries, key=lambda one: (one.kind == _NAMESPACE, one))
    return [one for one in ordered if connection.delete(one.manifest)]
