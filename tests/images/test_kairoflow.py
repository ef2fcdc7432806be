"""kairoflow's images, in pods as the rendered manifests have them, with PostgreSQL, Redis and MinIO beside them."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.images.kairoflow_pod import (
    BACKING,
    HTTP,
    MEBIBYTE,
    PASSWORD,
    WEB,
    Mounted,
    Node,
    Pod,
    form,
    job,
    mail,
    named,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.networks import Network

    from tests.images.containers import Running

pytestmark = pytest.mark.docker

UPLOADS = "/var/www/html/www/uploads"
EMAIL = job("email-processor")
CLEANUP = job("cleanup")
INVOICES = job("invoice-generator")
SCHEMA = job("schema-validator")


@pytest.fixture(scope="module")
def volumes(engine: DockerClient) -> Iterator[dict[str, str]]:
    made: dict[str, str] = {}
    yield made
    for name in made.values():
        engine.volumes.get(name).remove(force=True)


@pytest.fixture(scope="module")
def node(
    volumes: dict[str, str],  # first: volumes go after the containers
    engine: DockerClient,
    run_for_all: Callable[..., Running],
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Node:
    folder = tmp_path_factory.mktemp("configuration")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # users of containers read it
    return Node(engine, run_for_all, image, Mounted(folder, volumes))


@pytest.fixture(scope="module")
def backing(node: Node) -> dict[str, Running]:
    """PostgreSQL, Redis and MinIO under the names that the manifests give them."""
    return {name: node.start(named(name), alias=name) for name in BACKING}


@pytest.fixture(scope="module")
def start(node: Node, backing: dict[str, Running]) -> Callable[..., Pod]:
    """Start a pod of the web application: init container, php-fpm with its hook, nginx."""
    assert backing

    def start_pod(name: str) -> Pod:
        web = named(WEB)
        nginx, php = web.pod["containers"]
        (wait,) = web.init_containers
        waiting = node.start(web, wait)
        assert waiting.exit_status(60) == 0, waiting.logs()
        first = node.start(web, php, pod=name, ports=(HTTP,))
        second = node.start(web, nginx, pod=name, network_mode=f"container:{first.container.id}")
        status, output = first.execute(php["lifecycle"]["postStart"]["exec"]["command"])
        assert status == 0, output
        pod = Pod(first, second)
        first.wait(HTTP, "/ready")
        return pod

    return start_pod


@pytest.fixture(scope="module")
def web(start: Callable[..., Pod]) -> Pod:
    return start("web")


@pytest.fixture(scope="module")
def token(web: Pod) -> str:
    return web.sign_up("owner@example.com")


def query(backing: dict[str, Running], statement: str) -> str:
    """Ask PostgreSQL itself."""
    variables = {key: value for key, value in _pairs(backing["postgres"]).items() if key.startswith("POSTGRES_")}
    status, output = backing["postgres"].execute(
        ["psql", "-U", variables["POSTGRES_USER"], "-d", variables["POSTGRES_DB"], "-Atc", statement]
    )
    assert status == 0, output
    return output.strip()


def _pairs(running: Running) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in running.container.attrs["Config"]["Env"])


def lines(running: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.logs().splitlines()]


def finished(running: Running) -> list[dict[str, Any]]:
    """Wait for a job; give what it logged."""
    assert running.exit_status(60) == 0, running.logs()
    return lines(running)


def test_the_probes_of_the_manifests_pass(web: Pod) -> None:
    nginx, php = named(WEB).pod["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert web.ask("GET", nginx[probe]["httpGet"]["path"]).status == 200
    for probe in ("startupProbe", "livenessProbe"):
        assert web.php.execute(php[probe]["exec"]["command"])[0] == 0


def test_the_page_and_its_files_come_from_nginx(web: Pod) -> None:
    page = web.ask("GET", "/")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    for path in ("/app.js", "/style.css", "/robots.txt"):
        assert path == "/robots.txt" or path in page.text
        assert web.ask("GET", path).status == 200


@pytest.mark.parametrize(
    ("server", "named_as"), [("postgres", "database"), ("redis", "redis"), ("minio", "object store")]
)
def test_ready_names_what_is_away_and_health_does_not_care(
    web: Pod, backing: dict[str, Running], network: Network, server: str, named_as: str
) -> None:
    backing[server].disconnect(network)
    answer = web.php.wait(HTTP, "/ready", 503)
    assert [name for name, state in json.loads(answer.body)["checks"].items() if state != "ok"] == [named_as]
    assert web.ask("GET", "/health").status == 200
    network.connect(backing[server].container, aliases=[server])
    web.php.wait(HTTP, "/ready")


def test_a_request_without_its_database_is_told_to_come_again(
    web: Pod, backing: dict[str, Running], network: Network, token: str
) -> None:
    backing["postgres"].disconnect(network)
    answer = web.ask("GET", "/api/files", token=token)
    network.connect(backing["postgres"].container, aliases=["postgres"])
    web.php.wait(HTTP, "/ready")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    said = json.loads(answer.body)
    assert said["error"] == "the database does not answer, try again"
    assert "postgres" in said["reason"], "dev has NETTE_DEBUG=1"


def test_a_session_is_a_file_in_its_volume_and_ends_with_sign_out(web: Pod) -> None:
    web.sign_up("session@example.com")
    answer = web.ask("POST", "/api/session", {"email": "Session@example.com", "password": PASSWORD})
    cookie, *flags = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(flags)
    stored = f"/var/www/html/var/tmp/session/sess_{cookie.partition('=')[2]}"
    for container in (web.php, web.nginx):
        assert container.execute(["test", "-s", stored])[0] == 0
    assert json.loads(web.ask("GET", "/api/session", headers={"Cookie": cookie}).body)["email"] == "session@example.com"
    assert web.ask("DELETE", "/api/session", headers={"Cookie": cookie}).status == 204
    assert web.ask("GET", "/api/session", headers={"Cookie": cookie}).status == 401
    assert web.php.execute(["test", "-e", stored])[0] == 1


def test_nobody_tries_all_passwords(web: Pod) -> None:
    web.sign_up("guessed@example.com")
    wrong = {"email": "guessed@example.com", "password": "not the password"}
    assert [web.ask("POST", "/api/session", wrong).status for _ in range(11)] == [401] * 10 + [429]
    assert web.ask("POST", "/api/session", wrong | {"password": PASSWORD}).status == 429


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("POST", "/api/accounts", {"email": "no address", "password": PASSWORD}), 422),
        (("POST", "/api/accounts", {"email": "short@example.com", "password": "short"}), 422),
        (("POST", "/api/accounts", b"{"), 400),
        (("POST", "/api/accounts", b'{"a":"' + b"x" * 70000 + b'"}'), 413),
        (("POST", "/api/files", {"file": "not a form"}), 422),
        (("GET", "/api/files?limit=1000", None), 422),
        (("GET", "/api/files?after=x%27%20OR%20true--", None), 422),
        (("GET", "/api/files/6f9619ff-8b86-4d11-b42d-00c04fc964ff", None), 404),
        (("PUT", "/api/files", None), 405),
        (("GET", "/nowhere", None), 404),
    ],
)
def test_wrong_requests_get_a_clear_error(web: Pod, token: str, asked: tuple[str, str, Any], status: int) -> None:
    answer = web.ask(*asked, token=token, headers={"Content-Type": "application/json"})
    assert answer.status == status
    assert json.loads(answer.body)["error"]


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer a.b.c", "Basic eDp5"])
def test_without_a_good_token_nothing_is_to_be_had(web: Pod, given: str) -> None:
    for path in ("/api/files", "/api/messages", "/api/invoices", "/api/session"):
        assert web.ask("GET", path, headers={"Authorization": given} if given else {}).status == 401


@pytest.mark.parametrize(
    ("collection", "folder"),
    [
        ("uploads", UPLOADS),
        ("recordings", "/var/www/html/var/tmp/recordings"),
        ("transcriptions", "/var/www/html/var/tmp/transcriptions"),
    ],
)
def test_a_file_lies_in_its_volume_and_comes_back(web: Pod, token: str, collection: str, folder: str) -> None:
    content = os.urandom(300_000)
    sent = web.upload(token, content, "Grüße.bin", collection=collection, sha256=hashlib.sha256(content).hexdigest())
    assert sent.status == 201, sent.text
    file = json.loads(sent.body)
    assert (file["name"], file["bytes"], file["collection"]) == ("Grüße.bin", 300_000, collection)
    stored = f"{folder}/files/{file['id'][:2]}/{file['id']}"
    assert web.nginx.execute(["sha256sum", stored])[1].startswith(file["sha256"])

    path = sent.headers["location"]
    whole = web.ask("GET", f"{path}/content", token=token)
    assert whole.body == content
    assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.bin"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = web.ask("GET", f"{path}/content", token=token, headers={"Range": "bytes=1000-1999"})
    assert (part.status, part.body) == (206, content[1000:2000])
    assert file in json.loads(web.ask("GET", f"/api/files?collection={collection}", token=token).body)["files"]

    assert web.ask("DELETE", path, token=token).status == 204
    assert web.ask("GET", path, token=token).status == 404
    assert web.nginx.execute(["test", "-e", stored])[0] == 1


def test_nobody_sees_the_files_of_another(web: Pod, token: str) -> None:
    path = web.upload(token, b"mine").headers["location"]
    other = web.sign_up("other@example.com")
    for method, asked in (("GET", path), ("GET", f"{path}/content"), ("DELETE", path)):
        assert web.ask(method, asked, token=other).status == 404
    assert json.loads(web.ask("GET", "/api/files", token=other).body)["files"] == []
    assert web.ask("GET", f"{path}/content", token=token).body == b"mine"


def test_a_file_with_another_checksum_is_not_kept(web: Pod, token: str) -> None:
    before = files_in(web)
    answer = web.upload(token, b"content", sha256="0" * 64)
    assert answer.status == 422
    assert hashlib.sha256(b"content").hexdigest() in answer.text
    assert files_in(web) == before


def files_in(web: Pod) -> list[str]:
    return sorted(web.php.execute(["find", UPLOADS, "-type", "f"])[1].splitlines())


def test_php_that_was_uploaded_is_never_run(web: Pod, token: str) -> None:
    program = b"<?php echo 6 * 7; phpinfo();"
    path = web.upload(token, program, "evil.php").headers["location"]
    assert web.ask("GET", f"{path}/content", token=token).body == program

    assert web.php.execute(["sh", "-c", f"echo '<?php echo 6 * 7;' > {UPLOADS}/evil.php"])[0] == 0
    file = json.loads(web.ask("GET", path, token=token).body)
    stored = f"/uploads/files/{file['id'][:2]}/{file['id']}"
    for asked in (
        "/uploads/evil.php",
        "/uploads/evil.php/x",
        "/index.php/uploads/evil.php",
        "/evil.php",
        stored,
        f"{stored}/x.php",
    ):
        answer = web.ask("GET", asked, token=token)
        assert answer.status == 404, asked
        assert "42" not in answer.text


def test_450_megabytes_arrive_byte_for_byte_within_the_memory_of_the_manifests(web: Pod, token: str) -> None:
    size = 450_000_000
    answer, digest = send(web, token, size)
    assert answer.status == 201, answer.text
    file = json.loads(answer.body)
    assert (file["bytes"], file["sha256"]) == (size, digest)
    stored = f"/var/www/html/var/tmp/recordings/files/{file['id'][:2]}/{file['id']}"
    for container in (web.php, web.nginx):
        assert container.execute(["sha256sum", stored])[1].startswith(digest)
        container.container.reload()
        assert not container.container.attrs["State"]["OOMKilled"]
        assert container.container.attrs["HostConfig"]["Memory"] > 0
    assert web.php.execute(["sh", "-c", "ls /tmp | grep -c ^php"])[1].strip() == "0"

    last = web.ask(
        "GET", f"{answer.headers['location']}/content", token=token, headers={"Range": f"bytes={size - 10}-"}
    )
    assert len(last.body) == 10
    assert last.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"
    assert web.ask("DELETE", answer.headers["location"], token=token).status == 204


def test_530_megabytes_are_refused(web: Pod, token: str) -> None:
    before = files_in(web)
    answer, _ = send(web, token, 530_000_000)
    assert answer.status == 413
    assert json.loads(answer.body) == {"error": "the body is larger than 500 MB"}
    assert files_in(web) == before


def test_mail_is_recorded_once_with_its_attachments(
    web: Pod, node: Node, token: str, backing: dict[str, Running]
) -> None:
    bill = os.urandom(15_000_000)
    web.deliver(
        {
            "2025/with space + ü.eml": mail(1, "owner@example.com", bill),
            "again.eml": mail(1, "owner@example.com", bill),
            "nobody.eml": mail(2, "nobody@example.com"),
            "broken.eml": b"\x00\x01 not a message",
        }
    )
    done = finished(node.start(EMAIL))[-1]
    assert {key: done[key] for key in ("recorded", "known", "rejected")} == {"recorded": 2, "known": 1, "rejected": 1}
    assert web.keys("mail/") == ["mail/rejected/broken.eml"]
    assert finished(node.start(EMAIL))[-1]["recorded"] == 0

    (listed,) = json.loads(web.ask("GET", "/api/messages", token=token).body)["messages"]
    message = json.loads(web.ask("GET", f"/api/messages/{listed['id']}", token=token).body)
    assert (message["sender"], message["subject"], message["body"].strip()) == ("sender@example.org", "Mail 1", "Hello")
    (attached,) = message["attachments"]
    assert attached["name"] == "bill.pdf"
    assert web.ask("GET", f"/api/files/{attached['id']}/content", token=token).body == bill
    assert query(backing, "SELECT count(*) FROM messages WHERE owner_id IS NULL") == "1"


def test_two_runs_at_once_do_not_overlap(web: Pod, node: Node, backing: dict[str, Running]) -> None:
    web.deliver({f"{number}.eml": mail(number, "many@example.com", os.urandom(50_000)) for number in range(100, 140)})
    runs = [node.start(EMAIL, pod=f"email-{number}") for number in range(2)]
    logs = [finished(one) for one in runs]
    assert sum(log[-1].get("recorded", 0) for log in logs) == 40
    assert (
        query(backing, "SELECT count(*) FROM messages WHERE sender = 'sender@example.org' AND subject ~ '^Mail 1..$'")
        == "40"
    )
    assert web.keys("mail/incoming/") == []


@pytest.mark.parametrize("cron", [EMAIL, CLEANUP, INVOICES], ids=["email-processor", "cleanup", "invoice-generator"])
@pytest.mark.usefixtures("web")
def test_a_run_leaves_the_work_to_the_one_that_is_at_it(node: Node, backing: dict[str, Running], cron: Any) -> None:
    name = cron.container["command"][-1]
    holding = f"SELECT pg_advisory_lock(hashtextextended('kairoflow:{name}', 0)), pg_sleep(6)"
    holder = threading.Thread(target=query, args=(backing, holding))
    holder.start()
    wait_for(lambda: query(backing, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1")
    assert finished(node.start(cron))[-1]["message"] == "another run is at work"
    holder.join()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)


def test_a_run_that_is_asked_to_end_finishes_its_message_and_loses_none(
    web: Pod, node: Node, backing: dict[str, Running]
) -> None:
    web.deliver({f"{number}.eml": mail(number, "many@example.com") for number in range(200, 210)})
    recorded = "SELECT count(*) FROM messages WHERE subject ~ '^Mail 2..$'"
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    holder = threading.Thread(target=query, args=(backing, "BEGIN; LOCK messages; SELECT pg_sleep(8); COMMIT"))
    holder.start()
    wait_for(lambda: query(backing, "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'") == "1")
    run = node.start(EMAIL)
    wait_for(lambda: query(backing, waiting) == "1")
    assert run.stop() == 0, run.logs()
    holder.join()
    assert int(query(backing, recorded)) == 1
    finished(node.start(EMAIL))
    assert int(query(backing, recorded)) == 10
    assert web.keys("mail/incoming/") == []


def test_cleanup_removes_what_has_ended_and_nothing_else(web: Pod, node: Node, token: str) -> None:
    kept = json.loads(web.upload(token, b"kept").body)["id"]
    session = "/var/www/html/var/tmp/session"
    make = [
        f"mkdir -p {UPLOADS}/incoming /var/www/html/var/tmp/recordings/incoming",
        f"touch -d '2 days ago' {session}/sess_ended {UPLOADS}/files/{kept[:2]}/{kept}",
        f"touch {session}/sess_lasting {UPLOADS}/incoming/lasting",
        f"touch -d '2 days ago' {UPLOADS}/incoming/broken-off /var/www/html/var/tmp/recordings/incoming/broken-off",
    ]
    assert web.php.execute(["sh", "-c", " && ".join(make)])[0] == 0
    done = finished(node.start(CLEANUP))[-1]
    assert {key: done[key] for key in ("sessions", "uploads", "recordings", "transcriptions")} == {
        "sessions": 1, "uploads": 1, "recordings": 1, "transcriptions": 0,
    }  # fmt: skip
    for path in (f"{session}/sess_lasting", f"{UPLOADS}/incoming/lasting", f"{UPLOADS}/files/{kept[:2]}/{kept}"):
        assert web.php.execute(["test", "-e", path])[0] == 0, path


def test_an_account_has_one_invoice_for_a_week(web: Pod, node: Node, token: str) -> None:
    web.upload(token, b"worth ten cents")
    assert finished(node.start(INVOICES))[-1]["made"] > 0
    assert finished(node.start(INVOICES))[-1]["made"] == 0
    (invoice,) = json.loads(web.ask("GET", "/api/invoices", token=token).body)["invoices"]
    assert invoice["amount_cents"] == 10
    assert f"invoices/{invoice['period']}/{invoice['id']}.json" in web.keys("invoices/")


@pytest.mark.usefixtures("web")
def test_the_schema_is_what_the_migrations_say_and_a_change_is_seen(node: Node, backing: dict[str, Running]) -> None:
    finished(node.start(SCHEMA))
    query(backing, "ALTER TABLE files ADD COLUMN by_hand text; DROP INDEX files_of_message")
    changed = node.start(SCHEMA)
    assert changed.exit_status() == 1
    found = {line["difference"] for line in lines(changed) if "difference" in line}
    assert found == {"unknown: column files.by_hand text", "missing: index files_of_message"}
    query(backing, "ALTER TABLE files DROP COLUMN by_hand; CREATE INDEX files_of_message ON files (message_id)")
    finished(node.start(SCHEMA))


def test_the_migration_hook_can_run_again_and_twice_at_once(web: Pod, backing: dict[str, Running]) -> None:
    hook = named(WEB).pod["containers"][1]["lifecycle"]["postStart"]["exec"]["command"]
    query(backing, "DROP TABLE invoices; DELETE FROM schema_migrations WHERE name = '0003_invoices'")
    outcomes: list[tuple[int, str]] = []
    runs = [threading.Thread(target=lambda: outcomes.append(web.php.execute(hook))) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert [status for status, _ in outcomes] == [0, 0, 0], outcomes
    assert sum("migration applied" in output for _, output in outcomes) == 1


def test_missing_variables_are_named_in_one_line(node: Node, backing: dict[str, Running]) -> None:
    assert backing
    php = named(WEB).pod["containers"][1]
    started = node.start(
        named(WEB), php, without=("DATABASE_PASSWORD", "MINIO_ENDPOINT"), environment={"REDIS_PORT": "tcp://redis:6379"}
    )
    assert started.exit_status() == 1
    assert started.logs() == (
        "configuration: DATABASE_PASSWORD is missing; REDIS_PORT: expected a number; MINIO_ENDPOINT is missing\n"
    )


def test_metrics_are_for_who_asks_the_pod_itself(web: Pod, token: str, node: Node) -> None:
    web.upload(token, b"counted")
    finished(node.start(EMAIL))
    answer = web.ask("GET", "/metrics")
    for name in (
        'http_requests_total{method="POST",route="/api/files",status="201"}',
        'http_request_duration_seconds_bucket{method="GET",route="/health",le="+Inf"}',
        "http_request_duration_seconds_sum", "http_request_duration_seconds_count",
        'kairoflow_upload_bytes_total{collection="uploads"}', "phpfpm_active_processes", "process_start_time_seconds",
        'kairoflow_job_runs_total{job="app:email:process",outcome="success"}',
        'kairoflow_job_last_success_timestamp_seconds{job="app:email:process"}',
    ):  # fmt: skip
        assert f"\n{name}" in answer.text, f"{name} is not in\n{answer.text}"
    assert web.ask("GET", "/metrics", headers={"X-Forwarded-Host": "kairoflow.example.com"}).status == 404


def test_logs_are_json_and_hold_no_secret(web: Pod, node: Node) -> None:
    secrets = {value for name, value in node.environment(named(WEB), named(WEB).pod["containers"][1]).items()
               if name.endswith(("PASSWORD", "SECRET", "KEY"))}  # fmt: skip
    web.ask("GET", "/health?token=not-to-be-seen")
    # What nginx writes to stderr has a form of its own: errors, of which there are none.
    access = web.nginx.container.logs(stdout=True, stderr=False).decode()
    for text in (web.php.logs(), access):
        assert all({"time", "level", "message"} <= json.loads(line).keys() for line in text.splitlines()), text
        assert not [secret for secret in (*secrets, PASSWORD, "not-to-be-seen") if secret in text]
    assert any(line["path"] == "/health" and line["status"] == 200 for line in map(json.loads, access.splitlines()))


def test_both_containers_finish_what_they_are_at_when_they_are_asked_to_end(start: Callable[..., Pod]) -> None:
    pod = start("ending")
    owner = pod.sign_up("last@example.com")
    body, kind = form(os.urandom(2_000_000), "slow.bin", {})
    half = len(body) // 2
    connection = http.client.HTTPConnection("127.0.0.1", pod.php.ports[HTTP], timeout=60)
    connection.putrequest("POST", "/api/files")
    sent = {"Authorization": f"Bearer {owner}", "Content-Type": kind, "Content-Length": str(len(body))}
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders(body[:half])
    time.sleep(1)
    statuses: list[int] = []
    stopping = threading.Thread(target=lambda: statuses.append(pod.nginx.stop()))
    stopping.start()
    time.sleep(2)
    connection.send(body[half:])
    assert connection.getresponse().status == 201
    connection.close()
    stopping.join()
    assert statuses == [0], pod.nginx.logs()
    started = time.monotonic()
    assert pod.php.stop() == 0, pod.php.logs()
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("web")
def test_a_full_volume_is_said_and_leaves_nothing(node: Node, token: str) -> None:
    nginx, php = named(WEB).pod["containers"]
    small = {"/var/www/html/var/tmp/recordings": "size=1m,uid=1000,gid=1000"}
    first = node.start(named(WEB), php, pod="small", ports=(HTTP,), tmpfs=small, hidden=("recordings",))
    second = node.start(named(WEB), nginx, pod="small", network_mode=f"container:{first.container.id}")
    first.wait(HTTP, "/ready")
    pod = Pod(first, second)
    answer = pod.upload(token, os.urandom(3 * MEBIBYTE), collection="recordings")
    assert (answer.status, json.loads(answer.body)["error"]) == (507, "the volume is full"), pod.php.logs()
    found = pod.php.execute(["find", "/var/www/html/var/tmp/recordings", "-type", "f"])[1]
    assert found == ""
    assert pod.upload(token, b"small enough", collection="recordings").status == 201
