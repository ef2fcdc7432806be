"""A cluster's API server, through the client of the Kubernetes project: objects are read, applied and deleted."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MANAGER = "imbricate"
_TIMEOUT = (5, 60)
_MISSING = 404
_INVALID = 422
_REFUSED = frozenset({400, 409, _INVALID})

Manifest = dict[str, Any]


class ApiServerError(Exception):
    """An API server that cannot be reached, or what it answers instead of doing what it was asked; one line."""


class RefusedError(ApiServerError):
    """An object that is not taken as it is; `said` is the server's reason alone."""

    def __init__(self, message: str, said: str) -> None:
        """Take the whole line, and the reason."""
        super().__init__(message)
        self.said = said


class ImmutableError(RefusedError):
    """An object with a change that the server takes only for a new one."""


class Connection:
    """An API server that objects are read from and applied to. All methods raise ApiServerError."""

    def __init__(self, client: Any, api: Any, name: str) -> None:
        """Take a client of kubernetes.dynamic, the plain one below it, and the name to show."""
        self._client = client
        self.api = api
        self.name = name

    def serves(self, manifest: Manifest) -> bool:
        """Tell whether the cluster knows the kind of an object."""
        return self._resource(manifest["apiVersion"], manifest["kind"]) is not None

    def get(self, manifest: Manifest) -> Manifest | None:
        """Give the live object of a manifest; None when there is none, or not even its kind."""
        return self._call("reading", manifest, "get")

    def apply(self, manifest: Manifest, manager: str = MANAGER, *, dry_run: bool = False) -> Manifest:
        """Apply an object on the server's side, as a field manager to whom others lose their fields; give the result.

        With `dry_run`, it is what the result would be.
        """
        options = {"body": manifest, "field_manager": manager, "force_conflicts": True}
        doing = "a dry run of applying" if dry_run else "applying"
        found = self._call(doing, manifest, "server_side_apply", **options, **({"dry_run": "All"} if dry_run else {}))
        if found is None:
            raise ApiServerError(f"cluster {self.name} does not serve {manifest['kind']} of {manifest['apiVersion']}")
        return found

    def delete(self, manifest: Manifest) -> bool:
        """Delete an object and, behind it, what it owns; tell whether it was there."""
        body = {"propagationPolicy": "Background"}
        return self._call("deleting", manifest, "delete", body=body) is not None

    def list(self, version: str, kind: str, namespace: str) -> list[Manifest]:
        """Give the objects of a kind in a namespace."""
        resource = self._resource(version, kind)
        with _answered(self.name):
            found = self._client.get(resource, namespace=namespace, _request_timeout=_TIMEOUT)
        return [dict(one.to_dict()) for one in found.items]

    def _call(self, doing: str, manifest: Manifest, verb: str, **options: Any) -> Manifest | None:
        """Give what the server answers; None for an object that is not there, or of a kind that is not."""
        resource = self._resource(manifest["apiVersion"], manifest["kind"])
        if resource is None:
            return None
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default") if resource.namespaced else None
        ask = getattr(self._client, verb)
        try:
            with _unreachable(self.name):
                found = ask(resource, name=metadata["name"], namespace=namespace, _request_timeout=_TIMEOUT, **options)
        except _api_exception() as error:
            if error.status == _MISSING and verb != "server_side_apply":
                return None
            raise self._refusal(doing, manifest, error) from None
        return dict(found.to_dict())

    def _refusal(self, doing: str, manifest: Manifest, error: Any) -> ApiServerError:
        said = _reason(error, manifest)
        message = f"cluster {self.name}: {doing} {manifest['kind']}/{manifest['metadata']['name']}: {said}"
        if error.status not in _REFUSED:
            return ApiServerError(message)
        is_fixed = error.status == _INVALID and "immutable" in said
        return (ImmutableError if is_fixed else RefusedError)(message, said)

    def _resource(self, version: str, kind: str) -> Any:
        with _answered(self.name):
            try:
                return self._client.resources.get(api_version=version, kind=kind)
            except import_module("kubernetes.dynamic.exceptions").ResourceNotFoundError:
                return None


def connect(context: str = "", kubeconfig: str | None = None) -> Connection:
    """Connect to the cluster of a context of a kubeconfig, without these the user's own and the current one.

    Raises ApiServerError.
    """
    try:
        config, dynamic = import_module("kubernetes.config"), import_module("kubernetes.dynamic")
    except ImportError:
        raise ApiServerError("talking to a cluster needs the Kubernetes client: pip install -e '.[cluster]'") from None
    try:
        name = context or config.list_kube_config_contexts(kubeconfig)[1]["name"]
        api = config.new_client_from_config(kubeconfig, context=name, persist_config=False)
    except (config.ConfigException, OSError, KeyError, TypeError) as error:
        wanted = f"context {context!r}" if context else "a current context"
        raise ApiServerError(f"expected {wanted} in the kubeconfig: {' '.join(str(error).split())}") from None
    api.configuration.retries = False
    # The client's own cache has a name in /tmp that anyone could guess, and would outlive what the cluster has.
    folder = tempfile.mkdtemp(prefix="imbricate-")
    weakref.finalize(api, shutil.rmtree, folder, ignore_errors=True)
    with _answered(name):
        return Connection(dynamic.DynamicClient(api, cache_file=str(Path(folder) / "discovery.json")), api, name)


@contextmanager
def _answered(name: str) -> Iterator[None]:
    """Raise ApiServerError where the server is away, or answers nobody."""
    with _unreachable(name):
        try:
            yield
        except _api_exception() as error:
            raise ApiServerError(f"cluster {name} cannot be reached: {_first_line(error)}") from None


@contextmanager
def _unreachable(name: str) -> Iterator[None]:
    try:
        yield
    except (import_module("urllib3.exceptions").HTTPError, OSError) as error:
        raise ApiServerError(f"cluster {name} cannot be reached: {_first_line(error)}") from None


def _api_exception() -> Any:
    return import_module("kubernetes.client.rest").ApiException


def _reason(error: Any, manifest: Manifest) -> str:
    """Give what the API server says in one line; of a Secret only the reason, as the rest may hold its content."""
    try:
        said = json.loads(error.body or "{}")
    except ValueError:
        said = {}
    if manifest["kind"] == "Secret" or not said.get("message"):
        return f"{error.status} {said.get('reason') or error.reason}"
    return " ".join(str(said["message"]).split())


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
