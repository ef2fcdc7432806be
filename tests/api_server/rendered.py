"""What gitops/ has, and which definitions of custom resources it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tasks.deployment.applying import rendered
from tasks.units import units as all_units
from tests.gitops_consumers.definitions import defining

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENVIRONMENTS = ("dev", "staging", "prod")
_TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """One rendered unit."""

    system: str
    objects: list[Manifest]

    def of_kind(self, kind: str) -> list[Manifest]:
        return [one for one in self.objects if one["kind"] == kind]

    def pods(self) -> Iterator[Manifest]:
        """Give the pod that each workload would make."""
        for one in self.objects:
            if one["kind"] in _TEMPLATED and "template" in one["spec"]:  # a Rollout may point at a Deployment instead
                yield _pod(one, one["spec"]["template"])
            elif one["kind"] == "CronJob":
                yield _pod(one, one["spec"]["jobTemplate"]["spec"]["template"])


def _pod(workload: Manifest, template: Manifest) -> Manifest:
    metadata = {key: value for key, value in template.get("metadata", {}).items() if key in {"labels", "annotations"}}
    place = {"name": f"of-{workload['metadata']['name']}"[:63], "namespace": workload["metadata"]["namespace"]}
    spec = {"restartPolicy": "Always", **template["spec"]}
    claims = [one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates") or ()]
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    spec["volumes"] = [*(spec.get("volumes") or ()), *volumes]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, **place}, "spec": spec}


@cache
def units(environment: str) -> list[Unit]:
    """Read the units of an environment."""
    return [Unit(one.system, rendered(one)) for one in all_units() if one.environment == environment]


def definitions_for(found: list[Unit], folder: Path) -> Iterator[Path]:
    """Find the files that define the kinds of some units."""
    used = {(one["apiVersion"].rpartition("/")[0], one["kind"]) for unit in found for one in unit.objects}
    return defining(folder, used)
