"""tamma on a real cluster: tasks from the ingress to a worker and back, disturbed, scaled, backed up and restored."""

from __future__ import annotations

import hmac
import json
import subprocess
import time
import uuid
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.utils.quantity import parse_quantity

from tasks.connection import ApiServerError
from tasks.deployment.errors import DeploymentError
from tasks.deployment.waiting import wait
from tests.e2e.disturbances import (
    fails_to_roll_out,
    heals,
    is_ready,
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
from tests.e2e.tamma import (
    FINISHED,
    HOST,
    SERVERS,
    SERVICES,
    answers,
    digest,
    done,
    label,
    make_token,
    submit,
    workload,
)
from tests.e2e.web import Ingress, entrance, traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.connection import Manifest
    from tests.images.containers import Answer

pytestmark = pytest.mark.e2e

METRICS = {"api": 8080, "orchestrator": 9090, "worker": 9090}
DEPLOY, START = Limit(600, "metric-deployment-time"), Limit(60, "metric-pod-startup-time")
SCALE, RECOVERY = Limit(120, "metric-autoscaling-response"), Limit(300, "metric-mean-time-to-recovery")


@pytest.fixture(scope="module")
def tamma(deployed: Callable[[str], System]) -> System:
    began = time.monotonic()
    system = deployed("tamma")
    DEPLOY.holds("images supplied and tamma deployed", time.monotonic() - began)
    return system


@pytest.fixture(scope="module")
def web(tamma: System) -> Ingress:
    return entrance(tamma, HOST, "/")


@pytest.fixture(scope="module")
def token(tamma: System) -> str:
    return make_token(tamma)


def sql(tamma: System, statement: str) -> str:
    command = ("exec", "tamma-postgres-0", "--", "psql", "--username=tamma", "--dbname=tamma", "-qtAc", statement)
    return tamma.kubectl(*command).strip()


def of_services(tamma: System) -> list[Manifest]:
    return [pod for name in (*SERVICES, *SERVERS) for pod in tamma.pods(label(name))]


def test_every_pod_is_ready_within_a_minute_of_its_start(tamma: System) -> None:
    pods = of_services(tamma)
    assert {pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in pods} == {*SERVICES, *SERVERS}
    for pod in pods:
        conditions = {one["type"]: one for one in pod["status"]["conditions"]}
        times = [conditions[name]["lastTransitionTime"] for name in ("PodScheduled", "Ready")]
        began, ready = (datetime.fromisoformat(str(one)) for one in times)
        assert is_ready(pod)
        if not restarts(pod):
            START.holds(f"{pod['metadata']['name']}: ready after it was scheduled", (ready - began).total_seconds())


def test_a_task_goes_from_the_ingress_to_a_worker_and_back(tamma: System, web: Ingress, token: str) -> None:
    task = submit(web, token, "to be or not to be")
    began = time.monotonic()
    found = done(web, token, task)
    print(f"done {time.monotonic() - began:.2f} s after it was taken, by {found['worker']}")
    assert found["result"]["digest"] == digest("to be or not to be")
    assert found["worker"] in {pod["metadata"]["name"] for pod in tamma.pods(label("worker"))}
    assert sql(tamma, f"SELECT status FROM tasks WHERE id = '{task}'") == FINISHED  # noqa: S608 - an id of the api's


def test_the_ingress_leads_each_path_to_its_service(tamma: System, web: Ingress, token: str) -> None:
    standing = web.get("/")
    assert standing["workers"] == len(tamma.pods(label("worker")))
    assert "checksum" in web.get("/api/kinds")
    assert web.ask("GET", "/api/tasks").status == 401
    assert web.ask("GET", "/api/tasks", token=token).status == 200
    assert Ingress("elsewhere.example.com").ask("GET", "/").status == 404
    body = json.dumps({"action": "opened", "issue": {"title": "It is broken"}}).encode()
    secret = tamma.secret("tamma-secrets", "webhook-secret").encode()
    headers = {"x-github-event": "issues", "x-github-delivery": str(uuid.uuid4())}
    forged = web.ask("POST", "/webhooks/github", body, headers={**headers, "x-hub-signature-256": "sha256=00"})
    signed = {**headers, "x-hub-signature-256": f"sha256={hmac.digest(secret, body, 'sha256').hex()}"}
    taken = web.ask("POST", "/webhooks/github", body, headers=signed)
    assert (forged.status, taken.status) == (401, 202)
    assert done(web, token, json.loads(taken.text)["task"])["source"] == "github"


def test_every_service_is_reached_through_its_service_and_tells_the_truth(tamma: System) -> None:
    for name in ("api", "orchestrator"):
        with tamma.door(f"tamma-{name}", SERVICES[name]) as door:
            assert json.loads(door.get("/health").text) == {"status": "alive"}
            checks = json.loads(door.get("/ready").text)["checks"]
        print(f"{name}: {checks}")
        assert checks == {"postgres": "ok", "schema": "ok", "redis": "ok"}


@pytest.mark.parametrize("server", SERVERS)
def test_without_a_server_no_service_is_ready_and_none_is_restarted(
    tamma: System, web: Ingress, token: str, server: str
) -> None:
    before = {pod["metadata"]["name"]: restarts(pod) for name in SERVICES for pod in tamma.pods(label(name))}
    tamma.kubectl("scale", workload(server), "--replicas=0")
    out = eventually(lambda: not [one for name in SERVICES for one in ready_pods(tamma, label(name))], 120, "not ready")
    answer = asked(tamma, "api", "/ready")
    assert answer["ready"] is False
    assert answer["checks"][server] != "ok"
    assert asked(tamma, "api", "/health") == {"status": "alive"}
    tamma.kubectl("scale", workload(server), "--replicas=1")
    back = eventually(
        lambda: all(ready_pods(tamma, label(name)) for name in SERVICES), RECOVERY.seconds, "that all are ready again"
    )
    answers(web, token)
    print(f"without {server}: none ready after {out:.1f} s, all again {back:.1f} s after its return")
    after = {pod["metadata"]["name"]: restarts(pod) for name in SERVICES for pod in tamma.pods(label(name))}
    assert after == before
    assert done(web, token, submit(web, token, "after"))["result"]["digest"] == digest("after")


def asked(tamma: System, name: str, path: str) -> Any:
    """Ask a pod itself, as its probes do: a Service has no pods that are not ready."""
    pod = tamma.pods(label(name))[0]["metadata"]["name"]
    script = f"fetch('http://127.0.0.1:{SERVICES[name]}{path}').then(one => one.text()).then(console.log)"
    return json.loads(tamma.kubectl("exec", pod, "--", "node", "-e", script))


@pytest.mark.parametrize("name", [*SERVICES, *SERVERS])
def test_a_killed_pod_is_back_and_nothing_is_lost(tamma: System, web: Ingress, token: str, name: str) -> None:
    older = submit(web, token, f"before {name}")
    done(web, token, older)
    running = web.post("/api/tasks", {"kind": "wait", "input": {"milliseconds": 5000}}, token)["id"]
    began = time.monotonic()
    heals(tamma, label(name), START)
    answers(web, token)
    assert done(web, token, running, RECOVERY.seconds)["attempts"] <= 2
    assert done(web, token, submit(web, token, f"after {name}"))["result"]["digest"] == digest(f"after {name}")
    RECOVERY.holds(f"{name}: works again after it was killed", time.monotonic() - began)
    assert web.get(f"/api/tasks/{older}", token)["result"]["digest"] == digest(f"before {name}")


def test_a_rolling_update_fails_no_request_and_loses_no_task(tamma: System, web: Ingress, token: str) -> None:
    tasks: list[str] = []

    def post() -> Answer:
        answer = web.ask("POST", "/api/tasks", {"kind": "wait", "input": {"milliseconds": 200}}, token=token)
        if answer.status == 202:
            tasks.append(json.loads(answer.text)["id"])
        return answer

    with traffic(partial(web.ask, "GET", "/"), post) as seen:
        for name in SERVICES:
            tamma.kubectl("rollout", "restart", workload(name))
            print(f"{name}: rolled out in {tamma.rolled_out(workload(name), 180):.1f} s")
    print(f"{seen}; {len(tasks)} tasks; {seen.failures}")
    assert seen.failures == []
    assert len(tasks) > 20
    for task in tasks:
        done(web, token, task)


def test_a_bad_image_is_reported_and_the_old_version_serves_on(tamma: System, web: Ingress, token: str) -> None:
    with traffic(partial(web.ask, "GET", "/api/tasks?limit=1", token=token)) as seen:
        said = fails_to_roll_out(tamma, with_bad_image(tamma, "Deployment", "tamma-api"))
        restore(tamma, "Deployment", "tamma-api")
    print(f"{said}\nmeanwhile {seen}")
    assert "Deployment/tamma-api is not ready" in said
    assert "no-such-tag cannot be pulled" in said
    assert seen.failures == []


def test_every_service_scales_out_under_load_and_back(tamma: System, web: Ingress, token: str) -> None:
    names = tuple(SERVICES)
    eventually(lambda: {replicas(tamma, name) for name in names} == {1}, RECOVERY.seconds, "one replica of each")
    eventually(lambda: all(load_is_known(tamma, name) for name in names), 120, "that the autoscalers know the load")
    asks = (partial(web.ask, "GET", "/"), partial(web.ask, "GET", "/api/tasks?limit=1", token=token))
    began = time.monotonic()
    asked_for: dict[str, float] = {}
    ready: dict[str, float] = {}

    def all_are_out() -> bool:
        now = time.monotonic() - began
        for name in names:
            if replicas(tamma, name) > 1:
                asked_for.setdefault(name, now)
            if len(ready_pods(tamma, label(name))) > 1:
                ready.setdefault(name, now)
        return len(ready) == len(names)

    with traffic(*asks) as seen:
        for name in names:
            keep_busy(tamma, name)
        try:
            eventually(all_are_out, 2 * SCALE.seconds, "more than one pod of each service")
        finally:
            print(f"seconds until more were asked for: {asked_for}, until a second one was ready: {ready}")
            print(tamma.kubectl("get", "hpa"))
        down = eventually(lambda: {replicas(tamma, name) for name in names} == {1}, 2 * RECOVERY.seconds, "one each")
    print(f"one replica of each again {down:.0f} s later; meanwhile {seen}; {seen.failures}")
    for name in names:
        SCALE.holds(f"{name}: more pods asked for", asked_for[name])
        START.holds(f"{name}: the second pod ready after that", ready[name] - asked_for[name])
    assert seen.failures == []


def keep_busy(tamma: System, name: str) -> None:
    """Use a third of a processor in a service's container for two minutes: requests would ask as much of the client."""
    script = (
        f"const end = Date.now() + {SCALE.seconds * 1000};"
        "const turn = () => { const stop = Date.now() + 30; while (Date.now() < stop);"
        "if (Date.now() < end) setTimeout(turn, 60); }; turn()"
    )
    tamma.kubectl("exec", workload(name), "--", "sh", "-c", f'node -e "{script}" > /dev/null 2>&1 &')


def replicas(tamma: System, name: str) -> int:
    live = tamma.connection.get(manifest(tamma, "Deployment", f"tamma-{name}"))
    return int(live["spec"]["replicas"]) if live else 0


def load_is_known(tamma: System, name: str) -> bool:
    live = tamma.connection.get(manifest(tamma, "HorizontalPodAutoscaler", f"tamma-{name}-hpa")) or {}
    conditions = {one["type"]: one["status"] for one in live.get("status", {}).get("conditions") or ()}
    return conditions.get("ScalingActive") == "True"


def run_job(tamma: System, template: str, name: str, **settings: str) -> str:
    """Make a Job of a CronJob as the runbook says, and wait for it; give what it printed."""
    made = tamma.kubectl("create", "job", f"--from=cronjob/{template}", name, "--dry-run=client", "-o", "json")
    job: Manifest = json.loads(made)
    job["metadata"].pop("ownerReferences", None)
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [one for one in container["env"] if one["name"] not in settings]
    container["env"] += [{"name": key, "value": value} for key, value in settings.items()]
    job["metadata"]["namespace"] = tamma.namespace
    tamma.connection.apply(job)
    try:
        wait(tamma.connection, [job], RECOVERY.seconds, print)
        return log(tamma, f"job/{name}")
    except DeploymentError as error:
        return f"{error}\n{log(tamma, f'job/{name}')}"
    finally:
        tamma.connection.delete(job)


def contents(tamma: System) -> str:
    """Give a digest of all rows of all tables."""
    tables = sql(tamma, "SELECT string_agg(table_name, ' ' ORDER BY 1) FROM information_schema.tables "
                        "WHERE table_schema = 'public' AND table_name <> 'workers'").split()  # fmt: skip
    assert "tasks" in tables
    rows = (sql(tamma, f"SELECT to_jsonb(one) FROM {table} one ORDER BY 1::text") for table in tables)  # noqa: S608 - ours
    return digest("\n".join((*tables, *rows)))


def test_what_was_backed_up_comes_back_after_all_is_destroyed(tamma: System, web: Ingress, token: str) -> None:
    kept = submit(web, token, "kept")
    done(web, token, kept)
    tamma.kubectl("scale", "deployment/tamma-orchestrator", "deployment/tamma-worker", "--replicas=0")
    eventually(lambda: not tamma.pods(label("orchestrator")) + tamma.pods(label("worker")), 120, "that none works")
    before = contents(tamma)
    began = time.monotonic()
    said = json.loads(run_job(tamma, "tamma-backup", "backup-e2e").splitlines()[-1])
    print(f"backed up in {time.monotonic() - began:.1f} s: {said['dump']}, {said['bytes']} bytes")
    assert said["bytes"] > 1000
    newer = submit(web, token, "newer than the backup")

    began = time.monotonic()
    tamma.kubectl("scale", "deployment/tamma-api", "--replicas=0")
    sql(tamma, "DROP SCHEMA public CASCADE")
    sql(tamma, "CREATE SCHEMA public")
    sql(tamma, "CREATE TABLE tasks (of text)")
    told = json.loads(run_job(tamma, "tamma-restore", "restore-e2e").splitlines()[-1])
    assert told["dump"] == said["dump"]
    assert contents(tamma) == before
    tamma.kubectl("scale", *(workload(name) for name in SERVICES), "--replicas=1")
    for name in SERVICES:
        tamma.rolled_out(workload(name))
    answers(web, token)
    RECOVERY.holds("destroyed, restored and all services ready", time.monotonic() - began)
    assert web.get(f"/api/tasks/{kept}", token)["result"]["digest"] == digest("kept")
    assert web.ask("GET", f"/api/tasks/{newer}", token=token).status == 404
    assert done(web, token, submit(web, token, "after"))["result"]["digest"] == digest("after")


def test_a_restore_that_cannot_be_changes_nothing(tamma: System) -> None:
    before = sql(tamma, "SELECT count(*) FROM tasks")
    said = run_job(tamma, "tamma-restore", "restore-nothing", BACKUP="tamma-20000101T000000Z.dump")
    assert "tamma-20000101T000000Z.dump has no digest: it was never finished" in said
    assert sql(tamma, "SELECT count(*) FROM tasks") == before


def test_every_monitor_finds_its_port_and_metrics_behind_it(tamma: System) -> None:
    monitors = [one for one in tamma.manifests if one["kind"] in {"ServiceMonitor", "PodMonitor"}]
    assert len(monitors) == len(METRICS)
    for monitor in monitors:
        name = monitor["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        (endpoint,) = monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"]
        pod = tamma.pods(label(name))[0]
        ports = {one["name"]: one["containerPort"] for one in pod["spec"]["containers"][0]["ports"]}
        assert ports[endpoint["port"]] == METRICS[name]
        with tamma.forwarded(f"pod/{pod['metadata']['name']}", METRICS[name]) as door:
            answer = door.get(endpoint["path"])
        assert answer.status == 200
        assert "# TYPE process_cpu_seconds_total counter" in answer.text
        print(f"{monitor['kind']} {name}: {len(answer.text.splitlines())} lines")


def test_service_accounts_may_do_nothing_and_people_what_their_role_says(tamma: System) -> None:
    for account in (f"tamma-{name}" for name in (*SERVICES, *SERVERS, "backup")):
        for verb, resource in (("get", "secrets"), ("list", "pods"), ("create", "jobs.batch")):
            assert not may(tamma, account, verb, resource), f"{account} may {verb} {resource}"
    for pod in of_services(tamma):
        assert not any("serviceAccountToken" in str(one) for one in pod["spec"]["volumes"])
    allowed = {
        "tamma-developers": [("list", "pods"), ("get", "pods/log"), ("list", "cronjobs.batch")],
        "tamma-operators": [
            ("list", "pods"), ("get", "pods/log"), ("list", "cronjobs.batch"),
            ("delete", "pods"), ("create", "pods/exec"),
            ("patch", "deployments.apps"), ("patch", "deployments.apps/scale"), ("create", "jobs.batch"),
        ],
    }  # fmt: skip
    everything = {one for found in allowed.values() for one in found} | {
        ("get", "secrets"), ("update", "resourcequotas"), ("create", "rolebindings.rbac.authorization.k8s.io"),
        ("delete", "persistentvolumeclaims"), ("delete", "statefulsets.apps"),
    }  # fmt: skip
    for group, expected in allowed.items():
        found = {one for one in everything if group_may(tamma, group, *one)}
        print(f"{group}: {sorted(' '.join(one) for one in found)}")
        assert found == set(expected)


def group_may(tamma: System, group: str, verb: str, resource: str) -> bool:
    name, _, subresource = resource.partition("/")
    words = ["auth", "can-i", verb, name, "--as=somebody", f"--as-group={group}"]
    words += [f"--subresource={subresource}"] if subresource else []
    try:
        return tamma.kubectl(*words).strip() == "yes"
    except subprocess.CalledProcessError:
        return False


def pod_of(tamma: System, name: str, **container: Any) -> Manifest:
    """Give a pod as a service's, with some fields of its container changed."""
    template = manifest(tamma, "Deployment", "tamma-api")["spec"]["template"]
    template["spec"]["containers"][0] |= container
    metadata = {"name": name, "namespace": tamma.namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def test_quota_limits_and_pod_security_hold(tamma: System) -> None:
    huge = {"requests": {"cpu": "3"}, "limits": {"cpu": "3"}}
    with pytest.raises(ApiServerError, match="maximum cpu usage per Container is 2, but limit is 3"):
        tamma.connection.apply(pod_of(tamma, "huge", resources=huge))
    with pytest.raises(ApiServerError, match="violates PodSecurity"):
        tamma.connection.apply(pod_of(tamma, "root", securityContext={"privileged": True}))
    quota = tamma.connection.get(manifest(tamma, "ResourceQuota", "tamma-quota"))
    assert quota
    hard, used = quota["status"]["hard"], quota["status"]["used"]
    print(f"quota: { ({name: f'{used[name]} of {hard[name]}' for name in hard}) }")
    assert used["pods"] == str(len(tamma.connection.list("v1", "Pod", tamma.namespace)))
    assert parse_quantity(used["requests.cpu"]) < 0.7  # type: ignore[no-untyped-call] # it has no types
    changed = manifest(tamma, "ResourceQuota", "tamma-quota")
    changed["spec"]["hard"]["pods"] = used["pods"]
    tamma.connection.apply(changed)
    try:
        eventually(lambda: refusal(tamma).startswith("pods") or "exceeded quota" in refusal(tamma), 30, "a refusal")
        assert "exceeded quota: tamma-quota" in refusal(tamma)
    finally:
        tamma.connection.apply(manifest(tamma, "ResourceQuota", "tamma-quota"))


def refusal(tamma: System) -> str:
    """Give why one more pod is refused."""
    pod = pod_of(tamma, "one-more", resources={"requests": {"cpu": "50m"}})
    try:
        tamma.connection.apply(pod)
    except ApiServerError as error:
        return str(error)
    tamma.connection.delete(pod)
    return ""


@pytest.fixture
def logging(tamma: System) -> Iterator[Manifest]:
    """Make the namespace of the log shipping of staging, which is not on this cluster; give its DaemonSet."""
    rendered = [one for one in yaml.safe_load_all(Path("gitops/staging/tamma/manifests.yaml").read_text()) if one]
    namespace = next(
        one for one in rendered if one["metadata"]["name"] == "tamma-logging" and one["kind"] == "Namespace"
    )
    tamma.connection.apply(namespace)
    yield next(one for one in rendered if one["kind"] == "DaemonSet")
    tamma.connection.delete(namespace)


def test_log_shipping_is_admitted_where_it_is_and_nowhere_else(tamma: System, logging: Manifest) -> None:
    """What it ships cannot be seen here: nobody plays Fluent Bit and Elasticsearch on this cluster."""
    spec = {**logging["spec"]["template"]["spec"], "serviceAccountName": "default"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shipper", "namespace": "tamma-logging"},
        "spec": spec,
    }
    eventually(lambda: tamma.connection.get({**namespaced("default", "tamma-logging")}), 30, "its service account")
    tamma.connection.apply(pod)
    tamma.connection.delete(pod)
    pod["metadata"] = {"name": "shipper", "namespace": tamma.namespace}
    with pytest.raises(ApiServerError, match='restricted volume type "hostPath"'):
        tamma.connection.apply(pod)


def namespaced(name: str, namespace: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def test_no_secret_is_in_a_pod_spec_or_a_log(tamma: System, web: Ingress, token: str) -> None:
    web.get("/api/tasks", token)
    keys = {"tamma-secrets": ("database-password", "jwt-secret", "webhook-secret", "github-token"),
            "tamma-backup": ("secret-key",)}  # fmt: skip
    secrets = {tamma.secret(name, key) for name, found in keys.items() for key in found}
    specs = tamma.kubectl("get", "pods,deployments,statefulsets,cronjobs,jobs,configmaps", "-o", "yaml")
    logs = "".join(log(tamma, pod["metadata"]["name"], "--all-containers") for pod in of_services(tamma))
    assert len(logs.splitlines()) > 10
    assert not [one for one in (*secrets, token) if one in specs or one in logs]


def test_data_outlive_a_redeploy_which_takes_less_than_ten_minutes(
    tamma: System, web: Ingress, token: str, deployed: Callable[[str], System]
) -> None:
    kept = submit(web, token, "outlives")
    done(web, token, kept)
    kinds = "deployment,statefulset,service,ingress,configmap,horizontalpodautoscaler,cronjob"
    tamma.kubectl("delete", kinds, "--selector=app.kubernetes.io/part-of=tamma", "--wait=true")
    began = time.monotonic()
    deployed("tamma")
    answers(web, token)
    DEPLOY.holds("deployed anew and answering through the ingress", time.monotonic() - began)
    assert web.get(f"/api/tasks/{kept}", token)["result"]["digest"] == digest("outlives")
