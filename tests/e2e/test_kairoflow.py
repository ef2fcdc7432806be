"""kairoflow on a real cluster: a large upload, mail each minute, the migration hook, HTTPS, disturbances."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import pytest

from tasks.connection import ApiServerError
from tasks.deployment.applying import apply_all, apply_secrets, rendered
from tasks.units import Unit
from tests.e2e.disturbances import fails_to_roll_out, heals, manifest, may, ready_pods, restore, with_bad_image
from tests.e2e.limits import Limit
from tests.e2e.system import System, eventually
from tests.e2e.web import PORT, TLS_PORT, Ingress, entrance
from tests.images.kairoflow_pod import MEBIBYTE, PASSWORD, STORE, form, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasks.connection import Manifest

pytestmark = pytest.mark.e2e

HOST = "kairoflow.dev.example.com"
WEB = "app.kubernetes.io/name=web-app"
EMAIL = "app.kubernetes.io/name=email-processor"
SIZE = 300_000_000
HEAL, DEPLOY = Limit(120), Limit(300)
HEALTH, API, PAGE = (Limit(seconds, "performance-targets") for seconds in (0.1, 0.2, 2))
MAIL = Limit(120)  # the job runs each minute
PULL_VARIABLES = {"REGISTRY": "registry.example.com", "USER": "robot", "TOKEN": "a-token-of-the-test"}


@pytest.fixture(scope="module")
def kairoflow(deployed: Callable[[str], System]) -> System:
    return deployed("kairoflow")


@pytest.fixture(scope="module")
def web(kairoflow: System) -> Ingress:
    return entrance(kairoflow, HOST, "/ready")


@pytest.fixture(scope="module")
def email() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture(scope="module")
def token(web: Ingress, email: str) -> str:
    credentials = {"email": email, "password": PASSWORD}
    web.post("/api/accounts", credentials)
    return str(web.post("/api/session", credentials)["token"])


def inside(kairoflow: System, container: str, *command: str) -> str:
    """Run a command in a container of the web application's pod."""
    pod = kairoflow.pods(WEB)[0]["metadata"]["name"]
    return kairoflow.kubectl("exec", pod, "-c", container, "--", *command)


def php(kairoflow: System, code: str, *arguments: str) -> str:
    return inside(kairoflow, "php-fpm", "php", "-r", f"require 'src/autoload.php'; {code}", *arguments)


def sql(kairoflow: System, statement: str) -> str:
    command = f'psql --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" -qtAc "{statement}"'
    return kairoflow.kubectl("exec", "postgres-0", "--", "sh", "-c", command).strip()


def upload(web: Ingress, token: str, content: bytes, **fields: str) -> Any:
    body, kind = form(content, "notes.txt", fields)
    answer = web.ask("POST", "/api/files", body, token=token, headers={"content-type": kind})
    assert answer.status == 201, answer.text
    return json.loads(answer.text)


def content_of(web: Ingress, token: str, file: Any) -> bytes:
    return web.ask("GET", f"/api/files/{file['id']}/content", token=token).body


def upload_large(token: str, size: int) -> tuple[int, Any, str]:
    """Send a file of so many bytes through the ingress, piece by piece; give status, answer and SHA-256."""
    body, kind = form(b"mark-of-the-file", "large.bin", {"collection": "recordings"})
    head, tail = body.split(b"mark-of-the-file")
    piece, digest = os.urandom(MEBIBYTE), hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        yield head
        for left in range(size, 0, -MEBIBYTE):
            part = piece[: min(left, MEBIBYTE)]
            digest.update(part)
            yield part
        yield tail

    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)
    length = str(len(head) + size + len(tail))
    headers = {"host": HOST, "authorization": f"Bearer {token}", "content-type": kind, "content-length": length}
    connection.request("POST", "/api/files", pieces(), headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer, digest.hexdigest()


def test_it_answers_through_the_ingress_in_time(web: Ingress, token: str) -> None:
    assert web.ask("GET", "/ready").status == 200
    assert "<html" in web.ask("GET", "/").text
    HEALTH.holds("/health, the median of 20", median(times_of(web, "/health")))
    API.holds("the messages of an account, the mean of 20", mean(times_of(web, "/api/messages", token)))
    PAGE.holds("the page, the slowest of 20", max(times_of(web, "/")))
    assert web.ask("GET", "/metrics").status == 404


def times_of(web: Ingress, path: str, token: str = "") -> list[float]:
    """Give the seconds that each of 20 requests took."""
    found = []
    for _ in range(20):
        began = time.monotonic()
        assert web.ask("GET", path, token=token).status == 200
        found.append(time.monotonic() - began)
    return found


def test_300_megabytes_arrive_in_the_volume_that_both_containers_share(
    kairoflow: System, web: Ingress, token: str
) -> None:
    began = time.monotonic()
    status, file, digest = upload_large(token, SIZE)
    print(f"{SIZE / 1e6:.0f} MB uploaded through the ingress in {time.monotonic() - began:.1f} s")
    assert (status, file["bytes"], file["sha256"]) == (201, SIZE, digest)
    stored = f"/var/www/html/var/tmp/recordings/files/{file['id'][:2]}/{file['id']}"
    for container in ("nginx", "php-fpm"):
        assert inside(kairoflow, container, "sha256sum", stored).startswith(digest)
    path = f"/api/files/{file['id']}"
    last = web.ask("GET", f"{path}/content", token=token, headers={"range": f"bytes={SIZE - 10}-"})
    assert (last.status, len(last.body)) == (206, 10)
    assert web.ask("DELETE", path, token=token).status == 204


def test_all_volumes_are_mounted_and_only_php_writes(kairoflow: System) -> None:
    claims = {
        one["metadata"]["name"]: one for one in kairoflow.connection.list("v1", "PersistentVolumeClaim", "kairoflow")
    }
    sizes = {name: claims[name]["spec"]["resources"]["requests"]["storage"] for name in claims if "data-" not in name}
    assert sizes == {"uploads": "5Gi", "sessions": "2Gi", "recordings": "10Gi", "transcriptions": "5Gi"}
    for folder in ("www/uploads", "var/tmp/session", "var/tmp/recordings", "var/tmp/transcriptions", "var/log"):
        mark = f"/var/www/html/{folder}/mark-of-the-test"
        inside(kairoflow, "php-fpm", "touch", mark)
        if folder != "var/log":
            inside(kairoflow, "nginx", "test", "-e", mark)
            with pytest.raises(subprocess.CalledProcessError):
                inside(kairoflow, "nginx", "rm", mark)
        inside(kairoflow, "php-fpm", "rm", mark)


def test_limits_of_php_and_settings_are_those_of_the_manifests(kairoflow: System) -> None:
    script = 'echo json_encode(array_map("ini_get", array_combine($n = explode(" ", $argv[1]), $n)));'
    names = "memory_limit max_execution_time post_max_size upload_max_filesize"
    found = json.loads(inside(kairoflow, "php-fpm", "php", "-r", script, names))
    assert found["memory_limit"] == "512M"
    assert (found["post_max_size"], found["upload_max_filesize"]) == ("500M", "500M")
    variables = inside(kairoflow, "php-fpm", "env")
    for name in ("DATABASE_HOST", "DATABASE_PASSWORD", "REDIS_HOST", "MINIO_ENDPOINT", "APP_SECRET", "JWT_SECRET"):
        assert f"\n{name}=" in f"\n{variables}"


def test_mail_is_taken_within_a_minute_and_no_two_runs_overlap(
    kairoflow: System, web: Ingress, token: str, email: str
) -> None:
    bill, number = os.urandom(200_000), uuid.uuid4().int
    deliver(kairoflow, "first.eml", mail(number, email, bill))
    took = eventually(lambda: web.get("/api/messages", token)["messages"], 180, "the first message")
    MAIL.holds("mail recorded after it came", took)
    (listed,) = web.get("/api/messages", token)["messages"]
    (attached,) = web.get(f"/api/messages/{listed['id']}", token)["attachments"]
    assert web.ask("GET", f"/api/files/{attached['id']}/content", token=token).body == bill

    slow = manifest(kairoflow, "CronJob", "email-processor")
    template = slow["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    template["containers"][0]["command"] = ["php", "-r", "sleep(300);"]
    apply_all(kairoflow.connection, [slow], print)
    deliver(kairoflow, "second.eml", mail(number + 1, email))
    end, most, stopped = time.monotonic() + 180, 0, set[str]()
    while time.monotonic() < end and not stopped:
        runs = jobs(kairoflow, "email-processor")
        most = max(most, sum(bool((one.get("status") or {}).get("active")) for one in runs))
        stopped |= {one["metadata"]["name"] for one in runs if failure(one) == "DeadlineExceeded"}
        time.sleep(1)
    apply_all(kairoflow.connection, [manifest(kairoflow, "CronJob", "email-processor")], print)
    print(f"runs that do not end: at most {most} at once, stopped by their deadline: {stopped}")
    assert most == 1
    assert stopped
    eventually(lambda: len(web.get("/api/messages", token)["messages"]) == 2, 180, "the second message, once")


def deliver(kairoflow: System, name: str, message: bytes) -> None:
    """Put a message into the bucket, as a mail gateway does."""
    code = (
        f"{STORE}->put('mail/incoming/' . $argv[1], base64_decode(file_get_contents('php://stdin')), 'message/rfc822');"
    )
    pod = kairoflow.pods(WEB)[0]["metadata"]["name"]
    command = ["php", "-r", f"require 'src/autoload.php'; {code}", name]
    words = ["-n", kairoflow.namespace, "exec", "-i", pod, "-c", "php-fpm", "--", *command]
    kairoflow.cluster.kubectl(*words, input=base64.b64encode(message).decode())


def jobs(kairoflow: System, name: str) -> list[Manifest]:
    found = kairoflow.connection.list("batch/v1", "Job", kairoflow.namespace)
    return [one for one in found if one["metadata"]["name"].startswith(name)]


def failure(job: Manifest) -> str:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return next((one.get("reason", "") for one in conditions if one["type"] == "Failed"), "")


@pytest.mark.parametrize("name", ["invoice-generator", "cleanup", "schema-validator"])
def test_the_other_jobs_run_as_they_are_rendered(kairoflow: System, web: Ingress, token: str, name: str) -> None:
    upload(web, token, b"worth ten cents")
    run = f"{name}-{uuid.uuid4().hex[:6]}"
    kairoflow.kubectl("create", "job", f"--from=cronjob/{name}", run)
    kairoflow.kubectl("wait", "--for=condition=complete", f"job/{run}", "--timeout=90s")
    said = kairoflow.kubectl("logs", f"job/{run}").splitlines()
    print(f"{name}: {said[-1]}")
    assert json.loads(said[-1])["level"] == "info"


def test_migrations_run_again_three_at_once(kairoflow: System) -> None:
    (hook,) = [
        one["lifecycle"]["postStart"]["exec"]["command"]
        for one in manifest(kairoflow, "Deployment", "web-app")["spec"]["template"]["spec"]["containers"]
        if "lifecycle" in one
    ]
    sql(kairoflow, "DROP TABLE invoices; DELETE FROM schema_migrations WHERE name = '0003_invoices'")
    with ThreadPoolExecutor(3) as beside:
        said = list(beside.map(lambda _: inside(kairoflow, "php-fpm", *hook), range(3)))
    assert sum("migration applied" in one for one in said) == 1
    assert "migration applied" not in inside(kairoflow, "php-fpm", *hook)


def test_a_failing_migration_keeps_the_pod_from_serving_until_it_succeeds(kairoflow: System, web: Ingress) -> None:
    sql(kairoflow, "DELETE FROM schema_migrations WHERE name = '0003_invoices'")
    kairoflow.kill(kairoflow.pods(WEB)[0])

    def told() -> bool:
        events = kairoflow.kubectl("get", "events", "--field-selector=reason=FailedPostStartHook")
        return any(pod["metadata"]["name"] in events for pod in kairoflow.pods(WEB))

    took = eventually(told, 120, "the event of the failed hook")
    assert not ready_pods(kairoflow, WEB)
    sql(kairoflow, "DROP TABLE invoices")  # what the migration found in its way
    back = eventually(lambda: ready_pods(kairoflow, WEB), 180, "a pod that is ready")
    print(f"a failing migration: told after {took:.0f} s; once it succeeds, ready {back:.0f} s later")
    eventually(lambda: web.ask("GET", "/ready").status == 200, 30, "an answer through the ingress")


@pytest.mark.parametrize("name", ["web-app", "postgres", "redis", "minio"])
def test_a_killed_pod_is_back_and_nothing_is_lost(kairoflow: System, web: Ingress, token: str, name: str) -> None:
    file = upload(web, token, f"kept while {name} is killed".encode())
    heals(kairoflow, f"app.kubernetes.io/name={name}", HEAL)
    eventually(lambda: web.ask("GET", "/ready").status == 200, 60, "that it is ready again")
    assert content_of(web, token, file) == f"kept while {name} is killed".encode()


def test_uploads_outlive_a_redeploy(
    kairoflow: System, web: Ingress, token: str, deployed: Callable[[str], System]
) -> None:
    file = upload(web, token, b"older than the deployment")
    for kind in ("deployment", "statefulset", "cronjob", "service", "configmap", "ingressroute"):
        kairoflow.kubectl("delete", kind, "--selector=app.kubernetes.io/part-of=kairoflow", "--wait=true")
    began = time.monotonic()
    deployed("kairoflow")
    eventually(lambda: web.ask("GET", "/ready").status == 200, 60, "an answer through the ingress")
    DEPLOY.holds("deployed anew", time.monotonic() - began)
    assert content_of(web, token, file) == b"older than the deployment"


def test_a_bad_image_is_reported_and_the_good_one_brings_it_back(kairoflow: System, web: Ingress) -> None:
    """With volumes for one pod alone the old one has to end first: what is measured is how long nobody answers."""
    said = fails_to_roll_out(kairoflow, with_bad_image(kairoflow, "Deployment", "web-app"), 20)
    assert "no-such-tag cannot be pulled" in said
    began = time.monotonic()
    restore(kairoflow, "Deployment", "web-app")
    eventually(lambda: web.ask("GET", "/ready").status == 200, 60, "an answer through the ingress")
    print(said)
    HEAL.holds("ready again after the good image was applied", time.monotonic() - began)


def test_https_with_redirect_and_limits_as_rendered_for_production(kairoflow: System, tmp_path: Path) -> None:
    host = "kairoflow.example.com"
    kinds = ("IngressRoute", "Middleware")
    routes = [one for one in rendered(Unit("prod", "kairoflow")) if one["kind"] in kinds]
    mine = [one | {"metadata": one["metadata"] | {"name": f"prod-{one['metadata']['name']}"}} for one in routes]
    for one in mine:
        for route in one["spec"].get("routes", ()):
            route["middlewares"] = [{"name": f"prod-{each['name']}"} for each in route["middlewares"]]
    certificate = make_certificate(host, tmp_path)
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "kairoflow-tls", "namespace": "kairoflow"}, "data": certificate,
    }  # fmt: skip
    try:
        apply_all(kairoflow.connection, [secret, *mine], print)
        eventually(lambda: secure(host, "/health", tmp_path).status == 200, 60, "an answer over HTTPS")
        plain = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        plain.request("GET", "/api/files?x=1", headers={"host": host})
        redirected = plain.getresponse()
        assert redirected.status in {301, 308}
        assert redirected.getheader("location") == f"https://{host}/api/files?x=1"
        plain.close()
        answer = secure(host, "/health", tmp_path)
        assert answer.getheader("strict-transport-security") == "max-age=31536000; includeSubDomains"
        assert answer.getheader("x-frame-options") == "DENY"
        with ThreadPoolExecutor(8) as beside:
            statuses = [one for many in beside.map(lambda _: burst(host, tmp_path, 200), range(8)) for one in many]
        print(f"1600 requests at once: {statuses.count(200)} answered, {statuses.count(429)} refused by the rate limit")
        assert set(statuses) == {200, 429}
        assert statuses.count(200) >= 200
    finally:
        for one in (*mine, secret):
            kairoflow.connection.delete(one)


def make_certificate(host: str, folder: Path) -> dict[str, str]:
    """Make a certificate that signs itself; give the data of its Secret."""
    key, certificate = folder / "tls.key", folder / "tls.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return {one.name: base64.b64encode(one.read_bytes()).decode() for one in (key, certificate)}


def secure(host: str, path: str, folder: Path) -> http.client.HTTPResponse:
    """Ask over TLS; the certificate has to be the one that was made."""
    with contextlib.closing(connected(host, folder)) as connection:
        return asked(connection, path)


def burst(host: str, folder: Path, count: int) -> list[int]:
    """Ask as fast as one connection lets; give the statuses."""
    with contextlib.closing(connected(host, folder)) as connection:
        return [asked(connection, "/robots.txt").status for _ in range(count)]


def connected(host: str, folder: Path) -> http.client.HTTPConnection:
    context = ssl.create_default_context(cafile=str(folder / "tls.crt"))
    connection = http.client.HTTPConnection(host)
    raw = socket.create_connection(("127.0.0.1", TLS_PORT), timeout=10)
    connection.sock = context.wrap_socket(raw, server_hostname=host)
    return connection


def asked(connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response


def test_the_pull_secret_is_made_of_what_a_person_gives(
    kairoflow: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in PULL_VARIABLES.items():
        monkeypatch.setenv(f"KAIROFLOW_GHCR_{name}", value)
    apply_secrets(kairoflow.connection, "kairoflow", kairoflow.manifests, print)
    assert PULL_VARIABLES["TOKEN"] not in capsys.readouterr().out
    login = json.loads(kairoflow.secret("ghcr-secret", ".dockerconfigjson"))["auths"]["registry.example.com"]
    assert base64.b64decode(login["auth"]) == b"robot:a-token-of-the-test"
    kairoflow.kill(kairoflow.pods(WEB)[0])
    eventually(lambda: ready_pods(kairoflow, WEB), HEAL.seconds, "a pod with the pull secret")
    (pod,) = kairoflow.pods(WEB)
    assert pod["spec"]["imagePullSecrets"] == [{"name": "ghcr-secret"}]
    found = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ghcr-secret", "namespace": "kairoflow"}}
    live = kairoflow.connection.get(found)
    assert live
    assert live["type"] == "kubernetes.io/dockerconfigjson"
    kairoflow.connection.delete(found)


def test_what_pods_may_do_and_what_they_tell(kairoflow: System) -> None:
    for account in ("web-app", "console"):
        for verb, resource in (("get", "secrets"), ("list", "pods"), ("create", "jobs.batch")):
            assert not may(kairoflow, account, verb, resource), f"{account} may {verb} {resource}"
    template = manifest(kairoflow, "Deployment", "web-app")["spec"]["template"]["spec"]
    template["containers"][0]["securityContext"] = {"privileged": True}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root", "namespace": "kairoflow"}, "spec": template}
    with pytest.raises(ApiServerError, match="violates PodSecurity"):
        kairoflow.connection.apply(body)
    names = {"database-secret": "password", "minio-secret": "secret-key", "app-secret": "jwt-secret"}
    secrets = {kairoflow.secret(name, key) for name, key in names.items()}
    pod = kairoflow.pods(WEB)[0]["metadata"]["name"]
    told = kairoflow.kubectl("logs", pod, "--all-containers") + kairoflow.kubectl("get", "pods,cronjobs", "-o", "yaml")
    assert len(told) > 1000
    assert not [one for one in secrets if one in told]
