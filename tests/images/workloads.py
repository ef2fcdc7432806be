"""The workloads of rendered manifests, and how a container is started just as they say."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_KINDS = ("Deployment", "StatefulSet")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@dataclass(frozen=True)
class Workload:
    """A Deployment or StatefulSet, with the ConfigMaps and Services beside it."""

    system: str
    manifest: Mapping[str, Any]
    configuration: Mapping[str, Mapping[str, str]]
    services: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        return f"{self.system}/{self.manifest['metadata']['name']}"

    @property
    def template(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.manifest["spec"]["template"]
        return found

    @property
    def pod(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.template["spec"]
        return found

    @property
    def container(self) -> dict[str, Any]:
        found: dict[str, Any] = self.pod["containers"][0]
        return found

    @property
    def init_containers(self) -> list[dict[str, Any]]:
        return list(self.pod.get("initContainers", ()))

    @property
    def image(self) -> str:
        return str(self.container["image"])

    @property
    def group(self) -> int:
        return int(self.pod["securityContext"]["fsGroup"])

    @property
    def claims(self) -> list[str]:
        return [one["metadata"]["name"] for one in self.manifest["spec"].get("volumeClaimTemplates", ())]

    @property
    def service(self) -> str:
        """Give the name under which other pods find it; empty if no Service selects it."""
        labels = self.template["metadata"]["labels"].items()
        found = (name for name, selector in self.services.items() if selector and selector.items() <= labels)
        return next(found, "")

    @property
    def ports(self) -> dict[str, int]:
        """Give the ports of its container by their names."""
        return {one["name"]: one["containerPort"] for one in self.container.get("ports", ())}

    @property
    def probes(self) -> list[list[str]]:
        """Give the probes that are commands, in the order in which the kubelet runs them first."""
        return [one["exec"]["command"] for one in self._probes() if "exec" in one]

    @property
    def http_probes(self) -> list[tuple[int, str]]:
        """Give the port and the path of the probes that are requests."""
        found = [one["httpGet"] for one in self._probes() if "httpGet" in one]
        return [(self.ports[one["port"]], one["path"]) for one in found]

    def _probes(self) -> list[Mapping[str, Any]]:
        return [self.container[name] for name in _PROBES if name in self.container]

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Give the variables of a container; a Secret's value is made from its name."""
        return {one["name"]: self._value(one) for one in container.get("env", ())}

    def _value(self, variable: Mapping[str, Any]) -> str:
        source = variable.get("valueFrom", {})
        if "secretKeyRef" in source:
            reference = source["secretKeyRef"]
            name = f"{reference['name']} {reference['key']}"
            return f"s{sha256(name.encode()).hexdigest()[:16]}"
        if "configMapKeyRef" in source:
            reference = source["configMapKeyRef"]
            return self.configuration[reference["name"]][reference["key"]]
        return str(variable.get("value", ""))

    def options(self, container: Mapping[str, Any], folder: Path, claim: Callable[[str], str]) -> dict[str, Any]:
        """Give what the engine's SDK needs to start a container: user, command, mounts.

        `folder` is where ConfigMaps are written; `claim` gives the volume of a claim.
        """
        context = self.pod["securityContext"]
        strict = container["securityContext"]
        options: dict[str, Any] = {
            "user": f"{context['runAsUser']}:{context['runAsGroup']}",
            "group_add": [self.group],
            "read_only": strict["readOnlyRootFilesystem"],
            "cap_drop": strict["capabilities"]["drop"],
            "tmpfs": {},
            "volumes": [],
        }
        if "command" in container:
            options["entrypoint"] = container["command"]
        if "args" in container:
            options["command"] = container["args"]
        for mount in container.get("volumeMounts", ()):
            self._mount(mount, options, folder, claim)
        return options

    def _mount(
        self, mount: Mapping[str, Any], options: dict[str, Any], folder: Path, claim: Callable[[str], str]
    ) -> None:
        volumes = {one["name"]: one for one in self.pod.get("volumes", ())}
        volume, target = volumes.get(mount["name"], {}), mount["mountPath"]
        if mount["name"] in self.claims or "persistentVolumeClaim" in volume:
            options["volumes"].append(f"{claim(mount['name'])}:{target}:rw,nocopy")
        elif "emptyDir" in volume:
            options["tmpfs"][target] = f"mode=2777,gid={self.group}"
        else:
            source = folder / mount["name"]
            source.mkdir(exist_ok=True)
            for name, text in self.configuration[volume["configMap"]["name"]].items():
                (source / name).write_text(text)
            options["volumes"].append(f"{source / mount.get('subPath', '')}:{target}:ro")


def workloads(environment: Path) -> list[Workload]:
    """Read the workloads of an environment's rendered manifests."""
    return [one for file in sorted(environment.glob("*/manifests.yaml")) for one in _of_system(file.parent.name, file)]


def _of_system(system: str, file: Path) -> list[Workload]:
    manifests = [one for one in yaml.safe_load_all(file.read_text()) if one]
    configuration = {one["metadata"]["name"]: one.get("data", {}) for one in manifests if one["kind"] == "ConfigMap"}
    services = {
        one["metadata"]["name"]: one["spec"].get("selector", {}) for one in manifests if one["kind"] == "Service"
    }
    return [Workload(system, one, configuration, services) for one in manifests if one["kind"] in _KINDS]
