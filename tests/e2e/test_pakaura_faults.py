"""Faults on purpose, one at a time, in a copy of the sources: `doit deploy` names object, cause, field and line.

A network that is blocked cannot be had on nodes whose network enforces no policy: a wrong host stands for it, and a
policy that is missing is found by evaluation (`doit check`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.e2e.disturbances import ready_pods
from tests.e2e.web import Ingress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.system import System

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SOURCES = ("base/pakaura", "components", "overlays", "gitops")
API, DATABASE, SERVICE = (
    f"base/pakaura/{name}.yaml" for name in ("api/deployment", "postgresql/stateful-set", "api/service")
)
POD, CONTAINER = r"api-\w+-\w+", r"spec\.template\.spec\.containers\[name=api\]"
DECLARED = """\
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: pakaura-secrets
              key: DATABASE_URL
"""
ELSEWHERE = """\
        - name: DATABASE_URL
          value: postgresql+asyncpg://one:two@postgresql.elsewhere:5432/pakaura
"""
SECONDS = 30


class Fault(NamedTuple):
    """A file, what is replaced in it, and patterns of lines; `LINE` stands for the file and the line of the fault."""

    file: str
    changes: tuple[tuple[str, str], ...]
    says: tuple[str, ...]


FAULTS = {
    "a Service that leads to a wrong port": Fault(
        SERVICE,
        (("targetPort: http", "targetPort: 8001"),),
        (
            "Service/api does not reach its pods",
            rf"  port 8000: {POD} takes no connection on 8001",
            r"  spec\.ports\[name=http\]\.targetPort: LINE",
        ),
    ),
    "a Service that selects nothing": Fault(
        SERVICE,
        (("selector:\n    app.kubernetes.io/name: api", "selector:\n    app.kubernetes.io/name: apis"),),
        (
            "Service/api does not reach its pods",
            "  no pod that is ready has app.kubernetes.io/name=apis",
            r"  spec\.selector: base/pakaura/api/service\.yaml:\d+",
        ),
    ),
    "a key that its Secret does not have": Fault(
        API,
        (("key: JWT_SECRET", "key: JWT_SECRETS"),),
        (
            r"Deployment/api is not ready after \d+ s: 2 of 2 available, 2 old",
            f"  {POD}/api: CreateContainerConfigError: couldn't find key JWT_SECRETS in Secret pakaura/pakaura-secrets",
            rf"  {CONTAINER}\.env\[name=JWT_SECRET\]\.valueFrom\.secretKeyRef\.key: LINE",
        ),
    ),
    "a database that is out of reach": Fault(
        API,
        ((DECLARED, ELSEWHERE),),
        (
            r"Deployment/api is not ready after \d+ s: 2 of 2 available, 2 old",
            f"  {POD}/api: Readiness probe failed: HTTP probe failed with statuscode: 503",
            rf'  {POD}/api: GET :8000/api/v1/ready answers 503: .*"database":"gaierror".*',
            rf"  {CONTAINER}\.readinessProbe: base/pakaura/api/deployment\.yaml:\d+",
        ),
    ),
    "an image that crashes": Fault(
        API,
        (("image: pakaura/api\n", "image: pakaura/api\n        command: [sh, -c, echo no licence >&2; exit 3]\n"),),
        (
            r"Deployment/api is not ready after \d+ s: 2 of 2 available, 2 old",
            rf"  {POD}/api: ended with status 3 \(Error\)",
            rf"  {POD}/api \| no licence",
            rf"  {CONTAINER}\.command: LINE",
        ),
    ),
    "a volume that is full": Fault(
        DATABASE,
        (
            ("value: /var/lib/postgresql/data/pgdata", "value: /var/run/postgresql/pgdata"),
            ("- name: run\n        emptyDir: {}", "- name: run\n        emptyDir: {medium: Memory, sizeLimit: 16Mi}"),
        ),
        (
            r"StatefulSet/postgresql is not ready after \d+ s: 0 of 1 ready",
            r"  postgresql-0/postgresql: ended with status 1 \(Error\)",
            r"  postgresql-0/postgresql \| .*No space left on device.*",
            r"  spec\.template\.spec\.volumes\[name=run\]\.emptyDir\.sizeLimit: LINE",
        ),
    ),
}


@pytest.fixture(scope="module")
def pakaura(deployed: Callable[[str], System]) -> System:
    return deployed("pakaura")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Give a copy of the sources of pakaura; all else is as it is here."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    for one in ROOT.iterdir():
        if one.name not in {"base", "gitops", ".git", ".doit.json", "__pycache__", "build"}:
            with_same_name = tmp_path / one.name
            if not with_same_name.exists():
                with_same_name.symlink_to(one)
    return tmp_path


@pytest.fixture
def repaired(pakaura: System, deployed: Callable[[str], System]) -> Iterator[System]:
    """Give pakaura, and deploy it as it is rendered once the test is done."""
    yield pakaura
    deployed("pakaura")


def doit(folder: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "doit", *words, "env=dev", "system=pakaura"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_the_line_that_it_comes_from(repaired: System, sources: Path, name: str) -> None:
    fault = FAULTS[name]
    text = (sources / fault.file).read_text()
    for old, new in fault.changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (sources / fault.file).write_text(text)
    assert doit(sources, "render")[0] == 0

    status, said = doit(sources, "deploy", f"timeout={SECONDS}")

    lines = [line.partition("ERROR: ")[2] for line in said.splitlines() if "ERROR: " in line]
    print("\n".join(lines))
    assert status != 0
    last = fault.changes[-1][1].rstrip("\n").rpartition("\n")[2]
    number = next(number for number, line in enumerate(text.splitlines(), 1) if last in line)
    for pattern in fault.says:
        wanted = re.compile(pattern.replace("LINE", re.escape(f"{fault.file}:{number}")))
        assert any(wanted.fullmatch(line) for line in lines), f"{wanted.pattern}\nin\n{said}"
    if "Service" not in fault.says[0] and fault.file == API:
        assert Ingress("pakaura.local").ask("GET", "/api/v1/ready").status == 200, "the old version serves on"
        assert len(ready_pods(repaired, "app.kubernetes.io/name=api")) >= 2


def test_a_policy_that_blocks_the_database_is_found_by_evaluation(sources: Path) -> None:
    policy = sources / "base/pakaura/networks/api.yaml"
    text = policy.read_text()
    policy.write_text(text.replace("app.kubernetes.io/name: postgresql", "app.kubernetes.io/name: postgres"))

    status, said = doit(sources, "check")

    print(said.strip())
    assert status != 0
    assert re.search(r"base/pakaura/networks/api\.yaml:\d+.*", said)
    assert "networks" in said
