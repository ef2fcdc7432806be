"""A small project in a temporary folder, and doit run in it as a person runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

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


@pytest.fixture
def doit(project: Path) -> Doit:
    """Give doit in the project."""

    def run(*arguments: str) -> tuple[int, str]:
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

    return run
