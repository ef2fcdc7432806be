"""The services of santaclaude, run as their manifests run them, beside Redis and ClickHouse."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import imbricate
from tasks.images.engine import references
from tasks.stand_ins.plans import stand_ins_for
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

docker = pytest.mark.docker

PORTS = {
    "message-queue-service": 8004,
    "ai-service": 8001,
    "browser-pool-service": 8002,
    "audit-sink-service": 8003,
    "projectflow-ai": 8000,
}
QUEUE, AI, BROWSER, SINK, PROJECTS = PORTS
SITE = "http://site:8080"
GRACE_SECONDS = 25  # 30 seconds less the five in which the endpoint goes
VARIABLES = {
    QUEUE: ["PORT", "REDIS_URL"],
    AI: ["PORT", "REDIS_URL", "MESSAGE_QUEUE_URL"],
    BROWSER: ["PORT", "REDIS_URL", "MESSAGE_QUEUE_URL"],
    SINK: ["PORT", "REDIS_URL", "CLICKHOUSE_URL", "CLICKHOUSE_DATABASE", "CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD"],
    PROJECTS: ["PORT", "REDIS_URL", "MESSAGE_QUEUE_URL", "AI_SERVICE_URL", "BROWSER_POOL_URL", "AUDIT_SINK_URL"],
}
METRICS = {
    QUEUE: ["queue_published_total", "queue_pending"],
    AI: ["ai_completions_total", "ai_tokens_total"],
    BROWSER: ["browser_pages_total", "browser_page_seconds_bucket"],
    SINK: ["audit_events_accepted_total", "audit_spool_events"],
    PROJECTS: ["projectflow_jobs_created_total", "projectflow_jobs_ended_total"],
}
PAGE = "<title>Tides</title><script>document.write('<p>The tide turns at noon. Gulls shout. Boats wait.')</script>"
_SERVE = f"""
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


class System:
    """The workloads of santaclaude, each started as its manifest has it."""

    def __init__(self, engine: DockerClient, image: Image, run: Run, network: Network, folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._run = run
        self._folder = folder
        self._volumes: dict[str, str] = {}
        self._subnet = str(network.attrs["IPAM"]["Config"][0]["Subnet"])
        (folder / "santaclaude").mkdir()
        (folder / "santaclaude" / "manifests.yaml").write_text(imbricate.build("overlays/dev/santaclaude"))
        self._found = {one.manifest["metadata"]["name"]: one for one in workloads(folder)}
        self.running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def start(self) -> None:
        for name in ("redis", "clickhouse"):
            workload = self._found[name]
            options = self._options(workload) | {"security_opt": ["no-new-privileges"]}
            self.running[name] = self._run(
                self._server_image(workload), self.environment(name), (8123,), name, **options
            )
        self["clickhouse"].wait(8123, "/ping", seconds=90)
        for name in PORTS:
            self.running[name] = self.start_service(name, alias=name)
        script = ["python", "-c", _SERVE]
        self._run(self._image(f"santaclaude/{QUEUE}"), {}, (), "site", entrypoint=script)
        for name, port in PORTS.items():
            self[name].wait(port, "/ready", seconds=90)

    def start_service(self, name: str, *, run: Run | None = None, alias: str = "", **changed: Any) -> Running:
        """Start a replica; `changed` are variables if in capitals, otherwise options of the engine."""
        workload = self._found[name]
        variables = {key: value for key, value in changed.items() if key.isupper()}
        more = {key: value for key, value in changed.items() if not key.isupper()}
        options = self._options(workload) | {"security_opt": ["no-new-privileges"]} | more
        environment = self.environment(name) | variables
        replica = alias or f"{name}-{uuid.uuid4().hex[:6]}"
        image = self._image(f"santaclaude/{name}")
        return (run or self._run)(image, environment, (PORTS[name],), replica, **options)

    def environment(self, name: str) -> dict[str, str]:
        """Give a workload's variables: no key of a provider is set; pages of this network may be visited."""
        workload = self._found[name]
        sources = [one["configMapRef"]["name"] for one in workload.container.get("envFrom", ())]
        known = {key: text for source in sources for key, text in workload.configuration[source].items()}
        known |= workload.environment(workload.container)
        known |= dict.fromkeys(known.keys() & {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}, "")
        known |= dict.fromkeys(known.keys() & {"ALLOWED_NETWORKS"}, self._subnet)
        return {key: re.sub(r"\$\((\w+)\)", lambda found: known[found[1]], text) for key, text in known.items()}

    def remove_volumes(self) -> None:
        for volume in self._volumes.values():
            self._engine.volumes.get(volume).remove(force=True)

    def _options(self, workload: Workload) -> dict[str, Any]:
        options = workload.options(workload.container, self._folder, lambda claim: self._volume(workload, claim))
        if "/dev/shm" in options["tmpfs"]:  # noqa: S108 - the container's
            options["tmpfs"]["/dev/shm"] += ",size=512m"  # noqa: S108 - as above
        return options

    def _volume(self, workload: Workload, claim: str) -> str:
        """Give a volume as the kubelet hands it over: of root, and of the pod's group."""
        key = f"{workload.name} {claim}"
        if key not in self._volumes:
            self._volumes[key] = name = f"imbricate-{uuid.uuid4().hex[:8]}"
            self._engine.volumes.create(name)
            command = ["sh", "-c", f"chown 0:{workload.group} /volume && chmod 2775 /volume"]
            volumes = {name: {"bind": "/volume", "mode": "rw"}}
            image = self._image(f"santaclaude/{QUEUE}")
            self._engine.containers.run(image, entrypoint=command, user="0:0", volumes=volumes, remove=True)
        return self._volumes[key]

    def _server_image(self, workload: Workload) -> str:
        (local,) = stand_ins_for([workload.image]).values() or ("",)
        return local if local in references(self._engine) else workload.image


@pytest.fixture(scope="module")
def volumes() -> Iterator[list[System]]:
    """Remove volumes after `run_for_all` has removed the containers that use them."""
    made: list[System] = []
    yield made
    for one in made:
        one.remove_volumes()


@pytest.fixture(scope="module")
def system(  # noqa: PLR0913, PLR0917 - fixtures
    engine: DockerClient,
    image: Image,
    network: Network,
    volumes: list[System],
    run_for_all: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> System:
    network.reload()
    made = System(engine, image, run_for_all, network, tmp_path_factory.mktemp("santaclaude"))
    volumes.append(made)
    made.start()
    return made


@pytest.fixture
def project(system: System) -> str:
    return str(post(system[PROJECTS], 8000, "/projects", {"name": "Harbour"})["id"])


def post(running: Running, port: int, path: str, body: Any, status: int | None = None) -> Any:
    answer = send(running, port, path, body)
    assert answer.status == status if status else 200 <= answer.status < 300, answer.text
    return json.loads(answer.text)


def send(running: Running, port: int, path: str, body: Any) -> Answer:
    headers = {"content-type": "application/json"}
    return request("POST", running.url(port, path), json.dumps(body).encode(), headers, timeout=60)


def get(running: Running, port: int, path: str) -> Any:
    answer = running.get(port, path, timeout=30)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def eventually(found: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.2)
    return result


def ended(system: System, job: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of a job."""

    def job_now() -> dict[str, Any] | None:
        now: dict[str, Any] = get(system[PROJECTS], 8000, f"/jobs/{job['id']}")
        return now if now["status"] in ("done", "failed") else None

    found: dict[str, Any] = eventually(job_now)
    return found


def actions(system: System, project: str) -> list[str]:
    """Give what ClickHouse knows that was done to a project."""
    events = get(system[PROJECTS], 8000, f"/projects/{project}/history")["events"]
    return sorted(event["action"] for event in events)


@docker
@pytest.mark.parametrize("name", PORTS)
def test_is_alive_and_ready_and_measured(system: System, name: str) -> None:
    port = PORTS[name]
    assert system[name].get(port, "/health").status == 200
    assert get(system[name], port, "/ready") == {"status": "ready", "missing": {}, "degraded": {}}

    metrics = system[name].get(port, "/metrics").text

    for metric in (*METRICS[name], "http_requests_total", "http_request_duration_seconds", "process_cpu_seconds_total"):
        assert metric in metrics
    assert 'http_requests_total{method="GET",route="/ready",status="200"}' in metrics


@docker
def test_a_job_goes_through_queue_browser_and_model_and_is_read_back(system: System, project: str) -> None:
    wanted = {"url": f"{SITE}/", "question": "When does the tide turn?"}

    job = ended(system, post(system[PROJECTS], 8000, f"/projects/{project}/jobs", wanted, 202))

    assert (job["status"], job["error"]) == ("done", None)
    assert (job["page"]["title"], job["page"]["status"]) == ("Tides", 200)
    assert "Gulls shout" in job["page"]["text"]
    assert "The tide turns at noon." in job["answer"]["text"]
    assert job["answer"]["model"] == "local"
    picture = system[PROJECTS].get(8000, f"/jobs/{job['id']}/screenshot")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.body.startswith(b"\xff\xd8")
    for stream in ("browser-jobs", "ai-jobs", "job-results"):
        groups = get(system[QUEUE], 8004, f"/streams/{stream}")["groups"]
        assert [group["pending"] for group in groups.values()] == [0]


@docker
def test_what_was_done_is_in_clickhouse(system: System, project: str) -> None:
    job = post(system[PROJECTS], 8000, f"/projects/{project}/jobs", {"question": "Who waits? Boats wait."}, 202)
    ended(system, job)

    eventually(lambda: actions(system, project) == ["job.created", "job.done", "project.created"])


@docker
@pytest.mark.parametrize("url", ["http://127.0.0.1:8002/", "http://localhost:8002/", "http://169.254.169.254/"])
def test_a_job_for_an_address_inside_fails_with_the_reason(system: System, project: str, url: str) -> None:
    job = ended(system, post(system[PROJECTS], 8000, f"/projects/{project}/jobs", {"url": url}, 202))

    assert job["status"] == "failed"
    assert "which is not public" in job["error"]


@docker
def test_no_address_of_the_cluster_is_visited_unless_it_is_allowed(system: System, run: Run) -> None:
    closed = system.start_service(BROWSER, run=run, ALLOWED_NETWORKS="")
    closed.wait(8002, "/ready", seconds=60)

    answer = send(closed, 8002, "/pages", {"url": SITE})

    assert answer.status == 403
    assert "which is not public" in answer.text
    assert send(system[BROWSER], 8002, "/pages", {"url": SITE}).status == 201


@docker
def test_without_its_shared_memory_the_browser_pool_is_not_ready(system: System, run: Run) -> None:
    homes = {"/tmp": "", "/home/app": "mode=1777"}  # noqa: S108 - the container's own
    cramped = system.start_service(BROWSER, run=run, tmpfs=homes)

    def missing() -> bool:
        try:
            return bool(json.loads(cramped.get(8002, "/ready").text)["missing"] == {"shared-memory": "TooLittleError"})
        except OSError:
            return False

    eventually(missing)


@docker
def test_a_job_waits_in_the_queue_for_who_does_it(system: System, project: str) -> None:
    system[AI].stop()
    job = post(system[PROJECTS], 8000, f"/projects/{project}/jobs", {"question": "Who waits? Boats wait."}, 202)
    time.sleep(2)
    assert get(system[PROJECTS], 8000, f"/jobs/{job['id']}")["status"] == "answering"

    system.running[AI] = system.start_service(AI, alias=AI)

    assert ended(system, job)["answer"]["text"] == "Boats wait."
    system[AI].wait(8001, "/ready", seconds=60)


@docker
def test_the_ledger_of_the_ai_service_outlives_it(system: System) -> None:
    question = {"prompt": f"Which word? The word is {uuid.uuid4().hex}."}
    assert post(system[AI], 8001, "/completions", question)["cached"] is False

    system[AI].stop()
    system.running[AI] = system.start_service(AI, alias=AI)
    system[AI].wait(8001, "/ready", seconds=60)

    assert post(system[AI], 8001, "/completions", question)["cached"] is True


@docker
def test_a_session_goes_on_at_another_replica(system: System, run: Run) -> None:
    other = system.start_service(AI, run=run, tmpfs={"/tmp": "", "/app/data": "mode=1777"}, volumes=[])  # noqa: S108
    other.wait(8001, "/ready", seconds=60)
    session = uuid.uuid4().hex
    post(system[AI], 8001, "/completions", {"prompt": "My name is Ada. I like trains.", "session": session})

    answer = post(other, 8001, "/completions", {"prompt": "What is my name?", "session": session, "max_tokens": 4})

    assert answer["text"] == "My name is Ada."


@docker
def test_audit_events_outlive_clickhouse_and_the_sink(system: System, run: Run) -> None:
    actor = f"test-{uuid.uuid4().hex[:12]}"
    events = [{"id": str(uuid.uuid4()), "actor": actor, "action": "tested"} for _ in range(50)]
    system["clickhouse"].stop(60)
    replica = system.start_service(SINK, run=run)
    replica.wait(8003, "/ready", seconds=60)

    assert post(replica, 8003, "/events", {"events": events}, 201)["duplicates"] == 0
    assert json.loads(replica.get(8003, "/ready").text)["degraded"] == {"clickhouse": "ConnectError"}
    replica.container.kill()

    again = post(system[SINK], 8003, "/events", {"events": events}, 201)
    assert again["duplicates"] == 50
    system["clickhouse"].container.start()
    eventually(lambda: kept(system, actor) == 50, 120)
    time.sleep(2)
    assert kept(system, actor) == 50


def kept(system: System, actor: str) -> int:
    answer = system[SINK].get(8003, f"/events?actor={actor}&limit=1000", timeout=30)
    return len(json.loads(answer.text)["events"]) if answer.status == 200 else -1


@docker
def test_while_redis_is_away_nothing_is_ready_and_all_of_it_comes_back(system: System, project: str) -> None:
    system["redis"].stop()
    for name, port in PORTS.items():
        answer = system[name].wait(port, "/ready", 503)
        assert "redis" in json.loads(answer.text)["missing"]
        assert system[name].get(port, "/health").status == 200
    assert system[PROJECTS].get(8000, "/projects").status == 503

    system["redis"].container.start()
    for name, port in PORTS.items():
        system[name].wait(port, "/ready", seconds=60)

    assert get(system[PROJECTS], 8000, f"/projects/{project}")["name"] == "Harbour"
    job = post(system[PROJECTS], 8000, f"/projects/{project}/jobs", {"question": "Who waits? Boats wait."}, 202)
    assert ended(system, job)["status"] == "done"


@docker
@pytest.mark.parametrize("name", PORTS)
def test_sigterm_ends_it_in_good_order(system: System, run: Run, name: str) -> None:
    replica = system.start_service(name, run=run)
    replica.wait(PORTS[name], "/health", seconds=60)
    started = time.monotonic()

    assert replica.stop(GRACE_SECONDS) == 0
    assert time.monotonic() - started < GRACE_SECONDS
    assert "Traceback" not in replica.logs()


@docker
@pytest.mark.parametrize("name", PORTS)
def test_what_is_missing_is_said_in_one_line(image: Image, run: Run, name: str) -> None:
    replica = run(image(f"santaclaude/{name}"), {"LOG_LEVEL": "loud"})

    assert replica.exit_status() == 1
    (line,) = replica.logs().splitlines()
    assert line.startswith("configuration: ")
    for variable in VARIABLES[name]:
        assert f"{variable} is missing" in line
    assert "LOG_LEVEL: " in line


@docker
@pytest.mark.parametrize("name", PORTS)
def test_logs_are_json_and_hold_no_secret(system: System, name: str) -> None:
    known = system.environment(name)
    secrets = {text for key, text in known.items() if "PASSWORD" in key or key == "REDIS_URL"}
    lines = system[name].logs().splitlines()

    assert len(lines) > 3
    assert {json.loads(line)["service"] for line in lines} == {name}
    assert not [secret for secret in secrets if any(secret in line for line in lines)]
