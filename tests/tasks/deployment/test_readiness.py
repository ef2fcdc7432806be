"""Waves, readiness and references: what a deployment decides without asking a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.deployment.reaching import ways
from tasks.deployment.readiness import State, state
from tasks.deployment.supply import images_of, parse
from tasks.deployment.waves import foundations, waves


def _object(kind: str, name: str = "x", wave: str = "", hook: str = "") -> dict[str, Any]:
    annotations = {"argocd.argoproj.io/sync-wave": wave} if wave else {}
    annotations |= {"argocd.argoproj.io/hook": hook} if hook else {}
    return {"kind": kind, "metadata": {"name": name, "annotations": annotations}}


def test_objects_go_in_by_wave_and_within_a_wave_by_kind() -> None:
    given = [
        _object("Deployment", "web", wave="2"),
        _object("Namespace"),
        _object("Deployment", "db"),
        _object("ConfigMap"),
        _object("Job", "early", hook="PreSync"),
        _object("Job", "first", wave="-1"),
    ]

    assert [one["kind"] for one in foundations(given)] == ["Namespace"]
    assert [[f"{one['kind']}/{one['metadata']['name']}" for one in wave] for wave in waves(given)] == [
        ["Job/early"],
        ["Job/first"],
        ["ConfigMap/x", "Deployment/db"],
        ["Deployment/web"],
    ]


def _live(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": {"observedGeneration": 2, **status}}


STATES: dict[str, tuple[dict[str, Any] | None, State]] = {
    "nothing": (None, State(is_ready=False, text="is not there")),
    "an old status": (
        _live("Deployment", {}, {"observedGeneration": 1}),
        State(is_ready=False, text="is not looked at yet"),
    ),
    "a Deployment": (
        _live("Deployment", {"replicas": 2}, {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
        State(is_ready=True, text="2 of 2 available"),
    ),
    "a Deployment with an old pod": (
        _live("Deployment", {"replicas": 1}, {"replicas": 2, "updatedReplicas": 1, "availableReplicas": 2}),
        State(is_ready=False, text="2 of 1 available, 1 old"),
    ),
    "a Deployment without progress": (
        _live(
            "Deployment",
            {},
            {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}]},
        ),
        State(is_ready=False, text="timed out", is_failed=True),
    ),
    "a StatefulSet": (
        _live("StatefulSet", {"replicas": 1}, {"readyReplicas": 1, "currentRevision": "a", "updateRevision": "a"}),
        State(is_ready=True, text="1 of 1 ready"),
    ),
    "a StatefulSet that rolls": (
        _live("StatefulSet", {"replicas": 2}, {"readyReplicas": 2, "currentRevision": "a", "updateRevision": "b"}),
        State(is_ready=False, text="2 of 2 ready"),
    ),
    "a DaemonSet": (
        _live("DaemonSet", {}, {"desiredNumberScheduled": 3, "numberReady": 2, "updatedNumberScheduled": 3}),
        State(is_ready=False, text="2 of 3 ready"),
    ),
    "a Job": (_live("Job", {}, {"succeeded": 1}), State(is_ready=True, text="1 of 1 done")),
    "a failed Job": (
        _live("Job", {}, {"conditions": [{"type": "Failed", "status": "True", "message": "too often"}]}),
        State(is_ready=False, text="too often", is_failed=True),
    ),
}


@pytest.mark.parametrize(("live", "expected"), STATES.values(), ids=STATES)
def test_it_is_judged_by_its_status(live: dict[str, Any] | None, expected: State) -> None:
    assert state(live) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgres:17.6", ("docker.io", "library/postgres", "17.6", "")),
        ("minio/minio", ("docker.io", "minio/minio", "", "")),
        ("registry.example.com/shop/web:1", ("registry.example.com", "shop/web", "1", "")),
        ("localhost:5001/web:1", ("localhost:5001", "web", "1", "")),
        (f"shop/web:1@sha256:{'a' * 64}", ("docker.io", "shop/web", "1", f"sha256:{'a' * 64}")),
    ],
)
def test_a_reference_is_read_as_runtimes_do(text: str, found: tuple[str, ...]) -> None:
    assert tuple(parse(text)) == found


def test_images_of_all_containers_are_found() -> None:
    pod = {"initContainers": [{"name": "a", "image": "one"}], "containers": [{"name": "b", "image": "two"}]}

    assert images_of([{"spec": {"template": {"spec": pod}}}, {"spec": {"image": "no container"}}]) == ["one", "two"]


def test_an_ingress_says_how_it_is_reached() -> None:
    ingress = {
        "kind": "Ingress",
        "spec": {"tls": [{"hosts": ["shop.example.com"]}], "rules": [{"host": "shop.example.com"}, {"host": "a.test"}]},
    }

    assert ways([ingress], "shop") == [
        "curl -k --connect-to shop.example.com:443:127.0.0.1:8443 https://shop.example.com/",
        "curl --connect-to a.test:80:127.0.0.1:8080 http://a.test/",
    ]


def test_without_an_ingress_a_service_is_forwarded() -> None:
    service = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}

    assert ways([service], "shop") == ["kubectl -n shop port-forward service/web 80"]


def test_a_route_of_traefik_says_how_it_is_reached() -> None:
    route = {"kind": "IngressRoute", "spec": {"routes": [{"match": "Host(`a.test`) && PathPrefix(`/x`)"}]}}

    assert ways([route], "shop") == ["curl --connect-to a.test:80:127.0.0.1:8080 http://a.test/"]
