"""What a cluster has, and what it would have: each object as it is, and as a server-side apply of the render leaves it.

Nothing is written: the apply is a dry run. What the API server fills in and what controllers own is on both sides, as
both come from the server, so that only what the render changes differs.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.diff.answers import reason_of
from tasks.diff.ownership import manager_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate.difference.objects import Manifest

_TIMEOUT = (5, 30)
_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_BOOKMARKS = frozenset(  # labels and annotations by which those who apply know their objects again
    {
        "argocd.argoproj.io/tracking-id",
        "kubectl.kubernetes.io/last-applied-configuration",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
    }
)
_CONFLICTS_ARE_CHANGES = True


class ClusterError(Exception):
    """A cluster that cannot be asked; the text is one line."""


class Sides(NamedTuple):
    """The objects of a unit as they are in a cluster and as they would be, and a line for each that it refuses."""

    live: list[Manifest]
    applied: list[Manifest]
    refused: tuple[str, ...]


class Cluster:
    """A cluster that is read, never written."""

    def __init__(self, client: Any, name: str, manager: str = "") -> None:
        """Take a client of kubernetes.dynamic, the name to show, and the field manager that applies the render."""
        self._client = client
        self.name = name
        self._manager = manager

    def get(self, manifest: Manifest) -> Manifest | None:
        """Give the live object of a manifest, None when there is none. Raises ClusterError."""
        try:
            resource = self._resource(manifest)
            if resource is None:
                return None
            metadata = manifest["metadata"]
            namespace = metadata.get("namespace", "default") if resource.namespaced else None
            found = self._client.get(resource, name=metadata["name"], namespace=namespace, _request_timeout=_TIMEOUT)
        except _api_error() as error:
            if error.status == 404:
                return None
            raise self._error("reading", manifest, error) from None
        return dict(found.to_dict())

    def applied(self, manifest: Manifest, live: Manifest) -> Manifest:
        """Give what applying a manifest would leave of the live object. Raises Refused or ClusterError."""
        metadata = manifest["metadata"]
        resource = self._resource(manifest)
        try:
            found = self._client.server_side_apply(
                resource,
                body=manifest,
                name=metadata["name"],
                namespace=metadata.get("namespace", "default") if resource.namespaced else None,
                field_manager=self._manager or manager_of(live),
                force_conflicts=_CONFLICTS_ARE_CHANGES,
                dry_run="All",
                _request_timeout=_TIMEOUT,
            )
        except _api_error() as error:
            if error.status in {400, 409, 422}:
                raise RefusedError(reason_of(error, manifest)) from None
            raise self._error("a dry run of applying", manifest, error) from None
        return dict(found.to_dict())

    def _resource(self, manifest: Manifest) -> Any:
        try:
            return self._client.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        except import_module("kubernetes.dynamic.exceptions").ResourceNotFoundError:
            return None

    def _error(self, what: str, manifest: Manifest, error: Any) -> ClusterError:
        shown = f"{manifest['kind']}/{manifest['metadata']['name']}"
        return ClusterError(f"cluster {self.name}: {what} {shown}: {reason_of(error, manifest)}")


class RefusedError(Exception):
    """An object that the cluster would not take; the text is what it says."""


def _api_error() -> Any:
    return import_module("kubernetes.client.rest").ApiException


def sides(cluster: Cluster, rendered: Iterable[Manifest], rendered_before: Iterable[Manifest] = ()) -> Sides:
    """Ask a cluster for the objects of a unit; what only an earlier rendering had, and is live, is on the live side.

    Objects keep the server's books (managedFields, status ...). Raises ClusterError.
    """
    live: list[Manifest] = []
    applied, refused = [], []
    known = set()
    for manifest in rendered:
        known.add(_key(manifest))
        found = cluster.get(manifest)
        try:
            applied.append(manifest if found is None else cluster.applied(manifest, found))
        except RefusedError as error:
            refused.append(f"{manifest['kind']}/{manifest['metadata']['name']}: the cluster refuses it: {error}")
        else:
            live += [] if found is None else [found]
    gone = (cluster.get(manifest) for manifest in rendered_before if _key(manifest) not in known)
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


@contextmanager
def connected(context: str = "", manager: str = "", kubeconfig: str | None = None) -> Iterator[Cluster]:
    """Connect to the cluster of a context of a kubeconfig, without these the user's own and the current one.

    `manager` is the field manager that applies what is rendered. Raises ClusterError.
    """
    try:
        config, dynamic = import_module("kubernetes.config"), import_module("kubernetes.dynamic")
    except ImportError:
        raise ClusterError(
            "comparing with a cluster needs the Kubernetes client: pip install -e '.[cluster]'"
        ) from None
    failures = (_api_error(), import_module("urllib3.exceptions").HTTPError)
    try:
        name = context or config.list_kube_config_contexts(kubeconfig)[1]["name"]
        api = config.new_client_from_config(kubeconfig, context=name, persist_config=False)
    except (config.ConfigException, OSError, KeyError, TypeError) as error:
        wanted = f"context {context!r}" if context else "a current context"
        raise ClusterError(f"expected {wanted} in the kubeconfig: {' '.join(str(error).split())}") from None
    api.configuration.retries = False
    with tempfile.TemporaryDirectory(prefix="imbricate-") as folder:
        try:
            # The client's own cache has a name in /tmp that anyone could guess, and would outlive what the cluster has.
            client = dynamic.DynamicClient(api, cache_file=str(Path(folder) / "discovery.json"))
            yield Cluster(client, name, manager)
        except failures as error:
            raise ClusterError(f"cluster {name} cannot be reached: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
