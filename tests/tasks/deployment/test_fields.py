"""The field of a rendered workload that a message of the cluster is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate.provenance.fields import shown
from tasks.deployment.errors import NotReadyError, Reason, Unready
from tasks.deployment.fields import container_path, limited_volume, of_message, reference, started_by

if TYPE_CHECKING:
    from tasks.deployment.errors import Path

WEB: dict[str, Any] = {
    "spec": {
        "template": {
            "spec": {
                "nodeSelector": {"disk": "fast"},
                "initContainers": [{"name": "wait", "command": ["wait"]}],
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "envFrom": [{"configMapRef": {"name": "settings"}}],
                        "env": [
                            {"name": "USER", "value": "web"},
                            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "signing"}}},
                        ],
                        "volumeMounts": [{"name": "plain"}, {"name": "small"}],
                    },
                    {"name": "store", "image": "store:1", "volumeMounts": [{"name": "data"}]},
                ],
                "volumes": [{"name": "plain", "emptyDir": {}}, {"name": "small", "emptyDir": {"sizeLimit": "1Mi"}}],
            }
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
    }
}
POD = "spec.template.spec"
BY_MESSAGE = {
    "0/1 nodes are available: 1 Insufficient cpu.": f"{POD}.containers[name=web].resources.requests.cpu",
    "1 node(s) didn't match Pod's node affinity/selector": "",
    "node(s) didn't match the node selector": f"{POD}.nodeSelector",
    'pods "web" is forbidden: exceeded quota: all': f"{POD}.containers[name=web].resources",
    'MountVolume.SetUp failed for volume "plain" : it is gone': f"{POD}.volumes[name=plain]",
    'Usage of EmptyDir volume "small" exceeds the limit "1Mi".': f"{POD}.volumes[name=small].emptyDir.sizeLimit",
    "nobody knows": "",
}
BY_REFERENCE = {
    "couldn't find key signing in Secret shop/keys": ".env[name=KEY].valueFrom.secretKeyRef.key",
    'secret "keys" not found': ".env[name=KEY].valueFrom.secretKeyRef.name",
    'configmap "settings" not found': ".envFrom[0].configMapRef.name",
    "container has runAsNonRoot and image will run as root": "",
}


def text(path: Path) -> str:
    return shown(WEB, path) if path else ""


@pytest.mark.parametrize("message", BY_MESSAGE)
def test_the_field_that_a_message_is_about(message: str) -> None:
    assert text(of_message(WEB, message)) == BY_MESSAGE[message]


@pytest.mark.parametrize("message", BY_REFERENCE)
def test_the_variable_whose_source_is_missing(message: str) -> None:
    web = container_path(WEB, "web")

    assert text(reference(WEB, web, message)) == f"{POD}.containers[name=web]{BY_REFERENCE[message]}"


def test_what_a_container_was_started_by_and_the_limit_of_what_it_writes_to() -> None:
    web, store, wait = (container_path(WEB, name) for name in ("web", "store", "wait"))

    assert text(started_by(WEB, web)) == f"{POD}.containers[name=web].image"
    assert text(started_by(WEB, wait)) == f"{POD}.initContainers[name=wait].command"
    assert text(limited_volume(WEB, web)) == f"{POD}.volumes[name=small].emptyDir.sizeLimit"
    assert text(limited_volume(WEB, store)) == "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
    assert container_path(WEB, "sidecar") == started_by(WEB, ()) == ()


def test_the_whole_text_says_each_reason_once_and_then_the_places() -> None:
    reasons = (Reason("a: crashed", ("spec", "image")), Reason("b: crashed", ("spec", "image")), Reason("a: crashed"))
    found = [Unready("Deployment/web is not ready after 9 s: 0 of 2 available", WEB, reasons)]

    assert str(NotReadyError(found)).splitlines()[1:] == ["  a: crashed", "  b: crashed"]
    assert str(NotReadyError(found, lambda _, path: f"{'.'.join(map(str, path))}: base/web.yaml:7")).splitlines() == [
        "Deployment/web is not ready after 9 s: 0 of 2 available",
        "  a: crashed",
        "  b: crashed",
        "  spec.image: base/web.yaml:7",
    ]
