"""The services of daa, run as its rendered manifests run them, beside a PostgreSQL primary, its replica and Redis."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import imbricate
from tasks.images.engine import references
from tasks.stand_ins.plans import stand_ins_for
from tests.images.containers import Answer, request
from tests.images.prometheus_names import ELSEWHERE, named
from tests.images.workloads import Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from tests.images.containers import Running

    Run = Callable[..., Running]
    Image = Callable[[str], str]

docker = pytest.mark.docker

HTTP, METRICS = 3000, 9090
SERVICES = ("knowledge-service", "pattern-service", "daa-service")
GRACE_SECONDS = 25
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FOUND = {one.name: one for one in workloads(Path("gitops/dev")) if one.system == "daa"}


class System:
    """All workloads of daa, started one after another."""

    def __init__(self, engine: DockerClient, image: Image, run: Run, folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._run = run
        self._folder = folder
        self._volumes: dict[str, str] = {}
        self.running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def start_server(self, name: str) -> None:
        """Start PostgreSQL or Redis: the init containers, then the container, as the StatefulSet has them."""
        workload = FOUND[f"daa/{name}"]
        image = self._server_image(workload)
        for container in workload.init_containers:
            first = self._start(workload, container, image, {})
            assert first.exit_status(120) == 0, first.logs()
        self.running[name] = self._start(workload, workload.container, image, {})
        _succeeds(self.running[name], workload.probes[-1])

    def start_service(self, name: str, run: Run | None = None, alias: str = "", **variables: str) -> Running:
        """Start a service with the variables of its Deployment, some of them changed."""
        workload = FOUND[f"daa/{name}"]
        options = self._options(workload, workload.container) | {"security_opt": ["no-new-privileges"]}
        known = workload.environment(workload.container)
        replaced = {key: value for key, value in self.addresses().items() if key in known}
        environment = known | replaced | {"LOG_LEVEL": "debug"} | variables
        return (run or self._run)(
            self._image(f"daa/{name}"), environment, (HTTP, METRICS), alias or f"{name}-{len(self.running)}", **options
        )

    def start(self) -> None:
        for name in ("database-primary", "database-replica", "redis"):
            self.start_server(name)
        for name in SERVICES:
            self.running[name] = self.start_service(name, alias=name)
        for name in SERVICES:
            self[name].wait(HTTP, "/health/ready", seconds=90)

    def addresses(self) -> dict[str, str]:
        """Give what a Secret and the Services make of the names: there is no port 80 here."""
        known = FOUND["daa/database-primary"].environment(FOUND["daa/database-primary"].container)
        login = f"postgresql://{known['POSTGRES_USER']}:{known['POSTGRES_PASSWORD']}"
        return {
            "DATABASE_URL": f"{login}@database-rw:5432/daa",
            "DATABASE_READ_URL": f"{login}@database-ro:5432/daa",
            "KNOWLEDGE_URL": f"http://knowledge-service:{HTTP}",
            "PATTERN_URL": f"http://pattern-service:{HTTP}",
        }

    def sql(self, name: str, statement: str) -> str:
        command = f'psql -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -Atc "{statement}"'
        code, printed = self[name].execute(["sh", "-c", command], environment={"PGPASSWORD": self.password()})
        assert code == 0, printed
        return printed.strip()

    def password(self) -> str:
        workload = FOUND["daa/database-primary"]
        return workload.environment(workload.container)["POSTGRES_PASSWORD"]

    def remove_volumes(self) -> None:
        for volume in self._volumes.values():
            self._engine.volumes.get(volume).remove(force=True)

    def _start(self, workload: Workload, container: dict[str, Any], image: str, more: dict[str, Any]) -> Running:
        options = self._options(workload, container) | more
        return self._run(image, workload.environment(container), alias=workload.service, **options)

    def _options(self, workload: Workload, container: dict[str, Any]) -> dict[str, Any]:
        return workload.options(container, self._folder, lambda claim: self._volume(workload, claim))

    def _volume(self, workload: Workload, claim: str) -> str:
        """Give a volume as the kubelet hands it over: of root, and of the pod's group."""
        key = f"{workload.name} {claim}"
        if key not in self._volumes:
            self._volumes[key] = name = f"imbricate-{uuid.uuid4().hex[:8]}"
            self._engine.volumes.create(name)
            command = ["sh", "-c", f"chown 0:{workload.group} /volume && chmod 2775 /volume"]
            volumes = {name: {"bind": "/volume", "mode": "rw"}}
            image = self._server_image(workload)
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
def daa(
    engine: DockerClient,
    image: Image,
    volumes: list[System],
    run_for_all: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> System:
    system = System(engine, image, run_for_all, tmp_path_factory.mktemp("daa"))
    volumes.append(system)
    system.start()
    return system


@pytest.fixture
def caught_up(daa: System) -> Iterator[None]:
    """Let the replica follow again, whatever a test did to it."""
    yield
    daa.sql("database-replica", "SELECT pg_wal_replay_resume()")


def _succeeds(running: Running, probe: list[str], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while (found := running.execute(probe))[0]:
        assert time.monotonic() < end, f"{probe} failed: {found}\n{running.logs()}"
        time.sleep(0.2)


def post(running: Running, path: str, body: object, **headers: str) -> Answer:
    known = {"content-type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
    return request("POST", running.url(HTTP, path), json.dumps(body).encode(), known, timeout=20)


def ask(running: Running, question: str) -> dict[str, Any]:
    answer = post(running, "/questions", {"question": question})
    assert answer.status == 201, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def teach(running: Running, **entry: object) -> Answer:
    answer = post(running, "/knowledge", entry)
    assert answer.status == 201, answer.text
    return answer


def samples(running: Running, name: str) -> dict[str, float]:
    """Give the samples of a metric by their labels."""
    lines = running.get(METRICS, "/metrics").text.splitlines()
    found = (re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line) for line in lines)
    return {one[1] or "": float(one[2]) for one in found if one}


def total(running: Running, name: str, *labels: str) -> float:
    return sum(value for key, value in samples(running, name).items() if all(label in key for label in labels))


def checks(running: Running) -> dict[str, str]:
    found: dict[str, str] = json.loads(running.get(HTTP, "/health/ready").text)["checks"]
    return found


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.2)


def word() -> str:
    """Give a word that nobody has used, of letters alone so that it stays one word."""
    return "q" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex[:12])


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_is_alive_and_ready_under_the_paths_of_the_probes(daa: System, name: str) -> None:
    container = FOUND[f"daa/{name}"].container

    assert daa[name].get(HTTP, container["livenessProbe"]["httpGet"]["path"]).status == 200
    assert daa[name].get(HTTP, container["readinessProbe"]["httpGet"]["path"]).status == 200
    assert daa[name].get(HTTP, "/health").status == daa[name].get(HTTP, "/ready").status == 200
    assert set(checks(daa[name]).values()) == {"ok"}


@docker
def test_a_question_is_answered_from_knowledge_and_patterns(daa: System) -> None:
    about, front = word(), daa["daa-service"]
    teach(front, title=f"The {about} of a replica", body=f"The {about} is below five seconds.", topics=["replication"])

    first = ask(front, f"How large is the {about}?")
    again = ask(front, f"  how large is THE {about} ")

    assert about in first["answer"]["answer"]
    assert first["answer"]["sources"][0]["title"] == f"The {about} of a replica"
    assert {"item": "replication", "score": 1} in first["answer"]["related"]
    assert (first["answer"]["missing"], first["learned"]) == ([], True)
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["answer"] == first["answer"]


@docker
def test_what_is_seen_together_becomes_a_pattern(daa: System) -> None:
    one, other, front = word(), word(), daa["daa-service"]
    for _ in range(3):
        ask(front, f"{one} {other}")

    related = json.loads(daa["pattern-service"].get(HTTP, f"/related?item={one}").text)["related"]
    patterns = json.loads(front.get(HTTP, "/patterns?limit=100").text)["patterns"]

    assert related == [{"item": other, "score": 1}]
    assert [found["count"] for found in patterns if set(found["items"]) == {one, other}] == [3]


@docker
def test_what_was_of_no_help_is_not_the_answer_any_more(daa: System) -> None:
    about, front = word(), daa["daa-service"]
    for title in (f"{about} first", f"{about} second"):
        teach(front, title=title, body=f"{about} {title}", topics=[])
    first = ask(front, about)
    token = ""
    for _ in range(3):
        asked = ask(front, about)
        if asked["answer"]["sources"][0] != first["answer"]["sources"][0]:
            break
        token = asked["id"]
        assert post(front, f"/questions/{asked['id']}/feedback", {"helpful": False}).status == 204

    assert ask(front, about)["answer"]["sources"][0]["id"] != first["answer"]["sources"][0]["id"]
    assert post(front, f"/questions/{token}/feedback", {"helpful": True}).status == 409


@docker
def test_agents_are_counted(daa: System) -> None:
    front = daa["daa-service"]
    before = total(front, "agent_count", 'status="active"')
    agent = json.loads(post(front, "/agents", {"name": word()}).text)

    assert post(front, f"/agents/{agent['id']}/heartbeat", {}).status == 204
    assert post(front, "/questions", {"question": "who asks?", "agentId": agent["id"]}).status == 201
    assert post(front, "/questions", {"question": "who asks?", "agentId": str(uuid.uuid4())}).status == 422
    eventually(lambda: total(front, "agent_count", 'status="active"') == before + 1)


@docker
def test_a_trace_goes_through_all_services(daa: System) -> None:
    about = word()
    post(daa["daa-service"], "/questions", {"question": about}, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")

    spans = set()
    for name in SERVICES:
        lines = [json.loads(line) for line in daa[name].logs().splitlines() if TRACE in line]
        assert lines, f"{name} did not log the trace"
        spans |= {line["span_id"] for line in lines if "span_id" in line}
    assert len(spans) >= 3


@docker
@pytest.mark.usefixtures("caught_up")
def test_reads_go_to_the_replica_and_writes_to_the_primary(daa: System) -> None:
    knowledge = daa["knowledge-service"]
    assert daa.sql("database-replica", "SELECT pg_is_in_recovery()") == "t"
    daa.sql("database-replica", "SELECT pg_wal_replay_pause()")
    fallbacks = total(knowledge, "database_read_fallbacks_total", "behind")
    written = post(knowledge, "/entries", {"title": word(), "body": "new"})
    path = f"/entries/{json.loads(written.text)['id']}"
    token = {"consistency-token": written.headers["consistency-token"]}

    assert knowledge.get(HTTP, path).status == 404, "the replica has not seen it"
    assert knowledge.get(HTTP, path, token).status == 200, "the primary has"
    assert total(knowledge, "database_read_fallbacks_total", "behind") == fallbacks + 1
    assert knowledge.get(HTTP, path, {"consistency-token": "now"}).status == 400

    daa.sql("database-replica", "SELECT pg_wal_replay_resume()")
    eventually(lambda: knowledge.get(HTTP, path).status == 200)
    assert total(knowledge, "database_queries_total", 'operation="read"', 'server="replica"') > 0
    assert total(knowledge, "database_queries_total", 'operation="write"', 'server="replica"') == 0


@docker
@pytest.mark.usefixtures("caught_up")
def test_what_was_just_taught_is_known_although_the_replica_lags(daa: System) -> None:
    about, front = word(), daa["daa-service"]
    daa.sql("database-replica", "SELECT pg_wal_replay_pause()")
    teach(front, title=f"About {about}", body="It is new.", topics=[])

    assert ask(front, about)["answer"]["sources"][0]["title"] == f"About {about}"
    assert json.loads(daa["knowledge-service"].get(HTTP, f"/search?q={about}").text)["hits"] == []


@docker
def test_while_the_replica_is_away_the_primary_answers(daa: System) -> None:
    knowledge = daa["knowledge-service"]
    daa["database-replica"].stop()
    before = total(knowledge, "database_read_fallbacks_total", "away")

    answers = [knowledge.get(HTTP, "/search?q=replica").status for _ in range(5)]
    ready = knowledge.get(HTTP, "/health/ready")

    assert answers == [200] * 5
    assert total(knowledge, "database_read_fallbacks_total", "away") == before + 5
    assert (ready.status, checks(knowledge)["database"]) == (200, "ok")
    assert checks(knowledge)["replica"] != "ok"

    daa["database-replica"].container.start()
    reads = total(knowledge, "database_queries_total", 'operation="read"', 'server="replica"')
    eventually(lambda: checks(knowledge)["replica"] == "ok")
    eventually(lambda: _reads_more(knowledge, reads))


def _reads_more(knowledge: Running, before: float) -> bool:
    assert knowledge.get(HTTP, "/search?q=replica").status == 200
    return total(knowledge, "database_queries_total", 'operation="read"', 'server="replica"') > before


@docker
def test_while_the_primary_is_away_reads_go_on_and_nothing_is_ready(daa: System) -> None:
    knowledge, front = daa["knowledge-service"], daa["daa-service"]
    daa["database-primary"].stop(60)

    assert knowledge.wait(HTTP, "/health/ready", 503).status == front.wait(HTTP, "/health/ready", 503).status == 503
    assert checks(knowledge)["database"] != "ok"
    assert knowledge.get(HTTP, "/health/live").status == 200
    assert knowledge.get(HTTP, "/search?q=replica").status == 200
    refused = post(knowledge, "/entries", {"title": "x", "body": "x"})
    assert (refused.status, json.loads(refused.text)) == (503, {"error": "the database is not available"})

    daa["database-primary"].container.start()
    for name in SERVICES:
        daa[name].wait(HTTP, "/health/ready", 200, 60)
    eventually(lambda: daa.sql("database-replica", "SELECT count(*) FROM pg_stat_wal_receiver") == "1", 60)


@docker
def test_without_the_pattern_service_there_is_an_answer_with_less(daa: System) -> None:
    about, front = word(), daa["daa-service"]
    teach(front, title=f"About {about}", body="It is known.", topics=["replication"])
    daa["pattern-service"].container.pause()
    try:
        found = ask(front, about)
        assert front.get(HTTP, "/health/ready").status == 200
        assert checks(front)["pattern-service"] != "ok"
    finally:
        daa["pattern-service"].container.unpause()

    assert found["answer"]["sources"][0]["title"] == f"About {about}"
    assert (found["answer"]["missing"], found["learned"]) == (["pattern-service"], False)
    assert ask(front, about)["cached"] is False, "an answer with less is not kept"


@docker
def test_without_the_knowledge_service_there_is_a_clear_error(daa: System) -> None:
    front = daa["daa-service"]
    daa["knowledge-service"].container.pause()
    try:
        answer = post(front, "/questions", {"question": word()})
    finally:
        daa["knowledge-service"].container.unpause()

    assert answer.status == 502
    assert json.loads(answer.text) == {"error": "knowledge-service: no reply within 1000 ms"}
    assert total(front, "upstream_requests_total", 'upstream="knowledge-service"', 'status="none"') >= 3


@docker
def test_without_redis_patterns_wait_and_answers_go_on(daa: System) -> None:
    front, patterns = daa["daa-service"], daa["pattern-service"]
    daa["redis"].stop()
    try:
        patterns.wait(HTTP, "/health/ready", 503)
        assert patterns.get(HTTP, "/health/live").status == 200
        found = ask(front, "replica")
        assert (front.get(HTTP, "/health/ready").status, checks(front)["redis"]) == (200, "not connected")
    finally:
        daa["redis"].container.start()

    assert (found["cached"], found["answer"]["missing"]) == (False, ["pattern-service"])
    patterns.wait(HTTP, "/health/ready", 200)
    eventually(lambda: checks(front)["redis"] == "ok")


@docker
def test_patterns_outlive_redis(daa: System) -> None:
    one, other, patterns = word(), word(), daa["pattern-service"]
    assert post(patterns, "/observations", {"id": word(), "items": [one, other]}).status == 201
    time.sleep(1.1)  # as long as the append-only file may wait for the disk
    daa["redis"].container.restart()
    patterns.wait(HTTP, "/health/ready", 200)

    eventually(lambda: patterns.get(HTTP, f"/related?item={one}").status == 200)
    assert json.loads(patterns.get(HTTP, f"/related?item={one}").text)["related"] == [{"item": other, "score": 1}]


@docker
def test_wrong_input_is_refused_with_a_reason(daa: System) -> None:
    front, knowledge, patterns = daa["daa-service"], daa["knowledge-service"], daa["pattern-service"]
    refused = [
        (post(front, "/questions", {}), 400, "question"),
        (post(front, "/questions", {"question": "x" * 501}), 400, "500 characters"),
        (post(front, "/questions", {"question": "a\0b"}), 400, "question"),
        (post(front, "/knowledge", {"title": "x"}), 400, "body"),
        (post(knowledge, "/entries", {"title": "x", "body": "y", "topics": ["Not A Topic"]}), 400, "topics/0"),
        (post(knowledge, "/entries", {"title": "x", "body": "y" * 70_000}), 413, "too large"),
        (knowledge.get(HTTP, "/entries/1"), 400, "uuid"),
        (knowledge.get(HTTP, f"/entries/{uuid.uuid4()}"), 404, "no such entry"),
        (knowledge.get(HTTP, "/search?q=x&limit=1000"), 400, "<= 100"),
        (patterns.get(HTTP, "/related"), 400, "item"),
        (post(patterns, "/observations", {"id": "1", "items": ["alone"]}), 400, "items"),
    ]

    for answer, status, reason in refused:
        assert answer.status == status, answer.text
        assert reason in json.loads(answer.text)["error"]


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_exports_the_metrics_that_dashboards_name(daa: System, name: str) -> None:
    ask(daa["daa-service"], "which metrics?")
    service = f'service="{name}"'

    assert total(daa[name], "http_requests_total", service, 'status="200"') > 0
    assert total(daa[name], "http_request_duration_seconds_bucket", service, 'le="+Inf"') > 0
    assert total(daa[name], "build_info", 'version="1.0.0"') == 1
    assert total(daa[name], "process_cpu_seconds_total") > 0
    assert daa[name].get(HTTP, "/metrics").status == 404, "metrics have a port of their own"
    if name != "pattern-service":
        assert total(daa[name], "database_replication_lag_seconds") < 5


@docker
def test_every_metric_that_is_named_is_exported(daa: System, run: Run) -> None:
    ask(daa["daa-service"], "which metrics?")
    traced = daa.start_service("daa-service", run, OTEL_EXPORTER_OTLP_ENDPOINT="http://nowhere:4318")
    traced.wait(HTTP, "/health/live")
    texts = [daa[name].get(METRICS, "/metrics").text for name in SERVICES] + [traced.get(METRICS, "/metrics").text]
    exported = {line.partition("{")[0].partition(" ")[0] for text in texts for line in text.splitlines()}

    unknown = {name: where for name, where in named("daa").items() if not name.startswith(tuple(ELSEWHERE))}
    assert {name: where for name, where in unknown.items() if name not in exported} == {}


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_shows_its_release(daa: System, run: Run, name: str) -> None:
    canary = daa.start_service(name, run, RELEASE_TRACK="canary")
    canary.wait(HTTP, "/health/live")

    version = canary.get(HTTP, "/version")
    release = json.loads(version.text)

    assert (release["service"], release["version"], release["track"]) == (name, "1.0.0", "canary")
    assert re.fullmatch("[0-9a-f]{12}", release["build"])
    assert version.headers["x-version"] == f"{name}/1.0.0+{release['build']}"
    assert version.headers["x-track"] == "canary"
    assert json.loads(daa[name].get(HTTP, "/version").text) == release | {"track": "stable"}


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_a_bad_release_can_be_made_and_is_seen(daa: System, run: Run, name: str) -> None:
    bad = daa.start_service(name, run, FAULT_ERROR_RATE="1", FAULT_INJECTION="allowed")
    bad.wait(HTTP, "/health/ready", seconds=60)

    answers = [bad.get(HTTP, "/questions").status for _ in range(3)]
    answers += [bad.get(HTTP, "/entries").status, bad.get(HTTP, "/items").status]

    assert 500 in answers
    assert total(bad, "http_requests_total", 'status="500"') == answers.count(500)
    assert bad.get(HTTP, "/health/live").status == 200


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_faults_are_refused_where_they_are_not_allowed(daa: System, run: Run, name: str) -> None:
    refused = daa.start_service(name, run, FAULT_ERROR_RATE="0.5", FAULT_INJECTION="")

    assert refused.exit_status() == 1
    assert "FAULT_ERROR_RATE needs FAULT_INJECTION=allowed" in refused.logs()


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_what_runs_is_finished_before_it_ends(daa: System, run: Run, name: str) -> None:
    path = {"daa-service": "/questions", "knowledge-service": "/entries", "pattern-service": "/items"}[name]
    slow = daa.start_service(name, run, FAULT_DELAY_MS="1500", FAULT_INJECTION="allowed")
    slow.wait(HTTP, "/health/ready", seconds=60)
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(slow.get(HTTP, path).status))
    asking.start()
    time.sleep(0.5)

    began = time.monotonic()
    status = slow.stop(GRACE_SECONDS)
    asking.join()

    assert (status, answers) == (0, [200])
    assert time.monotonic() - began < GRACE_SECONDS


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_missing_configuration_is_one_line(image: Image, run: Run, name: str) -> None:
    needed = {
        "daa-service": ["DATABASE_URL", "DATABASE_READ_URL", "REDIS_URL", "KNOWLEDGE_URL", "PATTERN_URL"],
        "knowledge-service": ["DATABASE_URL", "DATABASE_READ_URL"],
        "pattern-service": ["REDIS_URL"],
    }[name]
    bare = run(image(f"daa/{name}"), {"PORT": "many"}, user="1000:1000")

    assert bare.exit_status() == 1
    (line,) = bare.logs().splitlines()
    message = json.loads(line)["msg"]
    assert all(f"{variable} is missing" in message for variable in needed)
    assert "PORT must be an integer" in message


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_starts_before_what_it_needs(image: Image, run: Run, name: str) -> None:
    nowhere = {
        "DATABASE_URL": "postgresql://daa:hidden@nowhere:5432/daa",
        "DATABASE_READ_URL": "postgresql://daa:hidden@nowhere:5432/daa",
        "REDIS_URL": "redis://nowhere:6379",
        "KNOWLEDGE_URL": "http://nowhere",
        "PATTERN_URL": "http://nowhere",
    }
    early = run(image(f"daa/{name}"), nowhere, (HTTP, METRICS), user="1000:1000")
    early.wait(HTTP, "/health/live")

    assert early.wait(HTTP, "/health/ready", 503).status == 503
    assert early.get(METRICS, "/metrics").status == 200
    assert early.stop(GRACE_SECONDS) == 0
    assert "hidden" not in early.logs()


@docker
@pytest.mark.parametrize("name", SERVICES)
def test_logs_are_json_and_hold_no_secret(daa: System, name: str) -> None:
    lines = daa[name].logs().splitlines()

    assert lines
    assert all({"level", "time", "service", "msg"} <= json.loads(line).keys() for line in lines)
    assert daa.password() not in "\n".join(lines)


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_only_development_may_have_faults(environment: str) -> None:
    assert "FAULT_" not in imbricate.build(f"overlays/{environment}/daa")
    assert "FAULT_INJECTION: allowed" in imbricate.build("overlays/dev/daa")
