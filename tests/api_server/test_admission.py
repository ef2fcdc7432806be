"""What is rendered is accepted by a real API server: fields, custom resources, pod security, quotas and limits."""

from __future__ import annotations

import subprocess
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.gitops_consumers.processes import waited

if TYPE_CHECKING:
    from tests.api_server.rendered import Manifest, Unit
    from tests.gitops_consumers.control_plane import ControlPlane

DRY = "--dry-run=server"


def _stranger(pods: list[Manifest], namespace: str) -> Manifest:
    """Give a pod that is like one of the unit's, before it is made unlike it."""
    found = deepcopy(pods[0])
    found["metadata"] |= {"name": "stranger", "namespace": namespace}
    found["spec"].pop("serviceAccountName", None)
    return found


def _refused(control_plane: ControlPlane, pod: Manifest) -> str:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        control_plane.give([pod], DRY)
    return str(raised.value.stderr)


def _generations(control_plane: ControlPlane, unit: Unit) -> dict[str, str]:
    """Give the generation of each object: it counts the changes of its specification."""
    found = control_plane.given(unit.objects)
    return {f"{one['kind']}/{one['metadata']['name']}": str(one["metadata"].get("generation")) for one in found}


def test_every_object_is_accepted_and_none_warned_of(applied: str, unit: Unit) -> None:
    lines = applied.splitlines()

    assert [line for line in lines if "Warning" in line] == []
    assert len(lines) == len(unit.objects)


def test_applied_again_it_changes_nothing(applied: str, control_plane: ControlPlane, unit: Unit) -> None:
    assert applied
    before = _generations(control_plane, unit)

    control_plane.give(unit.objects)

    assert _generations(control_plane, unit) == before


def test_every_pod_is_admitted_as_its_workload_makes_it(control_plane: ControlPlane, pods: list[Manifest]) -> None:
    said = control_plane.give(pods, DRY).splitlines()

    assert said == [f"pod/{pod['metadata']['name']} serverside-applied (server dry run)" for pod in pods]


def test_a_pod_in_the_network_of_its_node_is_refused(control_plane: ControlPlane, pods: list[Manifest]) -> None:
    for namespace in sorted({pod["metadata"]["namespace"] for pod in pods}):
        level = control_plane.get("namespace", namespace)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        if level == "privileged":  # waived, with its reason, in overlays/waivers.yaml
            continue
        pod = _stranger(pods, namespace)
        pod["spec"]["hostNetwork"] = True

        assert f'violates PodSecurity "{level}:' in _refused(control_plane, pod)


def test_a_pod_beyond_the_quota_is_refused(control_plane: ControlPlane, unit: Unit, pods: list[Manifest]) -> None:
    quotas = [one for one in unit.of_kind("ResourceQuota") if "requests.memory" in one["spec"]["hard"]]
    if not quotas:
        pytest.skip("it has no quota of memory")
    for quota in quotas:
        namespace, name = quota["metadata"]["namespace"], quota["metadata"]["name"]
        waited(partial(_counted, control_plane, name, namespace), f"status of {name}", 60)
        pod = _stranger(pods, namespace)
        for container in pod["spec"]["containers"]:
            container["resources"] = {"requests": {"cpu": "10m", "memory": "5Ti"}, "limits": {"memory": "5Ti"}}

        said = _refused(control_plane, pod)

        assert "exceeded quota" in said or "maximum memory usage per" in said, said


def _counted(control_plane: ControlPlane, name: str, namespace: str) -> object:
    return control_plane.get("resourcequota", name, "-n", namespace).get("status", {}).get("hard")


def test_a_misspelt_field_would_have_been_refused(control_plane: ControlPlane, pods: list[Manifest]) -> None:
    pod = _stranger(pods, pods[0]["metadata"]["namespace"])
    pod["spec"]["containers"][0]["readynessProbe"] = {"tcpSocket": {"port": 80}}

    assert ".readynessProbe: field not declared in schema" in _refused(control_plane, pod)
