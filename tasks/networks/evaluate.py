"""Whether rendered policies admit what is declared, from both ends, and nothing else.

Each pod of a unit is held against each other one, against everybody outside who is declared, and against strangers:
pods and addresses made up from what the policies themselves name, so that a rule which is too wide meets somebody whom
it lets in. Ports are compared as sets, so that none is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.nearest import nearest
from tasks.networks.declaration import EVERY
from tasks.networks.declared import Declared
from tasks.networks.errors import PolicyError
from tasks.networks.findings import Finding
from tasks.networks.pods import (
    is_maker,
    is_on_host,
    maker_of,
    namespaces_of,
    pod_of,
    pods_of,
    template_path,
    templates_of,
    title,
)
from tasks.networks.reading import EGRESS, INGRESS, read_policies
from tasks.networks.semantics import Pod, admitted, is_about, selecting, total
from tasks.networks.strangers import strangers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.networks.layers import Dependencies
    from tasks.networks.reading import Path, Policy
    from tasks.networks.semantics import Address, Admitted

Manifest = dict[str, Any]
_MAKE = "declare it in {} and run doit networks"
_MAKE_AGAIN = "run doit networks and doit render"


def evaluate(objects: list[Manifest], dependencies: Dependencies) -> list[Finding]:
    """Give all findings about the networks of a unit: its rendered objects against what its layers declare."""
    pods = pods_of(objects, dependencies)
    declared = Declared(dependencies, pods)
    findings = [*_undeclared(objects, dependencies, declared), *_unused(objects, dependencies, declared)]
    try:
        policies = read_policies(objects)
    except PolicyError as error:
        return [*findings, Finding(str(error), error.manifest, error.path, "", "correct this field")]
    findings += (_selecting_none(one) for one in policies if not any(is_about(one, pod) for pod in pods))
    around = strangers(pods, policies, dependencies, namespaces_of(objects))
    others = [*pods, *(one for one in around if not (isinstance(one, Pod) and declared.services_of(one)))]
    owners = {(pod.namespace, title(one)): one for one in objects for pod in pods if pod.title == title(one)}
    for pod in pods:
        for direction in (INGRESS, EGRESS):
            about = selecting(policies, pod, direction)
            side = _Side(pod, direction, owners[pod.namespace, pod.title], about, declared)
            findings += side.findings(others) if about else [side.open()]
    return findings


def _undeclared(objects: list[Manifest], dependencies: Dependencies, declared: Declared) -> Iterator[Finding]:
    """Find workloads whose pods no service stands for, and those that no policy can hold."""
    file = dependencies.main_file
    for manifest, template in templates_of(objects):
        path = (*template_path(manifest), "metadata", "labels")
        if is_on_host(template):
            message = "its pods use the network of their node, where no NetworkPolicy holds"
            yield Finding(message, manifest, (*path[:-2], "spec", "hostNetwork"), "", "take hostNetwork out")
        elif not declared.services_of(pod_of(manifest, template, {})):
            yield Finding("no service in dependencies.yaml selects its pods", manifest, path, "", _MAKE.format(file))
    made = [maker_of(one.made_by, objects) for one in dependencies.services.values()]
    for manifest in objects:
        if is_maker(manifest) and manifest not in made:
            message = "an operator makes pods of it, and no service in dependencies.yaml is made_by it"
            yield Finding(message, manifest, ("metadata", "name"), "", _MAKE.format(file))


def _unused(objects: list[Manifest], dependencies: Dependencies, declared: Declared) -> Iterator[Finding]:
    """Find services without pods, and calls of ports that no pod has."""
    pods = pods_of(objects, dependencies)
    names = {one["metadata"]["name"] for one, _ in templates_of(objects)}
    for name, service in dependencies.services.items():
        file = dependencies.where(name)
        own = [pod for pod in pods if name in declared.services_of(pod)]
        if not own and name != EVERY:
            near = "" if service.made_by else nearest(name, names)
            hint = f"; did you mean {near}?" if near else ""
            what = f"there is no {service.made_by} in" if service.made_by else "it selects no pod of"
            yield Finding(f"services.{name}: {what} this unit{hint}", None, (), file, "correct it, or take it out")
        for field, ports in declared.named_ports(name) if own else ():
            for port in ports:
                if not any(one.name == port.port for pod in own for one in pod.ports):
                    known = sorted({one.name for pod in own for one in pod.ports if one.name})
                    message = f"{field}: no pod of {name} has a port {port}; known are {', '.join(known) or 'none'}"
                    yield Finding(message, None, (), file, "correct the name of the port")


def _selecting_none(policy: Policy) -> Finding:
    fix = "correct its selector, or run doit networks and doit render"
    return Finding("it selects no pod of this unit", policy.manifest, ("spec", "podSelector"), "", fix)


class _Side(NamedTuple):
    """One pod in one direction: the policies that are about it, and what is declared."""

    pod: Pod
    direction: str
    owner: Manifest
    about: list[Policy]
    declared: Declared

    def open(self) -> Finding:
        """Give the finding for a pod that no policy is about."""
        what = "may be called by all" if self.direction == INGRESS else "may call all"
        message = f"no NetworkPolicy selects its pods for {self.direction.lower()}: they {what}"
        return Finding(message, self.owner, ("metadata", "name"), "", _MAKE_AGAIN)

    def findings(self, others: Iterable[Pod | Address]) -> list[Finding]:
        """Hold the policies against everybody: what is lacking, and what is too much."""
        lacking: dict[tuple[str, int, Path], tuple[Policy, list[str]]] = {}
        surplus: dict[int, tuple[Admitted, list[str]]] = {}
        for other in others:
            wanted = self.declared.ports(self.pod, self.direction, other)
            found = admitted(self.about, self.pod, self.direction, other)
            missing = wanted - total(found)
            if missing:
                policy, path = self._at_fault(found)
                key = (str(missing), id(policy), path)
                lacking.setdefault(key, (policy, []))[1].append(self.declared.name(other))
            for one in (one for one in found if one.ports - wanted):
                known = surplus.setdefault(id(one.rule), (one, []))[1]
                known.append(f"{self.declared.name(other)} on {one.ports - wanted}")
        return [
            *(self._lacking(policy, path, ports, peers) for (ports, _, path), (policy, peers) in lacking.items()),
            *(self._surplus(one, peers) for one, peers in surplus.values()),
        ]

    def _at_fault(self, found: list[Admitted]) -> tuple[Policy, Path]:
        """Give the rule that is about a peer and lacks ports; where there is none, the policy that is most about us."""
        if found:
            return found[-1].policy, found[-1].rule.path
        policy = max(self.about, key=lambda one: len(one.pods.get("matchLabels") or {}))
        return policy, ("spec", self.direction.lower())

    def _lacking(self, policy: Policy, path: Path, ports: str, peers: list[str]) -> Finding:
        way = "not be called by" if self.direction == INGRESS else "not call"
        message = f"{self.pod.title} may {way} {_some(peers)} on {ports}, which dependencies.yaml declares"
        return Finding(message, policy.manifest, path, "", _MAKE_AGAIN)

    def _surplus(self, one: Admitted, peers: list[str]) -> Finding:
        way = "be called by" if self.direction == INGRESS else "call"
        message = f"{self.pod.title} may {way} {_some(peers)}, which nobody declares"
        return Finding(message, one.policy.manifest, one.rule.path, "", "narrow the rule, or declare who calls")


def _some(names: list[str]) -> str:
    """Give the first two of some names, and how many more there are."""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
