"""daa on a real cluster: services that ask each other, a database that is followed, backed up, restored, replaced."""

from __future__ import annotations

import json
import re
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tasks.deployment.applying import apply_all
from tests.e2e.daa_database import (
    PRIMARY_POD,
    REPLICAS,
    copy_replicas_anew,
    followed,
    inside,
    replicas,
    run,
    scale,
    sql,
    streaming,
)
from tests.e2e.disturbances import (
    fails_to_roll_out,
    heals,
    is_ready,
    manifest,
    may,
    ready_pods,
    restore,
    with_bad_image,
)
from tests.e2e.limits import Limit
from tests.e2e.system import eventually
from tests.e2e.web import Ingress, traffic
from tests.images.prometheus_names import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.system import Door, System

pytestmark = pytest.mark.e2e

SERVICES = ("daa-service", "knowledge-service", "pattern-service")
HTTP, METRICS = 80, 9090
FRONT = Ingress("daa.dev.example.com")
LAG, RECOVERY = Limit(5, "REQ-T234"), Limit(3600, "REQ-T237")
HEAL, SCALE = Limit(120), Limit(180)


@pytest.fixture(scope="module")
def daa(deployed: Callable[[str], System]) -> Iterator[System]:
    system = deployed("daa")
    eventually(lambda: FRONT.ask("GET", "/health/ready").status == 200, 60, "the way through the ingress")
    eventually(lambda: followed(system), 60, "replicas that follow")
    yield system
    system.kubectl("delete", "jobs", "--all", "--wait=false")


def word() -> str:
    """Give a word that nobody has used, of letters alone so that it stays one word."""
    return "q" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex[:12])


def teach(about: str) -> str:
    """Teach an entry about something; give its id."""
    taught = FRONT.post("/knowledge", {"title": f"On {about}", "body": f"{about} is known.", "topics": ["e2e"]})
    return str(taught["entry"]["id"])


def ask(question: str) -> Any:
    return FRONT.post("/questions", {"question": question})["answer"]


def entries(system: System, pod: str, about: str) -> int:
    titled = f"title = 'On {about}'"
    return int(sql(system, pod, f"SELECT count(*) FROM knowledge.entries WHERE {titled}"))  # noqa: S608 - our own word


def _has(system: System, pod: str, about: str) -> bool:
    return entries(system, pod, about) == 1


def _says(system: System, name: str, text: str) -> bool:
    return text in system.kubectl("logs", f"--selector=app.kubernetes.io/name={name}", "--tail=200")  # of all its pods


def total(door: Door, name: str, *labels: str) -> float:
    """Give the sum of a metric's samples that have these labels."""
    lines = door.get("/metrics").text.splitlines()
    found = (re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line) for line in lines)
    return sum(float(one[2]) for one in found if one and all(label in (one[1] or "") for label in labels))


def test_every_pod_is_ready_and_each_service_answers(daa: System) -> None:
    pods = [one for name in (*SERVICES, "redis") for one in daa.pods(f"app.kubernetes.io/name={name}")]
    assert all(is_ready(one) for one in pods)
    for name in SERVICES:
        with daa.door(name, HTTP) as door, daa.door(name, METRICS) as metrics:
            ready = json.loads(door.get("/health/ready").text)
            assert set(ready["checks"].values()) == {"ok"}, ready
            assert total(metrics, "build_info", f'service="{name}"') == 1
            print(f"{name}: {ready['checks']}")


def test_a_question_goes_through_all_services(daa: System) -> None:
    about = word()
    trace = uuid.uuid4().hex
    taught = teach(about)

    began = time.monotonic()
    sent = {"question": f"What of {about}?"}
    answer = FRONT.ask("POST", "/questions", sent, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    found = json.loads(answer.text)["answer"]

    assert (answer.status, found["missing"]) == (201, [])
    assert found["sources"][0]["id"] == taught
    for name in SERVICES:
        eventually(partial(_says, daa, name, trace), 10, f"the trace in the log of {name}")
    print(f"asked and answered by all three in {time.monotonic() - began:.2f} s, one trace through them")


def test_replicas_follow_and_are_read_from(daa: System) -> None:
    about = word()
    with daa.door("knowledge-service", METRICS) as door, daa.door("knowledge-service", HTTP) as knowledge:
        before = total(door, "database_queries_total", 'operation="read"', 'server="replica"')
        assert total(door, "database_queries_total", 'operation="write"', 'server="replica"') == 0
        taught = teach(about)
        took = [eventually(partial(_has, daa, pod, about), LAG.seconds, f"the entry on {pod}") for pod in replicas(daa)]
        eventually(lambda: knowledge.get(f"/entries/{taught}").status == 200, LAG.seconds, "the entry, read")
        reads = total(door, "database_queries_total", 'operation="read"', 'server="replica"') - before

        assert len(took) == REPLICAS
        assert reads > 0
        assert total(door, "database_replication_lag_seconds") < LAG.seconds
    assert all(sql(daa, pod, "SELECT pg_is_in_recovery()") == "t" for pod in replicas(daa))
    LAG.holds(f"an entry was on {len(took)} replicas", max(took))
    print(f"{reads:.0f} reads by replicas")


def test_a_backup_is_restored_and_verified_and_a_damaged_one_is_found(daa: System) -> None:
    teach(word())
    assert run(daa, "database-mark")[0]
    assert run(daa, "database-backup")[0]
    teach(word())  # after the full backup: only the log has it
    assert run(daa, "database-mark")[0]

    is_good, said = run(daa, "database-verification")
    assert is_good, said
    assert "verified: marks:" in said

    damage = (
        'cd /backups/base; newest=$(ls | sort | tail -n 1); bad=$(date --utc +%Y%m%dT%H%M%SZ); cp -a "$newest" "$bad";'
        'printf "%0512d" 7 | dd of="$bad/$1" conv=notrunc status=none; echo "$bad"'
    )
    # A table that has not changed since: the log would mend the pages of the others.
    file = sql(daa, PRIMARY_POD, "SELECT pg_relation_filepath('public.migrations')")
    bad = inside(daa, PRIMARY_POD, damage, file)
    try:
        is_good, said = run(daa, "database-verification")
    finally:
        inside(daa, PRIMARY_POD, 'rm -rf "/backups/base/$1"', bad)
    assert not is_good
    assert "the backup is not good" in said


def test_any_moment_can_be_restored(daa: System) -> None:
    kept, lost = word(), word()
    teach(kept)
    assert run(daa, "database-backup")[0]
    teach(kept)
    moment = sql(daa, PRIMARY_POD, "SELECT now()")
    time.sleep(1)
    teach(lost)
    assert run(daa, "database-mark")[0]

    began = time.monotonic()
    scale(daa, "database-primary", 0)
    try:
        assert run(daa, "database-restore", RECOVERY_TARGET_TIME=moment)[0]
    finally:
        scale(daa, "database-primary", 1)
    eventually(lambda: sql(daa, PRIMARY_POD, "SELECT pg_is_in_recovery()") == "f", 60, "the end of the recovery")
    restored = time.monotonic() - began
    copy_replicas_anew(daa)

    assert (entries(daa, PRIMARY_POD, kept), entries(daa, PRIMARY_POD, lost)) == (2, 0)
    eventually(lambda: ask(f"What of {kept}?")["sources"] != [], 60, "an answer from what was restored")
    assert run(daa, "database-mark")[0], "the archive goes on, in the new timeline"
    is_good, said = run(daa, "database-verification")
    assert is_good, said
    assert followed(daa), "a copy of what was restored to a moment does not stop at that moment"
    print(f"the primary alone after {restored:.0f} s")
    RECOVERY.holds("back to a moment, with replicas", time.monotonic() - began)


def test_the_kubelet_exports_what_dashboards_name(daa: System) -> None:
    wanted = {name for name in named("daa") if name.startswith("container_")}
    node = daa.pods("app.kubernetes.io/name=redis")[0]["spec"]["nodeName"]
    lines = daa.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/metrics/cadvisor").splitlines()
    exported = {line.partition("{")[0] for line in lines if f'namespace="{daa.namespace}"' in line}

    assert len(wanted) >= 4
    assert wanted - exported == set()
    print(f"the kubelet exports {sorted(wanted)} of pods of daa")


@pytest.mark.parametrize("name", [*SERVICES, "redis", "database-replica", "database-primary"])
def test_a_killed_pod_is_back(daa: System, name: str) -> None:
    about = word()
    teach(about)
    ask(f"{about} together")

    heals(daa, f"app.kubernetes.io/name={name}", HEAL)

    eventually(lambda: FRONT.ask("GET", "/health/ready").status == 200, 60, "the front, ready")
    eventually(lambda: followed(daa), 60, "replicas that follow")
    assert entries(daa, PRIMARY_POD, about) == 1
    with daa.door("pattern-service", HTTP) as door:
        assert eventually(lambda: about in door.get(f"/related?item={about}").text, 30, "the pattern") < 30
    assert ask(f"What of {about}?")["sources"]


def test_a_rolling_update_fails_no_request(daa: System) -> None:
    about = word()
    teach(about)
    with traffic(
        lambda: FRONT.ask("GET", "/questions?limit=1"),
        lambda: FRONT.ask("POST", "/questions", {"question": f"What of {about}?"}),
    ) as found:
        for name in SERVICES:
            daa.kubectl("rollout", "restart", f"deployment/{name}")
        took = [daa.rolled_out(f"deployment/{name}", 180) for name in SERVICES]
        time.sleep(16)  # until the last old pod has ended
    print(f"all three services replaced in {sum(took):.0f} s: {found}")
    assert not found.failures, found.failures
    assert found.count > 20


def test_a_bad_image_does_not_replace_what_serves(daa: System) -> None:
    before = {one["metadata"]["uid"] for one in ready_pods(daa, "app.kubernetes.io/name=daa-service")}
    try:
        with traffic(lambda: FRONT.ask("GET", "/questions?limit=1")) as found:
            said = fails_to_roll_out(daa, with_bad_image(daa, "Deployment", "daa-service"))
        assert before <= {one["metadata"]["uid"] for one in ready_pods(daa, "app.kubernetes.io/name=daa-service")}
    finally:
        restore(daa, "Deployment", "daa-service")
    print(f"the roll-out was reported as failed ({said.splitlines()[0]}); meanwhile {found}")
    assert "daa-service" in said
    assert found.failures == []


def test_a_bad_release_shows_in_what_its_analysis_asks_for(daa: System) -> None:
    """The controller that takes it back does not run here; the numbers that it would decide by are real."""
    bad = manifest(daa, "Deployment", "daa-service")
    variables = bad["spec"]["template"]["spec"]["containers"][0]["env"]
    variables.append({"name": "FAULT_ERROR_RATE", "value": "1"})
    try:
        apply_all(daa.connection, [bad], print)
        daa.rolled_out("deployment/daa-service", 180)
        with daa.door("daa-service", HTTP) as door, daa.door("daa-service", METRICS) as metrics:
            statuses = [door.get("/questions?limit=1").status for _ in range(20)]
            errors = total(metrics, "http_requests_total", 'status="500"')
            asked = errors + total(metrics, "http_requests_total", 'route="/questions"', 'status="200"')
    finally:
        restore(daa, "Deployment", "daa-service")
        listed = ("get", "pods", "--selector=app.kubernetes.io/name=daa-service", "-o", "yaml")
        eventually(lambda: "FAULT_ERROR_RATE" not in daa.kubectl(*listed), 90, "the end of the bad release")
    print(f"error share of the bad release: {errors / asked:.0%}, where 1 % takes it back")
    assert statuses == [500] * 20
    assert errors / asked > 0.01


def test_more_pods_under_load_and_fewer_after_it(daa: System) -> None:
    """The wait before scaling down is shortened here, from 5 minutes to 15 s."""
    name = "daa-service"
    quick = manifest(daa, "HorizontalPodAutoscaler", name)
    quick["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] = 15
    quick["spec"]["behavior"]["scaleUp"]["stabilizationWindowSeconds"] = 0

    def wanted() -> int:
        live = daa.connection.get(quick)
        assert live
        return int(live["status"].get("desiredReplicas") or 0)

    apply_all(daa.connection, [quick], print)
    try:
        eventually(lambda: wanted() == 1, 180, "one pod while nobody asks")
        with traffic(*[lambda: FRONT.ask("GET", "/questions?limit=50")] * 24) as found:
            up = eventually(lambda: wanted() > 1, SCALE.seconds, "a second pod")
        assert eventually(lambda: len(daa.pods(f"app.kubernetes.io/name={name}")) > 1, 30, "its pod") < 30
        down = eventually(lambda: wanted() == 1, 300, "one pod again")
    finally:
        restore(daa, "HorizontalPodAutoscaler", name)
    print(f"one again {down:.0f} s after the load ended: {found}")
    assert found.failures == []
    SCALE.holds("a second pod was wanted after the load began", up)


def can(system: System, group: str, verb: str, resource: str) -> bool:
    who = ("--as=somebody", f"--as-group={group}", "--as-group=system:authenticated")
    try:
        return system.kubectl("auth", "can-i", verb, resource, *who).strip() == "yes"
    except Exception:  # noqa: BLE001 - kubectl says no by its status
        return False


def test_people_and_services_may_do_their_part_and_no_more(daa: System) -> None:
    allowed = [
        ("daa-developers", "get", "pods"),
        ("daa-operators", "get", "pods"),
        ("daa-operators", "delete", "pods"),
        ("daa-operators", "patch", "deployments.apps"),
        ("daa-operators", "create", "jobs.batch"),
        ("daa-operators", "patch", "statefulsets.apps/scale"),
    ]
    refused = [
        ("daa-developers", "get", "secrets"),
        ("daa-developers", "patch", "deployments.apps"),
        ("daa-operators", "get", "secrets"),
        ("daa-operators", "create", "pods/exec"),
        ("daa-operators", "create", "deployments.apps"),
        ("daa-operators", "delete", "persistentvolumeclaims"),
        ("strangers", "get", "pods"),
    ]
    assert [one for one in allowed if not can(daa, *one)] == []
    assert [one for one in refused if can(daa, *one)] == []
    accounts = (*SERVICES, "redis", "database-primary", "database-replica", "database-backup")
    assert [one for one in accounts if may(daa, one, "get", "pods") or may(daa, one, "get", "secrets")] == []
    print(f"{len(allowed)} things allowed, {len(refused)} refused; {len(accounts)} service accounts may do nothing")


def test_quota_limits_and_pod_security_hold(daa: System) -> None:
    restricted = {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    tries: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (
            restricted,
            {"requests": {"memory": "40Gi", "cpu": "1"}, "limits": {"memory": "40Gi", "cpu": "1"}},
            "maximum memory",
        ),
        (restricted | {"runAsNonRoot": False, "runAsUser": 0}, {}, 'violates PodSecurity "restricted'),
        ({"privileged": True}, {}, 'violates PodSecurity "restricted'),
    ]
    for context, resources, reason in tries:
        assert reason in _refusal(daa, _pod("tried", context, resources))
    wanted = {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    nine = [_pod(f"tried-{number}", restricted, wanted) for number in range(9)]  # never scheduled: only counted
    try:
        refusals = [_refusal(daa, one, is_kept=True) for one in nine]
    finally:
        for one in nine:
            daa.kubectl("delete", "pod", one["metadata"]["name"], "--ignore-not-found", "--grace-period=0", "--force")
    assert "exceeded quota: quota" in refusals[-1], refusals
    print(f"refused: too large, as root, privileged; the quota refused {sum(map(bool, refusals))} of 9 pods of 2 CPUs")


def _pod(name: str, context: dict[str, Any], resources: dict[str, Any]) -> dict[str, Any]:
    container = {"name": "tried", "image": "tried:0", "securityContext": context, "resources": resources}
    spec = {"containers": [container], "nodeSelector": {"nowhere": "true"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def _refusal(system: System, pod: dict[str, Any], *, is_kept: bool = False) -> str:
    """Give why the API server refuses a pod; empty if it does not."""
    from kubernetes.client import ApiException, CoreV1Api

    try:
        api: Any = CoreV1Api(system.connection.api)
        api.create_namespaced_pod(system.namespace, pod, **({} if is_kept else {"dry_run": "All"}))
    except ApiException as error:
        return str(json.loads(error.body or "{}")["message"])
    return ""


def test_a_replica_takes_the_place_of_a_primary_that_is_gone(daa: System) -> None:
    """As the runbook says, by hand: the operator that does it by itself in staging and prod does not run here."""
    about, promoted = word(), replicas(daa)[0]
    teach(about)
    eventually(lambda: entries(daa, promoted, about) == 1, LAG.seconds, "the entry on the replica")
    try:
        scale(daa, "database-primary", 0)  # gone, with its volume
        began = time.monotonic()
        with pytest.raises(AssertionError, match=r"50[23]"):  # the first may wait for a connection in vain
            teach(word())
        assert FRONT.ask("GET", "/questions?limit=1").status == 200, "reads go on"
        sql(daa, promoted, "SELECT pg_promote()")
        selector = {"spec": {"selector": {"statefulset.kubernetes.io/pod-name": promoted}}}
        daa.kubectl("patch", "service", "database-rw", "--type=merge", "-p", json.dumps(_only(selector)))
        eventually(
            lambda: FRONT.ask("POST", "/knowledge", {"title": about, "body": about}).status == 201, 60, "a write"
        )
        took = time.monotonic() - began
        assert entries(daa, promoted, about) == 1
        assert ask(f"What of {about}?")["sources"]
        RECOVERY.holds("writes again after the primary was gone, nothing lost", took)
    finally:
        _back_to_one_primary(daa)
    assert streaming(daa) == REPLICAS


def _only(selector: dict[str, Any]) -> dict[str, Any]:
    """Take out the labels that select the primary."""
    gone = {"app.kubernetes.io/name": None}
    return {"spec": {"selector": gone | selector["spec"]["selector"]}}


def _back_to_one_primary(system: System) -> None:
    """Begin again with an empty database: what was promoted is no replica any more."""
    for name in ("database-replica", "database-primary"):
        scale(system, name, 0)
    claims = [f"data-database-replica-{number}" for number in range(REPLICAS)] + ["data-database-primary-0"]
    system.kubectl("delete", "pvc", *claims, "--ignore-not-found")
    service = manifest(system, "Service", "database-rw")
    system.kubectl(
        "patch",
        "service",
        "database-rw",
        "--type=json",
        "-p",
        json.dumps([{"op": "replace", "path": "/spec/selector", "value": service["spec"]["selector"]}]),
    )
    scale(system, "database-primary", 1)
    inside(system, PRIMARY_POD, "rm -rf /backups/wal /backups/base")  # of a database that is no more
    scale(system, "database-replica", REPLICAS)
    eventually(lambda: followed(system), 90, "replicas that follow")
    for name in ("daa-service", "knowledge-service"):
        system.kubectl("rollout", "restart", f"deployment/{name}")
        system.rolled_out(f"deployment/{name}", 180)
