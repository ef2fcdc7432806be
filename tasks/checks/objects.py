"""The objects of a unit by kind, name and namespace; their pods and containers with the paths where these stand.

Rules come here for what they need more than once. Nothing raises for an object that lacks a field: the schemas tell.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.checks.findings import Path

Manifest = dict[str, Any]

_TEMPLATES: dict[str, Path] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
SHORT_LIVED = frozenset({"Job", "CronJob"})


def field(value: Any, *path: str | int) -> Any:
    """Give what stands at a path, None when there is nothing."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def elements(value: Any, *path: str | int) -> Iterator[tuple[Path, Any]]:
    """Give the maps of a list that stands at a path, each with its own path."""
    found = field(value, *path)
    for index, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield (*path, index), one


def mapping(value: Any, *path: str | int) -> dict[str, Any]:
    """Give the map that stands at a path, an empty one when there is none."""
    found = field(value, *path)
    return found if isinstance(found, dict) else {}


def name_of(manifest: Manifest) -> str:
    """Give the name of an object."""
    return str(field(manifest, "metadata", "name") or "")


def namespace_of(manifest: Manifest) -> str:
    """Give the namespace of an object; one that says none is in `default`, if it is in any."""
    return str(field(manifest, "metadata", "namespace") or "default")


def group_of(manifest: Manifest) -> str:
    """Give the API group, empty for the core's."""
    group, slash, _ = str(manifest.get("apiVersion", "")).partition("/")
    return group if slash else ""


def selects(selector: Manifest, labels: dict[str, Any]) -> bool:
    """Tell whether a label selector selects labels; an empty one selects all."""
    wanted = mapping(selector, "matchLabels").items()
    return all(labels.get(key) == value for key, value in wanted) and all(
        _holds(one, labels) for _, one in elements(selector, "matchExpressions")
    )


def _holds(expression: Manifest, labels: dict[str, Any]) -> bool:
    key, operator, values = str(expression.get("key")), expression.get("operator"), expression.get("values") or ()
    if operator in {"In", "NotIn"}:
        return bool((labels.get(key) in values) == (operator == "In"))
    return bool((key in labels) == (operator == "Exists"))


class Container(NamedTuple):
    """A container of a pod: its path from the root of the object; `is_init` for one that ends before the others."""

    path: Path
    value: Manifest
    is_init: bool

    @property
    def name(self) -> str:
        """Give its name."""
        return str(self.value.get("name", ""))


class Pod(NamedTuple):
    """The pods of a workload, or one that an operator will make for an object (`is_template` is False then)."""

    manifest: Manifest
    path: Path
    template: Manifest
    is_template: bool = True

    @property
    def spec(self) -> Manifest:
        """Give the spec of the pods."""
        return mapping(self.template, "spec")

    @property
    def labels(self) -> dict[str, Any]:
        """Give their labels."""
        return mapping(self.template, "metadata", "labels")

    @property
    def namespace(self) -> str:
        """Give their namespace."""
        return namespace_of(self.manifest)

    def at(self, *path: str | int) -> Path:
        """Give the path from the root of the object to a field of the pod's spec."""
        return (*self.path, "spec", *path)

    @property
    def containers(self) -> list[Container]:
        """Give all containers, those that go before first."""
        return [
            Container((*self.path, *path), one, part == "initContainers" and one.get("restartPolicy") != "Always")
            for part in ("initContainers", "containers")
            for path, one in elements(self.template, "spec", part)
        ]

    @property
    def ports(self) -> set[Any]:
        """Give the ports of all containers, by name and by number."""
        found = [port for one in self.containers for _, port in elements(one.value, "ports")]
        return {port.get("name") for port in found if port.get("name")} | {port.get("containerPort") for port in found}


class Objects:
    """The objects of a unit, and the ExternalSecrets that stand for Secrets which are made elsewhere."""

    def __init__(self, manifests: Iterable[Manifest], secret_declarations: Iterable[Manifest] = ()) -> None:
        """Take the objects in their order, and the declarations."""
        self.manifests = list(manifests)
        self.declared = list(secret_declarations)
        self._by_kind: dict[str, list[Manifest]] = {}
        self._by_name: dict[tuple[str, str], list[Manifest]] = {}
        for one in self.manifests:
            kind = str(one.get("kind", ""))
            self._by_kind.setdefault(kind, []).append(one)
            self._by_name.setdefault((kind, name_of(one)), []).append(one)

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """Give the objects of some kinds, in their order within each."""
        return [one for kind in kinds for one in self._by_kind.get(kind, ())]

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest | None:
        """Find an object; without a namespace, in any."""
        found = self._by_name.get((kind, name), ())
        return next((one for one in found if namespace is None or namespace_of(one) == namespace), None)

    def names(self, kind: str, namespace: str | None = None) -> list[str]:
        """Give the names of all objects of a kind, in a namespace or in any."""
        return [name_of(one) for one in self.of_kind(kind) if namespace is None or namespace_of(one) == namespace]

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Give all namespaces that objects of the unit are in."""
        return frozenset(map(namespace_of, self.manifests))

    @cached_property
    def pods(self) -> list[Pod]:
        """Give the pods of all workloads."""
        return [
            Pod(one, path, mapping(one, *path))
            for one in self.manifests
            if (path := _TEMPLATES.get(str(one.get("kind")))) is not None and not field(one, "spec", "workloadRef")
        ]

    @cached_property
    def all_pods(self) -> list[Pod]:
        """Give the pods of all workloads, then those that operators make."""
        return [*self.pods, *(pod for one in self.of_kind("Cluster") for pod in _postgresql_pods(one))]

    def selected(self, selector: Manifest, namespace: str) -> list[Pod]:
        """Give the pods in a namespace that a label selector, matchLabels and matchExpressions, selects."""
        return [pod for pod in self.all_pods if pod.namespace == namespace and selects(selector, pod.labels)]

    def keys(self, kind: str, name: str, namespace: str | None = None) -> set[str] | None:
        """Give the keys of a ConfigMap or Secret, None when there is none of this name; {""}: any key."""
        if kind == "Secret":
            return self._secrets.get(name)
        found = self.get(kind, name, namespace)
        return None if found is None else {*mapping(found, "data"), *mapping(found, "binaryData")}

    @cached_property
    def _secrets(self) -> dict[str, set[str]]:
        found = {name_of(one): {*mapping(one, "data"), *mapping(one, "stringData")} for one in self.of_kind("Secret")}
        for one in (*self.of_kind("ExternalSecret"), *self.declared):
            found[secret_name(one)] = _external_keys(one)
        for one in self.of_kind("Certificate"):
            found[str(field(one, "spec", "secretName"))] = {"tls.crt", "tls.key", "ca.crt"}
        for one in self.of_kind("Cluster"):
            if group_of(one) == "postgresql.cnpg.io":
                found |= {f"{name_of(one)}-{part}": set(_OF_POSTGRESQL) for part in ("app", "superuser")}
                found |= {f"{name_of(one)}-{part}": {"ca.crt", "tls.crt", "tls.key"} for part in _CERTIFICATES}
        return found


_OF_POSTGRESQL = ("username", "password", "dbname", "host", "port", "uri", "jdbc-uri", "pgpass", "user")
_CERTIFICATES = ("ca", "server", "replication")
ANY_KEY = ""


def secret_name(external: Manifest) -> str:
    """Give the name of the Secret that an ExternalSecret makes."""
    return str(field(external, "spec", "target", "name") or name_of(external))


def _external_keys(external: Manifest) -> set[str]:
    """Give the keys that an ExternalSecret puts into its Secret; ANY_KEY when it takes all there are in the store."""
    if field(external, "spec", "dataFrom"):
        return {ANY_KEY}
    templated = mapping(external, "spec", "target", "template", "data")
    return set(templated or (str(one.get("secretKey")) for _, one in elements(external, "spec", "data")))


def _postgresql_pods(cluster: Manifest) -> Iterator[Pod]:
    """Give the instances that CloudNativePG makes of a Cluster, with the labels and ports that it documents."""
    if group_of(cluster) != "postgresql.cnpg.io":
        return
    ports = [
        {"name": "postgresql", "containerPort": 5432},
        {"name": "metrics", "containerPort": 9187},
        {"name": "status", "containerPort": 8000},
    ]
    for role in ("primary", "replica"):
        labels = {
            **mapping(cluster, "spec", "inheritedMetadata", "labels"),
            "cnpg.io/cluster": name_of(cluster),
            "cnpg.io/podRole": "instance",
            "cnpg.io/instanceRole": role,
            "role": role,
        }
        spec = {"containers": [{"name": "postgres", "ports": ports}], "serviceAccountName": name_of(cluster)}
        yield Pod(cluster, (), {"metadata": {"labels": labels}, "spec": spec}, is_template=False)
