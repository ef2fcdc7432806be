"""tamma as its users see it: tasks are posted through the ingress, and done by a worker."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.e2e.system import eventually

if TYPE_CHECKING:
    from tests.e2e.system import System
    from tests.e2e.web import Ingress

HOST = "tamma.dev.example.com"
SERVICES = {"api": 8080, "orchestrator": 3000, "worker": 8081}
SERVERS = ("postgres", "redis")
FINISHED = "succeeded"


def make_token(tamma: System) -> str:
    """Make a token as the README says."""
    command = ("exec", "deploy/tamma-api", "--", "node", "tamma/api/dist/src/token.js", "e2e", "2")
    return tamma.kubectl(*command).strip()


def label(name: str) -> str:
    return f"app.kubernetes.io/name={name}"


def workload(name: str) -> str:
    return f"statefulset/tamma-{name}" if name in SERVERS else f"deployment/tamma-{name}"


def submit(web: Ingress, token: str, text: str, kind: str = "checksum") -> str:
    return str(web.post("/api/tasks", {"kind": kind, "input": {"text": text}}, token)["id"])


def done(web: Ingress, token: str, task: str, seconds: float = 60) -> Any:
    """Wait until a task is done; give it."""
    eventually(lambda: web.get(f"/api/tasks/{task}", token)["status"] == FINISHED, seconds, f"the end of task {task}")
    return web.get(f"/api/tasks/{task}", token)


def answers(web: Ingress, token: str, seconds: float = 60) -> float:
    """Wait until tasks can be asked for through the ingress; give the seconds that it took."""
    return eventually(lambda: web.ask("GET", "/api/tasks", token=token).status == 200, seconds, "an answer")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
