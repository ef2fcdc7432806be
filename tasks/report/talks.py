"""Who talks to whom in a unit, as far as its manifests tell.

Ingresses and Services of an open type → Services → the pods that these select; pods → the Services that they name; and
what NetworkPolicies say to it. Nodes are workloads, ways in, and Services without pods of the unit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.checks.objects import Objects
from tasks.report.mentions import hosts, texts
from tasks.report.policies import Pod, Policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Manifest = dict[str, Any]
ROUTE, NAMES, ALLOWED = "route", "names", "allowed"
_OPEN = ("LoadBalancer", "NodePort")
_SHORT_LIVED = ("Job", "CronJob")
_HOST = re.compile(r"Host\(`([^`]+)`\)")  # of Traefik's rules
_NUMBERED = re.compile(r".+-\d+")


class Node(NamedTuple):
    """Somebody: `Deployment/web`, and the Services and ports under which it is found."""

    title: str
    detail: str


class Talk(NamedTuple):
    """One talks to another: why we know, and what the NetworkPolicies say.

    `kind` is a route from outside, a name in the configuration, or nothing but a policy that allows it.
    """

    source: str
    target: str
    kind: str
    reasons: tuple[str, ...]
    policies: tuple[str, ...]
    is_allowed: bool


class Graph(NamedTuple):
    """Nodes that talk or are talked to, in the order of the manifests; the talks; and the nodes that do neither."""

    nodes: tuple[Node, ...]
    talks: tuple[Talk, ...]
    silent: tuple[Node, ...]
    has_policies: bool


def graph(manifests: Iterable[Manifest]) -> Graph:
    """Find who talks to whom. `manifests` may hold the ExternalSecrets of a unit whose Secrets are made elsewhere."""
    unit = _Unit(Objects(manifests))
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for source, target, kind, reason in (*unit.routes(), *unit.named(), *unit.merely_allowed()):
        if source != target:
            reasons.setdefault((source, target, kind), []).append(reason)
    known = {(source, target) for source, target, kind in reasons if kind != ALLOWED}
    talks = tuple(
        unit.talk(source, target, kind, tuple(dict.fromkeys(found)))
        for (source, target, kind), found in reasons.items()
        if kind != ALLOWED or (source, target) not in known
    )
    ends = {end for talk in talks for end in (talk.source, talk.target)}
    nodes = unit.nodes()
    talking, silent = ([one for one in nodes if (one.title in ends) == talks_here] for talks_here in (True, False))
    return Graph(tuple(talking), talks, tuple(silent), bool(unit.policies))


class _Unit:
    """The objects of a unit, seen as who can be reached under which name."""

    def __init__(self, names: Objects) -> None:
        self._names = names
        self.policies = Policies(names.manifests)
        self._pods = {_title(one.manifest): _pod(one.manifest, one.template) for one in names.pods}
        self._services = {one["metadata"]["name"]: one for one in names.of_kind("Service")}

    def nodes(self) -> list[Node]:
        """Give everybody, ways in first."""
        ways_in = [Node(_title(one), ", ".join(_hosts_of(one))) for one in self._ways_in()]
        selected = {title for name in self._services for title in self._behind(name)}
        alone = [
            Node(f"Service/{name}", one["spec"].get("externalName", ""))
            for name, one in self._services.items()
            if f"Service/{name}" in selected and one["spec"].get("type") not in _OPEN
        ]
        return [*ways_in, *(Node(title, self._found_under(title)) for title in self._pods), *alone]

    def routes(self) -> Iterator[tuple[str, str, str, str]]:
        """Give what comes in from outside."""
        for manifest in self._ways_in():
            if manifest["kind"] == "Service":
                name = manifest["metadata"]["name"]
                yield from ((_title(manifest), one, ROUTE, "its selector") for one in self._behind(name))
                continue
            for service, reason in _backends(manifest):
                yield from ((_title(manifest), one, ROUTE, f"{reason} → {service}") for one in self._behind(service))

    def named(self) -> Iterator[tuple[str, str, str, str]]:
        """Give what pods name in their configuration."""
        for manifest, _, template, _ in self._names.pods:
            own = _namespace(manifest)
            for text in texts(self._names, template.get("spec") or {}):
                for host, port in hosts(text.content):
                    service = self._service_of(host, own)
                    reason = f"{text.where} → {service}{f':{port}' if port else ''}"
                    for one in self._behind(service) if service else ():
                        yield _title(manifest), one, NAMES, reason

    def merely_allowed(self) -> Iterator[tuple[str, str, str, str]]:
        """Give the pods that a NetworkPolicy expressly lets in."""
        for target, pod in self._pods.items() if self.policies else ():
            for source, other in self._pods.items():
                if self.policies.allows_expressly(other, pod):
                    yield source, target, ALLOWED, "a NetworkPolicy lets it in"

    def talk(self, source: str, target: str, kind: str, reasons: tuple[str, ...]) -> Talk:
        """Add what the policies say."""
        pod = self._pods.get(target)
        if pod is None:
            return Talk(source, target, kind, reasons, (), is_allowed=True)
        allowed, policies = self.policies.verdict(self._pods.get(source), pod)
        return Talk(source, target, kind, reasons, policies, allowed)

    def _ways_in(self) -> list[Manifest]:
        return [
            one
            for one in self._names.manifests
            if one["kind"] in _BACKENDS or (one["kind"] == "Service" and one["spec"].get("type") in _OPEN)
        ]

    def _behind(self, service: str) -> list[str]:
        """Give the workloads that a Service selects, the Service itself if there are none."""
        if service not in self._services:
            return []
        selector = self._services[service]["spec"].get("selector")
        place = _namespace(self._services[service])
        found = [
            title
            for title, pod in self._pods.items()
            if selector
            and pod.namespace == place
            and not title.startswith(_SHORT_LIVED)
            and all(pod.labels.get(key) == value for key, value in selector.items())
        ]
        return found or [f"Service/{service}"]

    def _service_of(self, host: str, namespace: str) -> str:
        """Give the Service of the unit that a host is, or a pod of it (`redis-0.redis`); else nothing."""
        labels = host.split(".")
        if len(labels) > 1 and _NUMBERED.fullmatch(labels[0]) and labels[1] in self._services:
            labels = labels[1:]
        name, place, rest = labels[0], "".join(labels[1:2]), labels[2:]
        if name not in self._services or rest[:1] not in ([], ["svc"]):
            return ""
        return name if _namespace(self._services[name]) == (place or namespace) else ""

    def _found_under(self, title: str) -> str:
        """Give the Services and ports under which a workload is found; of a namesake the ports are enough."""
        own = title.partition("/")[2]
        found = [
            f"{'' if name == own else name}:{'/'.join(str(port['port']) for port in one['spec'].get('ports') or ())}"
            for name, one in self._services.items()
            if title in self._behind(name)
        ]
        return ", ".join(found)


def _pod(manifest: Manifest, template: Manifest) -> Pod:
    labels = (template.get("metadata") or {}).get("labels") or {}
    return Pod(_namespace(manifest), labels)


def _title(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace") or "default")


def _of_ingress(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifest["spec"]
    default = ((spec.get("defaultBackend") or {}).get("service") or {}).get("name")
    if default:
        yield default, "all else"
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            service = ((path.get("backend") or {}).get("service") or {}).get("name")
            if service:
                yield service, f"{rule.get('host', '*')}{path.get('path', '/')}"


def _of_ingress_route(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for route in manifest["spec"].get("routes") or ():
        for service in route.get("services") or ():
            yield service["name"], str(route.get("match", "*"))


_BACKENDS = {"Ingress": _of_ingress, "IngressRoute": _of_ingress_route}


def _backends(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Give the Services that a way in leads to, each with the host and path."""
    return _BACKENDS[manifest["kind"]](manifest)


def _hosts_of(manifest: Manifest) -> list[str]:
    if manifest["kind"] == "Service":
        ports = manifest["spec"].get("ports") or ()
        return [f"{manifest['spec']['type']} :{'/'.join(str(port['port']) for port in ports)}"]
    reasons = [reason for _, reason in _backends(manifest)]
    found = [host for one in reasons for host in _HOST.findall(one) or [one.partition("/")[0]]]
    return list(dict.fromkeys(found))
