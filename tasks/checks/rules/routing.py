"""References between objects that are no pods: routes to Services, autoscalers to workloads, bindings to roles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.checks.findings import Problem, Related
from tasks.checks.objects import elements, field, mapping, name_of, namespace_of
from tasks.checks.registry import unit_rule
from tasks.checks.rules.references import missing
from tasks.checks.services import find_service, is_of_cluster, nearest_port, service_names, split_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.checks.findings import Manifest, Path
    from tasks.checks.objects import Objects
    from tasks.checks.subject import Subject

_GROUP = "References"
_ANY: Any = object()
_MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
_MADE_BY_CLUSTERS = ("admin", "cluster-admin", "edit", "view")


class Backend(NamedTuple):
    """A Service as a route names it: where the name and the port stand; `port` is _ANY where none is named."""

    path: Path
    name: str
    namespace: str
    port: Any = _ANY
    port_path: Path = ()


def _of_ingress(manifest: Manifest) -> Iterator[Backend]:
    paths: list[Path] = [("spec", "defaultBackend")]
    for rule_path, _ in elements(manifest, "spec", "rules"):
        paths += ((*path, "backend") for path, _ in elements(manifest, *rule_path, "http", "paths"))
    for path in paths:
        service = field(manifest, *path, "service")
        if isinstance(service, dict):
            key = "name" if field(service, "port", "name") else "number"
            at: Path = (*path, "service")
            port = field(service, "port", key)
            yield Backend((*at, "name"), str(service.get("name")), namespace_of(manifest), port, (*at, "port", key))


def _of_traefik(manifest: Manifest) -> Iterator[Backend]:
    for route_path, _ in elements(manifest, "spec", "routes"):
        for path, one in elements(manifest, *route_path, "services"):
            if one.get("kind", "Service") == "Service":
                place = str(one.get("namespace") or namespace_of(manifest))
                yield Backend((*path, "name"), str(one.get("name")), place, one.get("port"), (*path, "port"))


def _of_gateway_api(manifest: Manifest) -> Iterator[Backend]:
    for rule_path, _ in elements(manifest, "spec", "rules"):
        for path, one in elements(manifest, *rule_path, "backendRefs"):
            if one.get("kind", "Service") == "Service":
                place = str(one.get("namespace") or namespace_of(manifest))
                yield Backend((*path, "name"), str(one.get("name")), place, one.get("port"), (*path, "port"))


def _of_virtual_service(manifest: Manifest) -> Iterator[Backend]:
    for protocol in ("http", "tcp", "tls"):
        for rule_path, _ in elements(manifest, "spec", protocol):
            for path, one in elements(manifest, *rule_path, "route"):
                yield from _of_host(manifest, (*path, "destination"), field(one, "destination"))
            mirror = field(manifest, *rule_path, "mirror")
            yield from _of_host(manifest, (*rule_path, "mirror"), mirror)


def _of_host(manifest: Manifest, path: Path, destination: Any) -> Iterator[Backend]:
    host = field(destination, "host")
    if isinstance(host, str) and is_of_cluster(host):
        name, place = split_host(host, namespace_of(manifest))
        number = field(destination, "port", "number")
        yield Backend((*path, "host"), name, place, _ANY if number is None else number, (*path, "port", "number"))


def _of_destination_rule(manifest: Manifest) -> Iterator[Backend]:
    yield from _of_host(manifest, ("spec",), manifest.get("spec"))


def _of_stateful_set(manifest: Manifest) -> Iterator[Backend]:
    name = field(manifest, "spec", "serviceName")
    if name:
        yield Backend(("spec", "serviceName"), str(name), namespace_of(manifest))


def _of_rollout(manifest: Manifest) -> Iterator[Backend]:
    for kind, names in (
        ("canary", ("stableService", "canaryService")),
        ("blueGreen", ("activeService", "previewService")),
    ):
        for name in names:
            found = field(manifest, "spec", "strategy", kind, name)
            if found:
                yield Backend(("spec", "strategy", kind, name), str(found), namespace_of(manifest))


_BACKENDS: dict[str, Callable[[Manifest], Iterator[Backend]]] = {
    "Ingress": _of_ingress,
    "IngressRoute": _of_traefik,
    "IngressRouteTCP": _of_traefik,
    "HTTPRoute": _of_gateway_api,
    "GRPCRoute": _of_gateway_api,
    "TCPRoute": _of_gateway_api,
    "VirtualService": _of_virtual_service,
    "DestinationRule": _of_destination_rule,
    "StatefulSet": _of_stateful_set,
    "Rollout": _of_rollout,
}


@unit_rule("backend", _GROUP, fix="correct the name or the port, or add the Service")
def backend(subject: Subject) -> Iterator[Problem]:
    """Every Service that a route, a rollout or a StatefulSet names is there, with the port that it names.

    Ingress, IngressRoute, HTTPRoute, VirtualService, DestinationRule, Rollout, StatefulSet. In namespaces that the unit
    has nothing in, nothing is known, and nothing is said.
    """
    objects = subject.objects
    for manifest in objects.of_kind(*_BACKENDS):
        for one in _BACKENDS[manifest["kind"]](manifest):
            if one.namespace not in objects.namespaces:
                continue
            known = find_service(objects, one.name, one.namespace)
            if known is None:
                yield Problem(missing("Service", one.name, service_names(objects, one.namespace)), manifest, one.path)
            elif one.port is not _ANY and known.ports is not None and one.port not in known.ports:
                ports = ", ".join(sorted(str(port) for port in known.ports))
                message = f"Service {one.name} has no port {one.port}; it has {ports or 'none'}"
                service = objects.get("Service", one.name, one.namespace)
                related = (Related("its ports", service, nearest_port(service, one.port)),) if service else ()
                yield Problem(message, manifest, one.port_path, related=related)


@unit_rule("autoscaler-target", _GROUP, fix="correct kind, name or apiVersion, or what it measures by")
def autoscaler_target(subject: Subject) -> Iterator[Problem]:
    """What an autoscaler scales is there, and its containers request what is measured.

    HorizontalPodAutoscaler, VerticalPodAutoscaler and ScaledObject. Utilization is a part of the request: of a
    container that requests nothing there is none, and the autoscaler does nothing.
    """
    objects = subject.objects
    for manifest in objects.of_kind("HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject"):
        part = "targetRef" if manifest["kind"] == "VerticalPodAutoscaler" else "scaleTargetRef"
        target = mapping(manifest, "spec", part)
        kind, name = str(target.get("kind") or "Deployment"), str(target.get("name"))
        found = objects.get(kind, name, namespace_of(manifest))
        if found is None:
            at = "name" if objects.of_kind(kind) else "kind"
            yield Problem(missing(kind, name, objects.names(kind)), manifest, ("spec", part, at))
        elif target.get("apiVersion", found["apiVersion"]) != found["apiVersion"]:
            message = f"{kind} {name} is of {found['apiVersion']}, not {target['apiVersion']}"
            yield Problem(message, manifest, ("spec", part, "apiVersion"))
        else:
            yield from _unmeasured(objects, manifest, found)


def _unmeasured(objects: Objects, manifest: Manifest, workload: Manifest) -> Iterator[Problem]:
    pod = next((pod for pod in objects.pods if pod.manifest is workload), None)
    for path, metric in elements(manifest, "spec", "metrics"):
        what = field(metric, "resource", "name")
        is_share = field(metric, "resource", "target", "type") == "Utilization"
        for one in pod.containers if pod and is_share else ():
            if not one.is_init and not field(one.value, "resources", "requests", what):
                message = f"measures {what} as a part of the request, and container {one.name} requests none"
                yield Problem(message, manifest, (*path, "resource", "name"))


@unit_rule("role", _GROUP, fix="add the Role, or correct the name")
def role(subject: Subject) -> Iterator[Problem]:
    """Every role that a binding names is there: a Role in its namespace, a ClusterRole of the unit or of every cluster.

    A binding to nothing grants nothing, without a word.
    """
    objects = subject.objects
    for binding in objects.of_kind("RoleBinding", "ClusterRoleBinding"):
        kind, name = (str(field(binding, "roleRef", part)) for part in ("kind", "name"))
        if kind == "ClusterRole" and (name in _MADE_BY_CLUSTERS or name.startswith("system:")):
            continue
        if objects.get(kind, name, namespace_of(binding) if kind == "Role" else None) is None:
            other = "ClusterRole" if kind == "Role" else "Role"
            at = "kind" if objects.get(other, name) is not None else "name"
            yield Problem(missing(kind, name, objects.names(kind)), binding, ("roleRef", at))


class Named(NamedTuple):
    """A field that names an object of a kind; `*` in the path stands for each element of a list."""

    kind: str
    path: tuple[str, ...]
    referred: str


_NAMED = (
    Named("Ingress", ("spec", "tls", "*", "secretName"), "Secret"),
    Named("IngressRoute", ("spec", "tls", "secretName"), "Secret"),
    Named("IngressRoute", ("spec", "routes", "*", "middlewares", "*", "name"), "Middleware"),
    Named("IngressRoute", ("spec", "tls", "options", "name"), "TLSOption"),
    Named("ScheduledBackup", ("spec", "cluster", "name"), "Cluster"),
    Named("Backup", ("spec", "cluster", "name"), "Cluster"),
    Named("Pooler", ("spec", "cluster", "name"), "Cluster"),
    Named("Cluster", ("spec", "bootstrap", "initdb", "secret", "name"), "Secret"),
    Named("Cluster", ("spec", "bootstrap", "recovery", "secret", "name"), "Secret"),
    Named("Cluster", ("spec", "superuserSecret", "name"), "Secret"),
    Named("Cluster", ("spec", "managed", "roles", "*", "passwordSecret", "name"), "Secret"),
    Named("Rollout", ("spec", "strategy", "*", "analysis", "templates", "*", "templateName"), "AnalysisTemplate"),
    Named(
        "Rollout",
        ("spec", "strategy", "*", "steps", "*", "analysis", "templates", "*", "templateName"),
        "AnalysisTemplate",
    ),
    Named(
        "Rollout",
        ("spec", "strategy", "blueGreen", "prePromotionAnalysis", "templates", "*", "templateName"),
        "AnalysisTemplate",
    ),
    Named(
        "Rollout",
        ("spec", "strategy", "blueGreen", "postPromotionAnalysis", "templates", "*", "templateName"),
        "AnalysisTemplate",
    ),
    Named(
        "Rollout", ("spec", "strategy", "canary", "trafficRouting", "istio", "virtualService", "name"), "VirtualService"
    ),
    Named(
        "Rollout",
        ("spec", "strategy", "canary", "trafficRouting", "istio", "destinationRule", "name"),
        "DestinationRule",
    ),
    Named("Rollout", ("spec", "workloadRef", "name"), "Deployment"),
)


@unit_rule("reference", _GROUP, fix="correct the name, or add the object")
def reference(subject: Subject) -> Iterator[Problem]:
    """Every other object that is named in its own namespace is there.

    Certificates of routes, middlewares, clusters of backups, analyses of rollouts, stores of secrets.
    """
    objects = subject.objects
    for named in _NAMED:
        for manifest in objects.of_kind(named.kind):
            for path, name in _found(manifest, named.path, ()):
                yield from _unknown(objects, manifest, path, named.referred, name)
    yield from _stores(objects)
    yield from _issuers(objects)
    yield from _middlewares(objects)


def _found(value: Any, path: tuple[str, ...], above: Path) -> Iterator[tuple[Path, str]]:
    if not path:
        if isinstance(value, str) and value:
            yield above, value
    elif path[0] == "*":
        steps = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        for step, one in steps:
            yield from _found(one, path[1:], (*above, step))
    else:
        yield from _found(field(value, path[0]), path[1:], (*above, path[0]))


def _unknown(objects: Objects, manifest: Manifest, path: Path, kind: str, name: str) -> Iterator[Problem]:
    place = str(field(manifest, *path[:-1], "namespace") or namespace_of(manifest))
    if kind == "Secret":
        is_there = objects.keys(kind, name) is not None or _is_made(manifest)
    else:
        is_there = objects.get(kind, name, place) is not None or place not in objects.namespaces
    if not is_there:
        yield Problem(missing(kind, name, objects.names(kind, place)), manifest, path)


def _is_made(manifest: Manifest) -> bool:
    """Tell whether cert-manager makes the Secret of an Ingress from its annotations."""
    annotations = mapping(manifest, "metadata", "annotations")
    return bool({"cert-manager.io/cluster-issuer", "cert-manager.io/issuer"} & annotations.keys())


def _stores(objects: Objects) -> Iterator[Problem]:
    for manifest in objects.of_kind("ExternalSecret"):
        store = mapping(manifest, "spec", "secretStoreRef")
        if store.get("kind", "SecretStore") == "SecretStore":
            yield from _unknown(
                objects, manifest, ("spec", "secretStoreRef", "name"), "SecretStore", str(store.get("name"))
            )


def _issuers(objects: Objects) -> Iterator[Problem]:
    for manifest in objects.of_kind("Certificate"):
        issuer = mapping(manifest, "spec", "issuerRef")
        if issuer.get("kind", "Issuer") == "Issuer":
            yield from _unknown(objects, manifest, ("spec", "issuerRef", "name"), "Issuer", str(issuer.get("name")))


def _middlewares(objects: Objects) -> Iterator[Problem]:
    """Give the middlewares of an Ingress that are not there: `namespace-name@kubernetescrd`, with commas between."""
    known = {f"{namespace_of(one)}-{name_of(one)}" for one in objects.of_kind("Middleware")}
    for manifest in objects.of_kind("Ingress", "Service"):
        listed = mapping(manifest, "metadata", "annotations").get(_MIDDLEWARES)
        for one in re.split(r"[,\s]+", listed) if isinstance(listed, str) else ():
            name, at, provider = one.partition("@")
            if at and provider == "kubernetescrd" and name not in known:
                yield Problem(missing("Middleware", name, known), manifest, ("metadata", "annotations", _MIDDLEWARES))
