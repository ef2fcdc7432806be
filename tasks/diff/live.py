"""What a cluster has, and what it would have: each object as it is, and as a server-side apply of the render leaves it.

Nothing is written: the apply is a dry run. What the API server fills in and what controllers own is on both sides, as
both come from the server, so that only what the render changes differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.connection import RefusedError
from tasks.diff.ownership import manager_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.connection import Connection, Manifest

_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_BOOKMARKS = frozenset(  # labels and annotations by which those who apply know their objects again
    {
        "argocd.argoproj.io/tracking-id",
        "kubectl.kubernetes.io/last-applied-configuration",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
    }
)


class Sides(NamedTuple):
    """The objects of a unit as they are in a cluster and as they would be, and a line for each that it refuses."""

    live: list[Manifest]
    applied: list[Manifest]
    refused: tuple[str, ...]


def sides(
    connection: Connection, manager: str, rendered: Iterable[Manifest], rendered_before: Iterable[Manifest] = ()
) -> Sides:
    """Ask a cluster for the objects of a unit; what only an earlier rendering had, and is live, is on the live side.

    `manager` is the field manager that applies what is rendered; without one, it is the object's. Objects keep the
    server's books (managedFields, status ...). Raises ApiServerError.
    """
    live: list[Manifest] = []
    applied, refused = [], []
    known = set()
    for manifest in rendered:
        known.add(_key(manifest))
        found = connection.get(manifest)
        if found is None:
            applied.append(manifest)
            continue
        try:
            applied.append(connection.apply(manifest, manager or manager_of(found), dry_run=True))
        except RefusedError as error:
            refused.append(f"{manifest['kind']}/{manifest['metadata']['name']}: the cluster refuses it: {error.said}")
        else:
            live.append(found)
    gone = (connection.get(manifest) for manifest in rendered_before if _key(manifest) not in known)
    live += [found for found in gone if found is not None]
    return Sides(live, applied, tuple(refused))


def _key(manifest: Manifest) -> tuple[Any, ...]:
    metadata = manifest.get("metadata") or {}
    group = str(manifest.get("apiVersion")).rpartition("/")[0]
    return group, manifest.get("kind"), metadata.get("namespace"), metadata.get("name")


def without_books(manifest: Manifest) -> Manifest:
    """Give an object without its status and what a server, or who applies, keeps books with."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _BOOKKEEPING}
    for field in ("annotations", "labels"):
        kept = {key: value for key, value in (metadata.pop(field, None) or {}).items() if key not in _BOOKMARKS}
        if kept:
            metadata[field] = kept
    return {key: value for key, value in manifest.items() if key != "status"} | {"metadata": metadata}
