"""A small project in a temporary folder, and doit run in it as a person runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent.parent

FILES = {
    "overlays/environments.yaml": """\
environments:
- {name: dev, cluster: kind, kubernetes: "1.34", secrets: generated}
- {name: prod, cluster: prod.example.com, kubernetes: "1.34", secrets: external}
""",
    "base/shop/kustomization.yaml": "resources:\n- deployment.yaml\n- service.yaml\n",
    "base/shop/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: shop/web
        ports:
        - {name: http, containerPort: 8080}
""",
    "base/shop/service.yaml": """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
""",
    "overlays/dev/shop/kustomization.yaml": "resources:\n- ../../../base/shop\nnamespace: shop\n",
    "overlays/prod/shop/kustomization.yaml": """\
resources:
- ../../../base/shop
namespace: shop
replicas:
- {name: web, count: 3}
images:
- {name: shop/web, newTag: "1.0"}
patches:
- path: strategy.yaml
""",
    "overlays/waivers.yaml": "".join(
        f"- {{rule: {rule}, unit: '*/shop', object: '*', reason: The shop is made to be small.}}\n"
        for rule in (
            *("privilege-escalation", "capabilities", "run-as-non-root", "seccomp", "read-only-root", "api-token"),
            *("resources", "probes", "disruption-budget", "image-tag", "image-digest", "networks"),
        )
    ),
    "overlays/prod/shop/strategy.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  strategy: {type: Recreate}
""",
}


class Doit(Protocol):
    """Runs doit; gives its exit status and everything that it printed."""

    def __call__(self, *arguments: str) -> tuple[int, str]: ...


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a project with one system in two environments; the tasks are this repository's."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("dodo.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("tasks", "imbricate"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Server:
    """Runs modules as `python -m` does, in copies of a process that has imported what they need."""

    def __init__(self, printed: Path) -> None:
        """Start the process; `printed` is a file for what runs print."""
        command = [sys.executable, "-B", str(Path(__file__).with_name("doit_server.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._printed = printed

    def run(self, module: str, folder: Path, *arguments: str) -> tuple[int, str]:
        """Give the exit status and everything that was printed."""
        request = {"module": module, "arguments": arguments, "folder": str(folder), "output": str(self._printed)}
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({**request, "environment": dict(os.environ)}), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline()), self._printed.read_text()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give the process that runs modules."""
    found = Server(tmp_path_factory.mktemp("server") / "printed")
    with found.process:
        yield found


@pytest.fixture
def doit(project: Path, server: Server) -> Doit:
    """Give doit in the project, without its start-up; where the project has tasks of its own, as `program`."""

    def run(*arguments: str) -> tuple[int, str]:
        is_ours = (project / "tasks").is_symlink()
        return server.run("doit", project, *arguments) if is_ours else _started(project, arguments)

    return run


@pytest.fixture
def program(project: Path) -> Doit:
    """Give doit in the project as a person starts it."""
    return lambda *arguments: _started(project, arguments)


def _started(project: Path, arguments: Iterable[str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "doit", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
