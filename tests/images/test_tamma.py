"""The services of tamma, run as its overlay runs them, beside PostgreSQL and Redis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import imbricate
from tasks.images.engine import references
from tasks.stand_ins.plans import stand_ins_for
from tests.images import monitoring
from tests.images.containers import Answer, request
from tests.images.workloads import Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.networks import Network

    from tests.images.containers import Running

    Run = Callable[..., Running]
    Image = Callable[[str], str]

pytestmark = pytest.mark.docker

API, ORCHESTRATOR, WORKER = "tamma-api", "tamma-orchestrator", "tamma-worker"
POSTGRES, REDIS = "tamma-postgres", "tamma-redis"
HTTP = {API: 8080, ORCHESTRATOR: 3000, WORKER: 8081}
METRICS = {API: 8080, ORCHESTRATOR: 9090, WORKER: 9090}
SERVICES = tuple(HTTP)
LEASE_SECONDS = 15


class Tamma:
    """Workloads of the dev overlay, started one by one."""

    def __init__(self, engine: DockerClient, network: Network, image: Image, run: Run, folder: Path) -> None:
        self._engine, self._network, self._image, self._run, self._folder = engine, network, image, run, folder
        rendered = folder / "dev" / "tamma"
        rendered.mkdir(parents=True)
        (rendered / "manifests.yaml").write_text(imbricate.build("overlays/dev/tamma"))
        self.found: dict[str, Workload] = {one.manifest["metadata"]["name"]: one for one in workloads(folder / "dev")}
        self.volumes: dict[str, str] = {}
        self.running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def environment(self, name: str) -> dict[str, str]:
        """Give a container's variables as the kubelet makes them: ConfigMaps first, $(OTHER) replaced."""
        workload = self.found[name]
        sources = (one["configMapRef"]["name"] for one in workload.container.get("envFrom", ()))
        variables = {key: value for source in sources for key, value in workload.configuration[source].items()}
        for key, value in workload.environment(workload.container).items():
            variables[key] = re.sub(r"\$\((\w+)\)", lambda other: variables[other[1]], value)
        return variables

    def start(self, name: str, alias: str = "", run: Run | None = None, **variables: str) -> Running:
        """Start a service; `variables` replace some of the overlay's, and an empty one removes it."""
        workload = self.found[name]
        environment = {key: value for key, value in (self.environment(name) | variables).items() if value}
        ports = tuple(dict.fromkeys((HTTP[name], METRICS[name])))
        image = self._image("/".join(workload.image.split("/")[-2:]).partition(":")[0])
        options = self._options(workload)
        self.running[name] = (run or self._run)(image, environment, ports, alias or name, **options)
        return self.running[name]

    def start_server(self, name: str) -> None:
        workload = self.found[name]
        self.running[name] = self._run(
            self._server_image(workload), self.environment(name), alias=workload.service, **self._options(workload)
        )
        self.wait_for_server(name)

    def wait_for_server(self, name: str, seconds: float = 60) -> None:
        for probe in self.found[name].probes:
            _until(lambda probe=probe: self[name].execute(probe)[0] == 0, seconds)  # type: ignore[misc]

    def leave(self, name: str) -> None:
        """Take a server off the network, as if its node were gone."""
        self._network.disconnect(self[name].container)

    def come_back(self, name: str) -> None:
        self._network.connect(self[name].container, aliases=[self.found[name].service])

    def redis(self, *command: str) -> str:
        code, printed = self[REDIS].execute(["redis-cli", *command])
        assert code == 0, printed
        return printed.strip()

    def remove_volumes(self) -> None:
        for volume in self.volumes.values():
            self._engine.volumes.get(volume).remove(force=True)

    def _options(self, workload: Workload) -> dict[str, Any]:
        options = workload.options(workload.container, self._folder, lambda claim: self._volume(workload, claim))
        grace = workload.pod["terminationGracePeriodSeconds"]
        return options | {"security_opt": ["no-new-privileges"], "labels": {"grace": str(grace)}}

    def _volume(self, workload: Workload, claim: str) -> str:
        """Give a volume as the kubelet hands it over: of root, and of the pod's group."""
        key = f"{workload.name} {claim}"
        if key not in self.volumes:
            self.volumes[key] = name = f"imbricate-{uuid.uuid4().hex[:8]}"
            self._engine.volumes.create(name)
            command = ["sh", "-c", f"chown 0:{workload.group} /volume && chmod 2775 /volume"]
            volume = {name: {"bind": "/volume", "mode": "rw"}}
            image = self._server_image(workload)
            self._engine.containers.run(image, entrypoint=command, user="0:0", volumes=volume, remove=True)
        return self.volumes[key]

    def _server_image(self, workload: Workload) -> str:
        (local,) = stand_ins_for([workload.image]).values() or ("",)
        return local if local in references(self._engine) else workload.image


@pytest.fixture(scope="module")
def volumes() -> Iterator[list[Tamma]]:
    """Remove volumes after `run_for_all` has removed the containers that use them."""
    made: list[Tamma] = []
    yield made
    for one in made:
        one.remove_volumes()


@pytest.fixture(scope="module")
def tamma(  # noqa: PLR0913, PLR0917 - what a system is started with
    engine: DockerClient,
    network: Network,
    image: Image,
    volumes: list[Tamma],
    run_for_all: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tamma:
    made = Tamma(engine, network, image, run_for_all, tmp_path_factory.mktemp("tamma"))
    volumes.append(made)
    for name in (POSTGRES, REDIS):
        made.start_server(name)
    for name in (API, WORKER, ORCHESTRATOR):  # the last one makes the schema that the others wait for
        made.start(name)
    for name in SERVICES:
        ready(made[name], name)
    return made


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.1)


def pod(running: Running) -> str:
    """Give a container's host name, by which a worker calls itself."""
    return str(running.container.id)[:12]


def ready(running: Running, name: str, status: int = 200, seconds: float = 60) -> dict[str, str]:
    checks: dict[str, str] = json.loads(running.wait(HTTP[name], "/ready", status, seconds).text)["checks"]
    return checks


def token(tamma: Tamma, subject: str = "ci", seconds: int = 600) -> str:
    """Make a token as any JWT library does."""
    claims = {"sub": subject, "exp": int(time.time()) + seconds}
    parts = [_url64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    secret = tamma.environment(API)["JWT_SECRET"].encode()
    signature = hmac.digest(secret, ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, _url64(signature)])


def _url64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def ask(tamma: Tamma, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Ask the api, with a token unless `authorization` is given."""
    known = {"authorization": f"Bearer {token(tamma)}"} | {key.replace("_", "-"): one for key, one in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        known["content-type"] = "application/json"
    return request(method, tamma[API].url(HTTP[API], path), data, known)


def submit(tamma: Tamma, kind: str, task: dict[str, Any], **more: object) -> dict[str, Any]:
    answer = ask(tamma, "POST", "/api/tasks", {"kind": kind, "input": task, **more})
    assert answer.status == 202, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    assert answer.headers["location"] == f"/api/tasks/{found['id']}"
    return found


def look(tamma: Tamma, task: dict[str, Any]) -> dict[str, Any]:
    answer = ask(tamma, "GET", f"/api/tasks/{task['id']}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def becomes(tamma: Tamma, task: dict[str, Any], status: str, seconds: float = 30) -> dict[str, Any]:
    _until(lambda: look(tamma, task)["status"] == status, seconds)
    return look(tamma, task)


def metric(running: Running, name: str, sample: str) -> float:
    lines = running.get(METRICS[name], "/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if re.fullmatch(rf"{sample} \S+", line))


def test_a_task_is_queued_done_by_a_worker_and_read_back(tamma: Tamma) -> None:
    task = submit(tamma, "text-statistics", {"text": "to be or not to be", "words": 2})

    assert (task["status"], task["submittedBy"], task["source"]) == ("pending", "ci", "api")
    done = becomes(tamma, task, "succeeded")
    most = [{"word": "be", "count": 2}, {"word": "to", "count": 2}]
    assert done["result"] == {"characters": 18, "words": 6, "lines": 1, "mostFrequent": most}
    assert done["attempts"] == 1
    assert done["worker"] == pod(tamma[WORKER])


def test_every_kind_is_done(tamma: Tamma) -> None:
    cases: list[tuple[str, dict[str, Any], object]] = [
        ("checksum", {"text": "abc", "algorithm": "sha512"}, hashlib.sha512(b"abc").hexdigest()),
        ("json-merge", {"document": {"a": 1, "b": 2}, "patch": {"a": None}}, {"b": 2}),
        ("diff-statistics", {"diff": "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n"}, 2),
        ("wait", {"milliseconds": 10}, 10),
    ]
    tasks = [(submit(tamma, kind, given), expected) for kind, given, expected in cases]

    for task, expected in tasks:
        assert expected in becomes(tamma, task, "succeeded")["result"].values()
    kinds = json.loads(tamma[API].get(HTTP[API], "/api/kinds").text)
    assert set(kinds) == {"text-statistics", *(kind for kind, _, _ in cases)}


def test_the_api_takes_no_one_without_a_token(tamma: Tamma) -> None:
    header, claims, signature = token(tamma).split(".")
    none = _url64(b'{"alg":"none"}')
    refused = ["", "Basic abc", f"Bearer {token(tamma, seconds=-60)}", f"Bearer {none}.{claims}."]
    refused.append(f"Bearer {header}.{claims}.{signature[:-4]}AAAA")

    for value in refused:
        for method, path in (("POST", "/api/tasks"), ("GET", "/api/tasks"), ("GET", f"/api/tasks/{uuid.uuid4()}")):
            answer = ask(tamma, method, path, {} if method == "POST" else None, authorization=value)
            assert answer.status == 401, value
            assert json.loads(answer.text)["error"]


def test_the_image_makes_tokens(tamma: Tamma) -> None:
    code, printed = tamma[API].execute(["node", "tamma/api/dist/src/token.js", "someone", "1"])
    assert code == 0, printed
    assert ask(tamma, "GET", "/api/tasks", authorization=f"Bearer {printed.strip()}").status == 200
    assert tamma[API].execute(["node", "tamma/api/dist/src/token.js"])[0] == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body must have required property 'kind'"),
        ({"kind": "dance", "input": {}}, "body/kind must be equal to one of the allowed values"),
        ({"kind": "checksum", "input": {}}, "input must have required property 'text'"),
        ({"kind": "checksum", "input": {"text": 5}}, "input/text must be string"),
        ({"kind": "checksum", "input": {"text": "x", "more": 1}}, "input must NOT have additional properties"),
        (
            {"kind": "checksum", "input": {"text": "x" * 200_001}},
            "input/text must NOT have more than 200000 characters",
        ),
        ({"kind": "checksum", "input": {"text": "\0"}}, "input has characters that cannot be kept"),
        ({"kind": "wait", "input": {"milliseconds": 600_001}}, "input/milliseconds must be <= 600000"),
        ({"kind": "wait", "input": {"milliseconds": 1}, "maxAttempts": 11}, "body/maxAttempts must be <= 10"),
    ],
)
def test_what_is_no_task_is_refused_with_the_reason(tamma: Tamma, body: object, message: str) -> None:
    answer = ask(tamma, "POST", "/api/tasks", body)
    assert (answer.status, json.loads(answer.text)) == (400, {"error": message})


def test_the_api_answers_every_mistake_as_json(tamma: Tamma) -> None:
    done = becomes(tamma, submit(tamma, "checksum", {"text": ""}), "succeeded")
    cases: list[tuple[str, str, object, int]] = [
        ("POST", "/api/tasks", {"kind": "checksum", "input": {"text": "x" * 600_000}}, 413),
        ("GET", "/api/tasks/7", None, 400),
        ("GET", f"/api/tasks/{uuid.uuid4()}", None, 404),
        ("DELETE", f"/api/tasks/{done['id']}", None, 409),
        ("GET", "/api/tasks?limit=201", None, 400),
        ("GET", "/api/tasks?order=asc", None, 400),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/tasks", {}, 404),
    ]
    for method, path, body, status in cases:
        answer = ask(tamma, method, path, body)
        assert answer.status == status, (path, answer.text)
        assert list(json.loads(answer.text)) == ["error"]


def test_a_submission_that_is_repeated_is_one_task(tamma: Tamma) -> None:
    body = {"kind": "checksum", "input": {"text": "once"}}
    key = uuid.uuid4().hex

    first, second = (ask(tamma, "POST", "/api/tasks", body, idempotency_key=key) for _ in range(2))
    other = ask(tamma, "POST", "/api/tasks", {**body, "input": {"text": "twice"}}, idempotency_key=key)

    assert (first.status, second.status, other.status) == (202, 200, 409)
    assert json.loads(first.text)["id"] == json.loads(second.text)["id"]


def test_lists_are_newest_first_and_go_on_page_by_page(tamma: Tamma) -> None:
    tasks = [submit(tamma, "wait", {"milliseconds": 0}) for _ in range(3)]
    becomes(tamma, tasks[-1], "succeeded")

    page = json.loads(ask(tamma, "GET", "/api/tasks?limit=2&kind=wait").text)
    rest = json.loads(ask(tamma, "GET", f"/api/tasks?limit=1&before={page['before']}").text)

    assert [one["id"] for one in page["tasks"] + rest["tasks"]] == [one["id"] for one in reversed(tasks)]
    assert "input" not in page["tasks"][0]


def test_a_task_can_be_cancelled_while_it_runs(tamma: Tamma) -> None:
    task = submit(tamma, "wait", {"milliseconds": 600_000})
    becomes(tamma, task, "running")

    assert json.loads(ask(tamma, "DELETE", f"/api/tasks/{task['id']}").text)["status"] == "cancelled"
    lost = 'tamma_tasks_finished_total{kind="wait",outcome="lost"}'
    _until(lambda: metric(tamma[WORKER], WORKER, re.escape(lost)) >= 1)
    assert look(tamma, task)["status"] == "cancelled"


def test_a_signed_webhook_of_github_becomes_a_task_once(tamma: Tamma) -> None:
    secret = tamma.environment(API)["WEBHOOK_SECRET"].encode()
    body = json.dumps({"action": "opened", "issue": {"title": "It is broken", "body": "Very broken."}}).encode()
    headers = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": f"sha256={hmac.digest(secret, body, 'sha256').hex()}",
    }
    url = tamma[API].url(HTTP[API], "/webhooks/github")

    first, again = (request("POST", url, body, headers) for _ in range(2))
    forged = request("POST", url, body.replace(b"Very", b"Not"), headers)
    ping = b'{"zen": "Keep it simple"}'
    signature = f"sha256={hmac.digest(secret, ping, 'sha256').hex()}"
    pinged = request("POST", url, ping, headers | {"x-hub-signature-256": signature})

    assert (first.status, again.status, forged.status) == (202, 202, 401)
    assert first.text == again.text
    assert (pinged.status, json.loads(pinged.text)) == (202, {"task": None})
    done = becomes(tamma, {"id": json.loads(first.text)["task"]}, "succeeded")
    assert (done["source"], done["result"]["words"]) == ("github", 5)


def test_a_webhook_of_gitlab_needs_its_token(tamma: Tamma) -> None:
    body = json.dumps({"object_attributes": {"title": "Merge me"}}).encode()
    headers = {"content-type": "application/json", "x-gitlab-event": "Merge Request Hook"}
    secret = tamma.environment(API)["WEBHOOK_SECRET"]
    url = tamma[API].url(HTTP[API], "/webhooks/gitlab")

    assert request("POST", url, body, headers).status == 401
    assert request("POST", url, b"no json", headers | {"x-gitlab-token": secret}).status == 400
    taken = request("POST", url, body, headers | {"x-gitlab-token": secret})
    assert taken.status == 202
    assert becomes(tamma, {"id": json.loads(taken.text)["task"]}, "succeeded")["source"] == "gitlab"


def test_the_root_shows_how_things_stand(tamma: Tamma) -> None:
    becomes(tamma, submit(tamma, "checksum", {"text": ""}), "succeeded")
    _until(lambda: json.loads(tamma[ORCHESTRATOR].get(3000, "/").text)["workers"] >= 1)

    numbers = json.loads(tamma[ORCHESTRATOR].get(3000, "/").text)
    page = tamma[ORCHESTRATOR].get(3000, "/", {"accept": "text/html,*/*"})

    assert numbers["tasks"]["succeeded"] >= 1
    assert page.headers["content-type"].startswith("text/html")
    assert f"succeeded</th><td>{numbers['tasks']['succeeded']}</td>" in page.text
    assert tamma[ORCHESTRATOR].get(3000, "/workers").status == 401
    known = tamma[ORCHESTRATOR].get(3000, "/workers", {"authorization": f"Bearer {token(tamma)}"})
    assert pod(tamma[WORKER]) in {one["name"] for one in json.loads(known.text)["workers"]}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        (API, ["tamma_tasks_submitted_total"]),
        (ORCHESTRATOR, ["tamma_tasks", "tamma_queue_length", "tamma_workers"]),
        (ORCHESTRATOR, ["tamma_tasks_dispatched_total", "tamma_tasks_requeued_total"]),
        (WORKER, ["tamma_tasks_finished_total", "tamma_task_duration_seconds"]),
    ],
)
def test_metrics_are_served_where_prometheus_looks(tamma: Tamma, name: str, own: list[str]) -> None:
    shared = ["http_requests_total", "http_request_duration_seconds", "process_cpu_seconds_total"]
    _until(lambda: metric(tamma[name], name, r'http_requests_total\{method="GET",route="/ready",status="200"\}') > 0)

    served = tamma[name].get(METRICS[name], "/metrics").text

    assert [one for one in [*shared, *own] if f"# TYPE {one} " not in served] == []
    if METRICS[name] != HTTP[name]:
        assert tamma[name].get(HTTP[name], "/metrics").status == 404


@pytest.mark.parametrize("server", [POSTGRES, REDIS])
def test_while_a_server_is_away_the_services_live_and_are_not_ready(tamma: Tamma, server: str) -> None:
    check = {POSTGRES: "postgres", REDIS: "redis"}[server]
    restarts = [tamma[name].container.attrs["State"]["StartedAt"] for name in SERVICES]
    tamma.leave(server)
    try:
        for name in SERVICES:
            assert ready(tamma[name], name, status=503)[check] != "ok"
            assert tamma[name].get(HTTP[name], "/health").status == 200
        if server == POSTGRES:
            answer = ask(tamma, "GET", "/api/tasks")
            assert (answer.status, json.loads(answer.text)) == (503, {"error": "the database is not available"})
        else:
            waiting = submit(tamma, "checksum", {"text": "kept while redis is away"})
    finally:
        tamma.come_back(server)
    for name in SERVICES:
        ready(tamma[name], name)
        tamma[name].container.reload()
    task = waiting if server == REDIS else submit(tamma, "checksum", {"text": "after"})
    becomes(tamma, task, "succeeded", seconds=60)
    assert restarts == [tamma[name].container.attrs["State"]["StartedAt"] for name in SERVICES]


def test_a_killed_workers_task_is_done_by_another(tamma: Tamma, run: Run) -> None:
    doomed = tamma[WORKER]
    task = submit(tamma, "wait", {"milliseconds": 3000})
    becomes(tamma, task, "running")
    doomed.container.kill("SIGKILL")
    began = time.monotonic()
    heir = tamma.start(WORKER, alias="heir", run=run)
    try:
        done = becomes(tamma, task, "succeeded", seconds=3 * LEASE_SECONDS)
        assert done["attempts"] == 2
        assert done["worker"] == pod(heir)
        assert time.monotonic() - began < LEASE_SECONDS + 10
        requeued = r'tamma_tasks_requeued_total\{reason="worker_lost"\}'
        assert metric(tamma[ORCHESTRATOR], ORCHESTRATOR, requeued) >= 1
    finally:
        doomed.container.start()
        tamma.running[WORKER] = doomed
        doomed.container.reload()
        doomed.ports = {int(p.partition("/")[0]): int(b[0]["HostPort"]) for p, b in doomed.container.ports.items() if b}
        ready(doomed, WORKER)


def test_an_orchestrator_that_is_killed_loses_nothing(tamma: Tamma, run: Run) -> None:
    first = tamma[ORCHESTRATOR]
    first.container.kill("SIGKILL")
    tasks = [submit(tamma, "checksum", {"text": str(number)}) for number in range(20)]
    assert {look(tamma, task)["status"] for task in tasks} == {"pending"}
    others = [tamma.start(ORCHESTRATOR, alias=f"other-{number}", run=run) for number in range(2)]
    try:
        for number, task in enumerate(tasks):
            digest = becomes(tamma, task, "succeeded")["result"]["digest"]
            assert digest == hashlib.sha256(str(number).encode()).hexdigest()
        assert {look(tamma, task)["attempts"] for task in tasks} == {1}
        for one in others:
            ready(one, ORCHESTRATOR)
        assert sum(metric(one, ORCHESTRATOR, "tamma_tasks_dispatched_total") for one in others) == len(tasks)
    finally:
        first.container.start()
        tamma.running[ORCHESTRATOR] = first
        first.container.reload()
        first.ports = {int(p.partition("/")[0]): int(b[0]["HostPort"]) for p, b in first.container.ports.items() if b}
        ready(first, ORCHESTRATOR)


def test_tasks_whose_messages_redis_lost_are_sent_again(tamma: Tamma) -> None:
    tamma[WORKER].container.pause()
    task = submit(tamma, "checksum", {"text": "lost"})
    becomes(tamma, task, "queued")
    tamma.redis("FLUSHALL")
    tamma[WORKER].container.unpause()

    assert becomes(tamma, task, "succeeded", seconds=45)["attempts"] == 1


def test_tasks_outlive_both_servers(tamma: Tamma) -> None:
    task = submit(tamma, "checksum", {"text": "outlives"})
    becomes(tamma, task, "succeeded")
    for server in (POSTGRES, REDIS):
        tamma[server].container.restart(timeout=60)
        tamma.wait_for_server(server)
    for name in SERVICES:
        ready(tamma[name], name)

    assert look(tamma, task)["result"]["digest"] == hashlib.sha256(b"outlives").hexdigest()
    becomes(tamma, submit(tamma, "checksum", {"text": "after"}), "succeeded")


def test_a_worker_that_has_to_stop_finishes_its_task(tamma: Tamma, run: Run) -> None:
    staying = tamma[WORKER]
    staying.container.pause()
    worker = tamma.start(WORKER, alias="leaving", run=run)
    try:
        ready(worker, WORKER)
        task = submit(tamma, "wait", {"milliseconds": 4000})
        becomes(tamma, task, "running")
        assert worker.stop(int(worker.container.labels["grace"])) == 0
        assert look(tamma, task)["status"] == "succeeded"
    finally:
        tamma.running[WORKER] = staying
        staying.container.unpause()


def test_a_worker_that_cannot_finish_puts_its_task_back(tamma: Tamma, run: Run) -> None:
    staying = tamma[WORKER]
    staying.container.pause()
    worker = tamma.start(WORKER, alias="leaving", run=run, FINISH_SECONDS="1")
    try:
        ready(worker, WORKER)
        task = submit(tamma, "wait", {"milliseconds": 20_000})
        becomes(tamma, task, "running")
        assert worker.stop(int(worker.container.labels["grace"])) == 0
        back = look(tamma, task)
        assert (back["status"] in {"pending", "queued"}, back["attempts"], back["worker"]) == (True, 0, None)
        assert ask(tamma, "DELETE", f"/api/tasks/{task['id']}").status == 200
    finally:
        tamma.running[WORKER] = staying
        staying.container.unpause()


@pytest.mark.parametrize("name", SERVICES)
def test_sigterm_ends_a_service_within_its_grace(tamma: Tamma, run: Run, name: str) -> None:
    usual = tamma[name]
    other = tamma.start(name, alias="other", run=run)
    tamma.running[name] = usual
    ready(other, name)
    grace = int(other.container.labels["grace"]) - 10  # the hook before SIGTERM takes its part

    assert other.stop(grace) == 0
    lines = [json.loads(line) for line in other.logs().splitlines()]
    assert [line["msg"] for line in lines][-1] == "stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_missing_and_wrong_variables_are_named_in_one_line(tamma: Tamma, run: Run, name: str) -> None:
    usual = tamma[name]
    broken = tamma.start(name, alias="broken", run=run, DATABASE_URL="", REDIS_URL="http://x", PORT="web")
    tamma.running[name] = usual

    assert broken.exit_status() == 1
    (line,) = broken.logs().splitlines()
    message = json.loads(line)["msg"]
    assert 'PORT must be an integer from 0 to 65535, is "web"' in message
    assert "DATABASE_URL is missing" in message
    assert "REDIS_URL must be a URL with redis:// or rediss://" in message


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_before_its_servers(tamma: Tamma, run: Run, name: str) -> None:
    usual = tamma[name]
    away = {"DATABASE_URL": "postgresql://tamma:x@nowhere:5432/tamma", "REDIS_URL": "redis://nowhere:6379"}
    early = tamma.start(name, alias="early", run=run, **away)
    tamma.running[name] = usual

    checks = ready(early, name, status=503)
    assert checks["postgres"] != "ok"
    assert checks["redis"] != "ok"
    assert early.stop() == 0


def test_no_secret_is_in_a_log(tamma: Tamma) -> None:
    becomes(tamma, submit(tamma, "checksum", {"text": ""}), "succeeded")
    logs = "".join(tamma[name].logs() for name in SERVICES)

    for name in SERVICES:
        environment = tamma.environment(name)
        for key in ("DATABASE_PASSWORD", "DATABASE_URL", "JWT_SECRET", "WEBHOOK_SECRET", "GITHUB_TOKEN"):
            assert environment.get(key, "-- not this one --") not in logs
    assert "Bearer" not in logs
    assert all(json.loads(line)["service"] in SERVICES for line in logs.splitlines())


def test_every_metric_of_rules_and_dashboards_is_served(tamma: Tamma) -> None:
    manifests = [one.manifest for one in imbricate.load("overlays/prod/tamma")]
    found = monitoring.expressions(manifests)
    known = monitoring.recorded(manifests) | set(monitoring.CLUSTER)
    known |= {one for name in SERVICES for one in monitoring.served(tamma[name].get(METRICS[name], "/metrics").text)}

    unknown = {where: sorted(monitoring.names(text) - known) for where, text in found.items()}
    assert {where: missing for where, missing in unknown.items() if missing} == {}
    named = set().union(*(monitoring.names(text) for text in found.values()))
    ours = {one for one in named if one.startswith("tamma_")}
    assert len(found) > 40
    assert ours >= {"tamma_tasks", "tamma_queue_length", "tamma_workers", "tamma_tasks_finished_total"}
