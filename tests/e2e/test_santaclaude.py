"""santaclaude on a real cluster: a job through queue, browser and model, its audit, a backup, disturbances, scale."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tasks.connection import ApiServerError
from tasks.deployment.applying import apply_all, rendered
from tasks.deployment.errors import DeploymentError
from tasks.deployment.waiting import wait
from tasks.units import Unit
from tests.e2e.disturbances import (
    fails_to_roll_out,
    heals,
    log,
    manifest,
    may,
    ready_pods,
    restarts,
    restore,
    with_bad_image,
)
from tests.e2e.limits import Limit
from tests.e2e.system import System, eventually
from tests.e2e.web import Ingress, entrance, traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.connection import Manifest
    from tests.e2e.system import Door
    from tests.images.containers import Answer

pytestmark = pytest.mark.e2e

HOST = "santaclaude.dev.example.com"
PORTS = {
    "projectflow-ai": 8000,
    "ai-service": 8001,
    "browser-pool-service": 8002,
    "audit-sink-service": 8003,
    "message-queue-service": 8004,
}
PROJECTS, AI, BROWSER, SINK, QUEUE = PORTS
WORKLOADS = {name: "StatefulSet" if name == AI else "Deployment" for name in PORTS}
METRICS = {
    PROJECTS: "projectflow_jobs_created_total",
    AI: "ai_completions_total",
    BROWSER: "browser_pages_total",
    SINK: "audit_events_accepted_total",
    QUEUE: "queue_published_total",
}
SITE = "http://site:8080/"
PAGE = "<title>Tides</title><script>document.write('<p>The tide turns at noon. Gulls shout. Boats wait.')</script>"
SERVE = f"""
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {PAGE!r}.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 8080), Page).serve_forever()
"""
HEAL, SCALE, READY, DONE = Limit(120), Limit(120), Limit(300), Limit(60)
SHARED_MEMORY = 512 * 2**20


@pytest.fixture(scope="module")
def santaclaude(deployed: Callable[[str], System]) -> System:
    return deployed("santaclaude")


@pytest.fixture(scope="module")
def web(santaclaude: System) -> Ingress:
    return entrance(santaclaude, HOST, "/ready")


@pytest.fixture(scope="module")
def project(web: Ingress) -> str:
    return str(web.post("/projects", {"name": "Harbour"})["id"])


@pytest.fixture(scope="module")
def site(santaclaude: System) -> Iterator[str]:
    """Serve a page inside the cluster, in an address that dev lets the browsers visit."""
    template = manifest(santaclaude, "Deployment", QUEUE)["spec"]["template"]["spec"]
    (container,) = template["containers"]
    kept = {key: container[key] for key in ("image", "securityContext")}
    server = kept | {"name": "site", "command": ["python", "-c", SERVE], "ports": [{"containerPort": 8080}]}
    server["readinessProbe"] = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}
    spec = {"securityContext": template["securityContext"], "containers": [server]}
    spec |= {"automountServiceAccountToken": False}
    where = {"name": "site", "namespace": santaclaude.namespace, "labels": {"app": "site"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": where, "spec": spec}
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": where,
        "spec": {"selector": {"app": "site"}, "ports": [{"port": 8080}]},
    }  # fmt: skip
    apply_all(santaclaude.connection, [pod, service], print)
    eventually(lambda: ready_pods(santaclaude, "app=site"), 60, "the page to be visited")
    yield SITE
    for one in (service, pod):
        santaclaude.connection.delete(one)


def label(name: str) -> str:
    return f"app.kubernetes.io/name={name}"


def ended(web: Ingress, job: Any, seconds: float = 90) -> Any:
    """Wait for the end of a job."""
    eventually(lambda: web.get(f"/jobs/{job['id']}")["status"] in {"done", "failed"}, seconds, "the end of the job")
    return web.get(f"/jobs/{job['id']}")


def do(web: Ingress, project: str, **wanted: str) -> Any:
    found = ended(web, web.post(f"/projects/{project}/jobs", wanted))
    assert (found["status"], found["error"]) == ("done", None)
    return found


def kept(door: Door, actor: str) -> int:
    """Give how many events of somebody ClickHouse has."""
    answer = door.get(f"/events?actor={actor}&limit=1000", timeout=30)
    return len(json.loads(answer.text)["events"]) if answer.status == 200 else -1


def report(door: Door, actor: str, count: int) -> Answer:
    events = [{"id": str(uuid.uuid4()), "actor": actor, "action": "tested"} for _ in range(count)]
    return door.send("POST", "/events", {"events": events})


def clickhouse(santaclaude: System, statement: str) -> str:
    """Ask ClickHouse as its user."""
    user, password = (santaclaude.secret("clickhouse-secrets", key) for key in ("user", "password"))
    with santaclaude.door("clickhouse", 8123) as door:
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
        answer = door.send("POST", f"/?query={statement.replace(' ', '%20')}", headers=headers)
    assert answer.status == 200, answer.text
    return answer.text.strip()


@pytest.mark.parametrize("name", PORTS)
def test_each_service_is_alive_ready_and_measured(santaclaude: System, name: str) -> None:
    annotations = manifest(santaclaude, WORKLOADS[name], name)["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(PORTS[name])
    with santaclaude.door(name, PORTS[name]) as door:
        assert door.get("/health").status == 200
        assert json.loads(door.get("/ready").text) == {"status": "ready", "missing": {}, "degraded": {}}
        assert METRICS[name] in door.get(annotations["prometheus.io/path"]).text


def test_a_job_goes_through_queue_browser_and_model_to_the_audit(
    santaclaude: System, web: Ingress, project: str, site: str
) -> None:
    began = time.monotonic()
    job = do(web, project, url=site, question="When does the tide turn?")
    DONE.holds("a job through queue, browser and model", time.monotonic() - began)
    assert job["page"]["title"] == "Tides"
    assert "The tide turns at noon." in job["answer"]["text"]
    picture = web.ask("GET", f"/jobs/{job['id']}/screenshot")
    assert (picture.status, picture.body[:2]) == (200, b"\xff\xd8")
    with santaclaude.door(QUEUE, PORTS[QUEUE]) as door:
        for stream in ("browser-jobs", "ai-jobs", "job-results"):
            groups = json.loads(door.get(f"/streams/{stream}").text)["groups"]
            assert [group["pending"] for group in groups.values()] == [0], stream

    def actions() -> list[str]:
        return sorted(one["action"] for one in web.get(f"/projects/{project}/history")["events"])

    done = ["job.answering", "job.created", "job.done", "project.created"]
    took = eventually(lambda: actions() == done, 60, "the rows in ClickHouse")
    DONE.holds("its audit in ClickHouse", took)


def test_the_browser_pool_has_its_shared_memory(santaclaude: System) -> None:
    pod = santaclaude.pods(label(BROWSER))[0]["metadata"]["name"]
    script = "import os; s = os.statvfs('/dev/shm'); print(s.f_blocks * s.f_frsize, os.environ['ENABLE_SANDBOX'])"
    size, sandbox = santaclaude.kubectl("exec", pod, "--", "python", "-c", script).split()
    print(f"shared memory: {int(size) / 2**20:.0f} MiB")
    assert (int(size), sandbox) == (SHARED_MEMORY, "false")


def test_audit_rows_outlive_clickhouse_and_wait_while_it_is_away(santaclaude: System) -> None:
    actor = f"test-{uuid.uuid4().hex[:12]}"
    with santaclaude.door(SINK, PORTS[SINK]) as door:
        assert report(door, actor, 50).status == 201
        eventually(lambda: kept(door, actor) == 50, 60, "50 rows")
        santaclaude.kubectl("scale", "statefulset/clickhouse", "--replicas=0")
        eventually(lambda: not santaclaude.pods(label("clickhouse")), 90, "that ClickHouse is away")
        assert report(door, actor, 50).status == 201
        assert door.get("/ready").status == 200
        santaclaude.kubectl("scale", "statefulset/clickhouse", "--replicas=1")
        took = eventually(lambda: kept(door, actor) == 100, 180, "100 rows")
    HEAL.holds("ClickHouse was away, events were taken; all rows there after its return", took)


def test_what_is_backed_up_is_restored_after_the_database_is_destroyed(santaclaude: System) -> None:
    actor = f"test-{uuid.uuid4().hex[:12]}"
    with santaclaude.door(SINK, PORTS[SINK]) as door:
        assert report(door, actor, 200).status == 201
        eventually(lambda: kept(door, actor) == 200, 60, "200 rows")
    before = fingerprint(santaclaude)
    print(f"backup: {run(santaclaude, 'backup')}")

    santaclaude.kubectl("scale", "statefulset/clickhouse", "--replicas=0")
    eventually(lambda: not santaclaude.pods(label("clickhouse")), 90, "that ClickHouse is away")
    santaclaude.kubectl("delete", "pvc", "data-clickhouse-0", "--wait=true", "--timeout=60s")
    santaclaude.kubectl("scale", "statefulset/clickhouse", "--replicas=1")
    eventually(lambda: ready_pods(santaclaude, label("clickhouse")), 120, "an empty ClickHouse")
    assert clickhouse(santaclaude, "EXISTS TABLE audit.events") == "0"

    began = time.monotonic()
    print(f"restore: {run(santaclaude, 'restore')}")
    assert fingerprint(santaclaude) == before
    READY.holds("restored, rows and checksum as before", time.monotonic() - began)
    run(santaclaude, "restore")
    assert fingerprint(santaclaude) == before


def fingerprint(santaclaude: System) -> str:
    """Give the number of rows of the audit and a checksum of them all."""
    whole = "cityHash64(id, time, actor, action, subject, details)"
    return clickhouse(santaclaude, f"SELECT count(), groupBitXor({whole}) FROM audit.events FINAL")  # noqa: S608 - ours


def run(santaclaude: System, name: str) -> Any:
    """Run a CronJob's Job now; give the last line of its log."""
    job = f"{name}-{uuid.uuid4().hex[:6]}"
    santaclaude.kubectl("create", "job", f"--from=cronjob/{name}", job)
    santaclaude.kubectl("wait", "--for=condition=complete", f"job/{job}", "--timeout=120s")
    said = log(santaclaude, f"job/{job}")
    for key in ("access-key", "secret-key"):
        assert santaclaude.secret("backup-secrets", key) not in said
    return json.loads(said.splitlines()[-1])


def test_a_backup_that_does_not_arrive_is_reported_in_one_line(santaclaude: System) -> None:
    cron = manifest(santaclaude, "CronJob", "backup")
    spec = cron["spec"]["jobTemplate"]["spec"] | {"backoffLimit": 0}
    spec["template"]["spec"]["containers"][0]["env"].append({"name": "STORE", "value": "http://minio:9000/no-bucket/x"})
    job = {
        "apiVersion": "batch/v1", "kind": "Job", "spec": spec,
        "metadata": {"name": "backup-fails", "namespace": santaclaude.namespace},
    }  # fmt: skip
    apply_all(santaclaude.connection, [job], print)
    with pytest.raises(DeploymentError, match="Job/backup-fails is not ready"):
        wait(santaclaude.connection, [job], 120, print)
    (line,) = log(santaclaude, "job/backup-fails").splitlines()
    santaclaude.connection.delete(job)
    print(line[:300])
    assert json.loads(line)["message"] == "ClickHouse did not do it"
    assert santaclaude.secret("backup-secrets", "secret-key") not in line


@pytest.mark.parametrize("name", [*PORTS, "redis", "clickhouse"])
def test_a_killed_pod_is_back_and_nothing_is_lost(santaclaude: System, web: Ingress, project: str, name: str) -> None:
    heals(santaclaude, label(name), HEAL)
    eventually(lambda: web.ask("GET", "/ready").status == 200, 60, "that all is ready")
    eventually(lambda: web.get(f"/projects/{project}")["name"] == "Harbour", 30, "the project")
    assert do(web, project, question="Who waits? Boats wait.")["answer"]["text"] == "Boats wait."


def test_a_rolling_update_fails_no_request(santaclaude: System, web: Ingress, project: str) -> None:
    asks = (lambda: web.ask("GET", f"/projects/{project}"), lambda: web.ask("POST", "/projects", {"name": "rolling"}))
    with traffic(*asks) as seen:
        for name, kind in WORKLOADS.items():
            workload = f"{kind.lower()}/{name}"
            santaclaude.kubectl("rollout", "restart", workload)
            print(f"{name}: rolled out in {santaclaude.rolled_out(workload):.1f} s")
    print(seen)
    assert seen.failures == []
    assert do(web, project, question="Who waits? Boats wait.")["answer"]["text"] == "Boats wait."


@pytest.mark.parametrize("name", [PROJECTS, QUEUE])
def test_a_bad_image_is_reported_and_the_old_version_serves_on(
    santaclaude: System, web: Ingress, project: str, name: str
) -> None:
    with traffic(lambda: web.ask("GET", f"/projects/{project}")) as seen:
        said = fails_to_roll_out(santaclaude, with_bad_image(santaclaude, "Deployment", name), 20)
        restore(santaclaude, "Deployment", name)
    print(f"{said}\nmeanwhile {seen}")
    assert "no-such-tag cannot be pulled" in said
    assert seen.failures == []


def test_the_browser_pool_of_production_runs_only_on_its_labelled_node(santaclaude: System) -> None:
    (production,) = (one for one in rendered(Unit("prod", "santaclaude")) if named(one) == ("Deployment", BROWSER))
    changed = manifest(santaclaude, "Deployment", BROWSER)
    changed["spec"]["template"]["spec"]["affinity"] = production["spec"]["template"]["spec"]["affinity"]
    node = santaclaude.pods(label(BROWSER))[0]["spec"]["nodeName"]
    try:
        said = fails_to_roll_out(santaclaude, changed, 20)
        print(said)
        assert "didn't match Pod's node affinity" in said
        assert ready_pods(santaclaude, label(BROWSER))
        santaclaude.kubectl("label", "node", node, "node-type=browser-pool")
        wait(santaclaude.connection, [changed], 120, print)
    finally:
        santaclaude.kubectl("label", "node", node, "node-type-")
        restore(santaclaude, "Deployment", BROWSER)


def named(found: Manifest) -> tuple[str, str]:
    return found["kind"], found["metadata"]["name"]


def test_autoscalers_follow_the_load_up_and_down(santaclaude: System, web: Ingress, project: str) -> None:
    """With what dev says: 1 to 2 pods, down after a minute."""
    eventually(lambda: len(santaclaude.pods(label(PROJECTS))) == 1, 240, "one pod without load")
    eventually(lambda: "<unknown>" not in santaclaude.kubectl("get", "hpa", PROJECTS), 120, "a measured use")
    with traffic(*[lambda: web.ask("GET", f"/projects/{project}/jobs")] * 6) as seen:
        up = eventually(lambda: len(santaclaude.pods(label(PROJECTS))) == 2, SCALE.seconds, "a second pod")
        eventually(lambda: len(ready_pods(santaclaude, label(PROJECTS))) == 2, 60, "that it is ready")
    down = eventually(lambda: len(santaclaude.pods(label(PROJECTS))) == 1, 300, "one pod again")
    SCALE.holds("a second pod under load", up)
    print(f"meanwhile {seen}; one again {down:.0f} s after it ended")
    assert seen.failures == []


def test_a_redeploy_goes_in_order_and_keeps_what_there_was(
    santaclaude: System, web: Ingress, project: str, deployed: Callable[[str], System]
) -> None:
    question = {"prompt": f"Which word? The word is {uuid.uuid4().hex}."}
    with santaclaude.door(AI, PORTS[AI]) as door:
        assert json.loads(door.send("POST", "/completions", question).text)["cached"] is False
    before = fingerprint(santaclaude)
    for kind in ("deployment", "statefulset", "cronjob", "service", "ingress", "configmap"):
        santaclaude.kubectl("delete", kind, "--selector=app.kubernetes.io/part-of=santaclaude", "--wait=true")
    began = time.monotonic()
    deployed("santaclaude")
    eventually(lambda: web.ask("GET", "/ready").status == 200, 60, "an answer through the ingress")
    READY.holds("deployed anew", time.monotonic() - began)

    assert web.get(f"/projects/{project}")["name"] == "Harbour"
    assert int(fingerprint(santaclaude).split()[0]) >= int(before.split()[0])
    with santaclaude.door(AI, PORTS[AI]) as door:
        assert json.loads(door.send("POST", "/completions", question).text)["cached"] is True
    order = [["redis", "clickhouse"], [QUEUE], [AI, BROWSER, SINK], [PROJECTS]]
    times = [[made(santaclaude, name) for name in names] for names in order]
    print(f"made in this order: {times}")
    assert all(max(first) <= min(then) for first, then in itertools.pairwise(times))


def made(santaclaude: System, name: str) -> str:
    kind = WORKLOADS.get(name, "StatefulSet")
    live = santaclaude.connection.get(manifest(santaclaude, kind, name))
    assert live
    return str(live["metadata"]["creationTimestamp"])


def test_what_pods_may_do_and_what_they_tell(santaclaude: System) -> None:
    for account in (*PORTS, "redis", "clickhouse", "backup"):
        for verb, resource in (("get", "secrets"), ("list", "pods"), ("create", "jobs.batch")):
            assert not may(santaclaude, account, verb, resource), f"{account} may {verb} {resource}"
    template = manifest(santaclaude, "Deployment", PROJECTS)["spec"]["template"]["spec"]
    template["containers"][0]["securityContext"] = {"privileged": True}
    where = {"name": "root", "namespace": santaclaude.namespace}
    with pytest.raises(ApiServerError, match="violates PodSecurity"):
        santaclaude.connection.apply({"apiVersion": "v1", "kind": "Pod", "metadata": where, "spec": template})
    known = {"redis-secrets": "password", "clickhouse-secrets": "password", "backup-secrets": "secret-key"}
    secrets = {santaclaude.secret(name, key) for name, key in known.items()}
    for name in PORTS:
        for pod in ready_pods(santaclaude, label(name)):
            told = log(santaclaude, pod["metadata"]["name"]) + json.dumps(pod["spec"])
            assert not [one for one in secrets if one in told], name
            assert restarts(pod) == 0, name
