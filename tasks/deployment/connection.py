"""The cluster of an environment, through the client of the Kubernetes project."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.cluster.kind import KUBECONFIG
from tasks.deployment.errors import DeploymentError, ImmutableError
from tasks.diff.answers import reason_of

if TYPE_CHECKING:
    from tasks.units import Environment

MANAGER = "imbricate"
KIND = "kind"
_TIMEOUT = (5, 60)
_MISSING = 404
_INVALID = 422

Manifest = dict[str, Any]


class Connection:
    """A cluster that objects are read from and applied to."""

    def __init__(self, client: Any, api: Any, name: str) -> None:
        """Take a client of kubernetes.dynamic, the plain one below it, and the name to show."""
        self._client = client
        self.api = api
        self.name = name

    def serves(self, manifest: Manifest) -> bool:
        """Tell whether the cluster knows the kind of an object."""
        return self._resource(manifest["apiVersion"], manifest["kind"]) is not None

    def get(self, manifest: Manifest) -> Manifest | None:
        """Give the live object of a manifest, None when there is none."""
        return self._call("reading", manifest, "get")

    def apply(self, manifest: Manifest) -> Manifest:
        """Apply an object as the field manager that the pipeline has. Raises DeploymentError."""
        options = {"body": manifest, "field_manager": MANAGER, "force_conflicts": True}
        return self._call("applying", manifest, "server_side_apply", **options) or {}

    def delete(self, manifest: Manifest) -> bool:
        """Delete an object and, behind it, what it owns; tell whether it was there."""
        body = {"propagationPolicy": "Background"}
        return self._call("deleting", manifest, "delete", body=body) is not None

    def list(self, version: str, kind: str, namespace: str) -> list[Manifest]:
        """Give the objects of a kind in a namespace."""
        resource = self._resource(version, kind)
        found = self._client.get(resource, namespace=namespace, _request_timeout=_TIMEOUT)
        return [dict(one.to_dict()) for one in found.items]

    def _call(self, what: str, manifest: Manifest, verb: str, **options: Any) -> Manifest | None:
        resource = self._resource(manifest["apiVersion"], manifest["kind"])
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default") if resource and resource.namespaced else None
        try:
            found = getattr(self._client, verb)(
                resource, name=metadata["name"], namespace=namespace, _request_timeout=_TIMEOUT, **options
            )
        except import_module("kubernetes.client.rest").ApiException as error:
            if error.status == _MISSING and verb != "server_side_apply":
                return None
            shown = f"{self.name}: {what} {manifest['kind']}/{metadata['name']}: {reason_of(error, manifest)}"
            kept = error.status == _INVALID and "immutable" in shown
            raise (ImmutableError if kept else DeploymentError)(shown) from None
        return dict(found.to_dict())

    def _resource(self, version: str, kind: str) -> Any:
        try:
            return self._client.resources.get(api_version=version, kind=kind)
        except import_module("kubernetes.dynamic.exceptions").ResourceNotFoundError:
            return None


def connect(environment: Environment) -> Connection:
    """Connect to an environment's cluster: the context that environments.yaml names, or the kind cluster.

    Raises DeploymentError where there is neither, so that nothing lands in whatever cluster happens to be the current.
    """
    try:
        config, dynamic = import_module("kubernetes.config"), import_module("kubernetes.dynamic")
    except ImportError:
        raise DeploymentError("talking to a cluster needs the Kubernetes client: pip install -e '.[cluster]'") from None
    context, file = _place(environment)
    try:
        api = config.new_client_from_config(config_file=file, context=context, persist_config=False)
    except (config.ConfigException, OSError) as error:
        raise DeploymentError(f"context {context!r}: {' '.join(str(error).split())}") from None
    api.configuration.retries = False
    try:
        return Connection(dynamic.DynamicClient(api), api, context)
    except (import_module("urllib3.exceptions").HTTPError, OSError) as error:
        raise DeploymentError(f"cluster {context} cannot be reached: {_first_line(error)}") from None


def _place(environment: Environment) -> tuple[str, str | None]:
    """Give context and kubeconfig; None is the user's own."""
    if environment.context:
        return environment.context, None
    if environment.cluster != KIND:
        raise DeploymentError(
            f"overlays/environments.yaml: {environment.name} has no context: name the one of the kubeconfig that its "
            "cluster is reached by"
        )
    if not Path(KUBECONFIG).is_file():
        raise DeploymentError("there is no kind cluster: run `doit cluster_up`")
    return "kind-imbricate", str(KUBECONFIG)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
