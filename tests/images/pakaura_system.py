"""The workloads of pakaura as a node starts them, the Ingress before them, and what a client asks."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tasks.images.engine import references
from tasks.stand_ins.plans import stand_ins_for
from tests.images.containers import Answer, request
from tests.images.workloads import Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from tests.images.containers import Running

    Run = Callable[..., Running]
    Image = Callable[[str], str]

DEV = Path("gitops/dev")
API, PAGE = 8000, 3000
PASSWORD = "correct horse"  # noqa: S105 - of accounts that the tests make
SECRET = "a signing secret of enough letters"  # noqa: S105 - of the containers that the tests start
MANIFESTS = [one for one in yaml.safe_load_all((DEV / "pakaura/manifests.yaml").read_text()) if one]
FOUND = {one.name.partition("/")[2]: one for one in workloads(DEV) if one.system == "pakaura"}
JOB = replace(FOUND["api"], manifest=next(one for one in MANIFESTS if one["kind"] == "Job"))
INGRESS = next(one for one in MANIFESTS if one["kind"] == "Ingress")["spec"]["rules"][0]
HOST = str(INGRESS["host"])


class System:
    """The workloads of pakaura."""

    def __init__(self, engine: DockerClient, image: Image, run: Run, folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._run = run
        self._folder = folder
        self.volume = f"imbricate-{uuid.uuid4().hex[:8]}"
        self.running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def start(self) -> None:
        """Start all: the database, its migrations, the api, the page."""
        self._start_database()
        assert self.migrate() == [0, 0]
        for name in ("api", "frontend"):
            self.running[name] = self.start_service(name, alias=FOUND[name].service)
        for name in ("api", "frontend"):
            for port, path in FOUND[name].http_probes:
                self[name].wait(port, path)

    def environment(self, workload: Workload, container: dict[str, Any]) -> dict[str, str]:
        """Give the variables of a container, with the Secret that base/pakaura/secrets declares."""
        server = FOUND["postgresql"]
        login = f"pakaura_user:{server.environment(server.container)['POSTGRES_PASSWORD']}"
        secret = {"DATABASE_URL": f"postgresql+asyncpg://{login}@postgresql:5432/pakaura", "JWT_SECRET": SECRET}
        given = workload.environment(container)
        given.pop("COHERE_API_KEY", None)  # of an optional Secret
        for source in container.get("envFrom", ()):
            given |= workload.configuration[source["configMapRef"]["name"]]
        return given | {name: value for name, value in secret.items() if name in given}

    def start_service(self, name: str, run: Run | None = None, alias: str = "", **variables: str) -> Running:
        workload = FOUND[name]
        return self._container(workload, workload.container, run or self._run, alias, variables)

    def migrate(self) -> list[int]:
        """Run the migration Job; give the exit statuses of its containers."""
        return [self.job(container).exit_status(120) for container in (JOB.init_containers[0], JOB.container)]

    def job(self, container: dict[str, Any], **variables: str) -> Running:
        return self._container(JOB, container, self._run, "", variables)

    def _container(
        self, workload: Workload, container: dict[str, Any], run: Run, alias: str, variables: dict[str, str]
    ) -> Running:
        ports = tuple(one["containerPort"] for one in container.get("ports", ()))
        options = workload.options(container, self._folder, str) | {"security_opt": ["no-new-privileges"]}
        environment = self.environment(workload, container) | variables
        image = self._image(re.sub(r"^.*?(pakaura/\w+).*$", r"\1", container["image"]))
        return run(image, environment, ports, alias=alias, **options)

    def _start_database(self) -> None:
        """Start PostgreSQL with its volume, which the kubelet hands over to the pod's group."""
        workload = FOUND["postgresql"]
        (local,) = stand_ins_for([workload.image]).values() or ("",)
        image = local if local in references(self._engine) else workload.image
        self._engine.volumes.create(self.volume)
        command = ["sh", "-c", f"chown 0:{workload.group} /volume && chmod 2775 /volume"]
        volumes = {self.volume: {"bind": "/volume", "mode": "rw"}}
        self._engine.containers.run(image, entrypoint=command, user="0:0", volumes=volumes, remove=True)
        options = workload.options(workload.container, self._folder, lambda _: self.volume)
        environment = workload.environment(workload.container)
        self.running["postgresql"] = self._run(image, environment, alias=workload.service, **options)


class Ingress(ThreadingHTTPServer):
    """Sends requests where the manifest's Ingress sends them: the longest path that fits."""

    daemon_threads = True

    def __init__(self, system: System) -> None:
        super().__init__(("127.0.0.1", 0), _Route)
        self._system = system

    def target(self, path: str) -> Running:
        fits = [one for one in INGRESS["http"]["paths"] if f"{path}/".startswith(one["path"].rstrip("/") + "/")]
        service = max(fits, key=lambda one: len(one["path"]))["backend"]["service"]
        return self._system[service["name"]]


class _Route(BaseHTTPRequestHandler):
    server: Ingress
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        target = self.server.target(self.path.partition("?")[0])
        body = self.rfile.read(int(self.headers.get("content-length", 0))) or None
        headers = {**self.headers, "X-Real-IP": "192.0.2.1", "accept-encoding": "identity"}
        (port,) = target.ports
        answer = request(self.command, target.url(port, self.path), body, headers, timeout=60)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name not in {"transfer-encoding", "connection", "content-length", "keep-alive"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PATCH = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        pass


def ask(running: Running, method: str, path: str, body: object = None, token: str = "") -> Answer:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    content = None if body is None else json.dumps(body).encode()
    (port,) = running.ports
    return request(method, running.url(port, f"/api/v1{path}"), content, headers, timeout=20)


def sign_up(running: Running) -> tuple[str, str]:
    """Make an account; give its e-mail address and a token."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    answer = ask(running, "POST", "/auth/signup", {"email": email, "password": PASSWORD})
    assert answer.status == 201, answer.text
    return email, json.loads(answer.text)["access_token"]


def titles(running: Running, token: str) -> list[str]:
    return [task["title"] for task in json.loads(ask(running, "GET", "/tasks", token=token).text)]


def say(running: Running, token: str, message: str, conversation: str | None = None) -> dict[str, Any]:
    body = {"message": message, "conversation_id": conversation}
    answer = ask(running, "POST", "/chat", body, token)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found
