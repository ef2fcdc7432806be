"""What is declared, asked as policies are: which ports a pod may be reached on by somebody, or reach of somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.networks.layers import labels_of
from tasks.networks.pods import NAMESPACE
from tasks.networks.ports import NO_PORTS, PortSet, numbers_of
from tasks.networks.reading import INGRESS
from tasks.networks.semantics import Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.networks.declaration import Outside
    from tasks.networks.layers import Dependencies
    from tasks.networks.ports import ContainerPort, Port
    from tasks.networks.semantics import Address


class Declared:
    """The dependencies of a unit, with the names of services and of who is outside looked up by pod."""

    def __init__(self, dependencies: Dependencies, pods: Iterable[Pod]) -> None:
        """Take them, and the pods of the unit: a service is in the namespaces where it has some."""
        self._dependencies = dependencies
        self._labels = {name: labels_of(name, one) for name, one in dependencies.services.items()}
        self._own = {(name, pod.namespace) for pod in pods for name in self._selecting(pod.labels)}
        self._services: dict[tuple[object, ...], list[str]] = {}

    def services_of(self, pod: Pod) -> list[str]:
        """Give the services that a pod belongs to, without the one that is all pods."""
        return [name for name in self._all_of(pod) if self._labels[name]]

    def name(self, other: Pod | Address) -> str:
        """Give what somebody is called in a message: outside, by the name under which they are declared."""
        for name, outside in self._dependencies.outside.items():
            if _is(outside, other):
                return f"{name} ({other})" if not isinstance(other, Pod) else other.title
        return other.title if isinstance(other, Pod) else str(other)

    def ports(self, pod: Pod, direction: str, other: Pod | Address) -> PortSet:
        """Give the ports on which a pod may be called by another one (Ingress), or may call it (Egress)."""
        found = NO_PORTS
        if direction == INGRESS:
            is_near = isinstance(other, Pod) and other.namespace == pod.namespace
            if is_near and isinstance(other, Pod):
                found |= self._between(other, pod)
            for name in self._all_of(pod):
                for peer, ports in self._dependencies.services[name].called_by.items():
                    if _is(self._dependencies.outside[peer], other):
                        found |= _numbers(ports, pod.ports)
            return found
        if isinstance(other, Pod) and other.namespace == pod.namespace:
            found |= self._between(pod, other)
        for name in self._all_of(pod):
            for peer, ports in self._dependencies.services[name].calls.items():
                outside = self._dependencies.outside.get(peer)
                if outside and _is(outside, other):
                    found |= _numbers(ports, outside.ports)
        return found

    def ports_for_outside(self, pod: Pod) -> PortSet:
        """Give the ports on which anybody outside may call a pod."""
        found = NO_PORTS
        for name in self._all_of(pod):
            for ports in self._dependencies.services[name].called_by.values():
                found |= _numbers(ports, pod.ports)
        return found

    def file_of(self, pod: Pod) -> str:
        """Give the file where the service of a pod is defined, for messages."""
        files = [self._dependencies.where(name) for name in self.services_of(pod)]
        return files[0] if files else self._dependencies.main_file

    def named_ports(self, service: str) -> Iterator[tuple[str, list[Port]]]:
        """Give the names of ports under which a service is called, with the field of whom calls it."""
        for name, one in self._dependencies.services.items():
            if service in one.calls:
                yield f"services.{name}.calls.{service}", [port for port in one.calls[service] if _is_name(port)]
        for peer, ports in self._dependencies.services[service].called_by.items():
            yield f"services.{service}.called_by.{peer}", [port for port in ports if _is_name(port)]

    def _between(self, caller: Pod, called: Pod) -> PortSet:
        """Give what pods of one namespace may call of each other."""
        found = NO_PORTS
        targets = self.services_of(called)
        for name in self._all_of(caller):
            for peer, ports in self._dependencies.services[name].calls.items():
                if peer in targets:
                    found |= _numbers(ports, called.ports)
        return found

    def _all_of(self, pod: Pod) -> list[str]:
        key = (pod.namespace, *pod.labels.items())
        if key not in self._services:
            found = self._selecting(pod.labels)
            self._services[key] = [name for name in found if (name, pod.namespace) in self._own]
        return self._services[key]

    def _selecting(self, labels: Mapping[str, str]) -> list[str]:
        return [name for name, wanted in self._labels.items() if wanted.items() <= labels.items()]


def _is(outside: Outside, other: Pod | Address) -> bool:
    """Tell whether a pod or an address is of somebody outside."""
    if isinstance(other, Pod):
        is_there = other.namespace_labels.get(NAMESPACE) in outside.namespaces
        return is_there and outside.pods.items() <= other.labels.items()
    return any(other in one for one in outside.addresses) and not any(other in one for one in outside.exceptions)


def _numbers(ports: tuple[Port, ...], listening: tuple[ContainerPort, ...]) -> PortSet:
    found = NO_PORTS
    for port in ports:
        found |= numbers_of(port, listening)
    return found


def _is_name(port: Port) -> bool:
    return isinstance(port.port, str)
