"""doit new, as it is typed: what it makes renders, passes the checks, is like the other systems, and builds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from imbricate.documents import read_resources
from tasks.new import writing
from tasks.new.errors import NewSystemError
from tasks.new.names import check_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tasks.conftest import Doit

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "tasks/new/templates"
CHASSIS = "images/chassis/python"

needs_chassis = pytest.mark.skipif(not (ROOT / CHASSIS).is_dir(), reason="the chassis is not here")


@pytest.fixture
def chassis(project: Path) -> Path:
    """Give the project with what services and systems are built on."""
    shutil.copytree(ROOT / "components", project / "components")
    (project / "images").mkdir()
    for name in ("images/chassis", "images/stand-ins"):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".*")
            shutil.copytree(ROOT / name, project / name, ignore=ignored)
    shutil.copy(ROOT / "images/budgets.yaml", project / "images")
    return project


def _all_files(folder: Path) -> set[str]:
    tops = ("base", "images", "overlays", "gitops")
    return {str(path.relative_to(folder)) for top in tops for path in (folder / top).rglob("*") if path.is_file()}


def _rendered(project: Path, unit: str) -> dict[str, dict[str, Any]]:
    text = (project / "gitops" / unit / "manifests.yaml").read_text()
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in read_resources(text, unit)}


@needs_chassis
def test_it_makes_a_system_that_renders_and_passes_the_checks(chassis: Path, doit: Doit) -> None:
    status, output = doit("new", "system=cafe", "service=till")

    assert output == (
        "base/cafe/\nimages/cafe/\noverlays/dev/cafe/\noverlays/prod/cafe/\n"
        "31 files; next: doit render system=cafe && doit check system=cafe, then\n"
        "doit build system=cafe, and a sentence for base/cafe/README.md\n"
    )
    assert status == 0
    assert doit("render", "system=cafe")[0] == 0
    status, output = doit("check", "system=cafe")
    assert (status, output[:28]) == (0, "2 units checked, no findings")
    assert [*_rendered(chassis, "prod/cafe")] == [
        "Namespace/cafe",
        "ResourceQuota/quota",
        "ServiceAccount/till",
        next(one for one in _rendered(chassis, "prod/cafe") if one.startswith("ConfigMap/cafe-config-")),
        "Service/till",
        "LimitRange/limits",
        "Deployment/till",
        "PodDisruptionBudget/till",
        "HorizontalPodAutoscaler/till",
        "ExternalSecret/cafe-secrets",
        "Ingress/cafe",
        "NetworkPolicy/acme-solver",
        "NetworkPolicy/default",
        "NetworkPolicy/till",
    ]


@needs_chassis
def test_its_pods_are_restricted_probed_and_bounded(chassis: Path, doit: Doit) -> None:
    doit("new", "system=cafe")
    doit("render", "system=cafe")

    pod = _rendered(chassis, "dev/cafe")["Deployment/web"]["spec"]["template"]["spec"]
    container = pod["containers"][0]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert container["resources"] == {
        "requests": {"cpu": "50m", "memory": "64Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
    assert container["image"] == "registry.example.com/cafe/web:0.1.0"
    labels = _rendered(chassis, "dev/cafe")["Namespace/cafe"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@needs_chassis
def test_hosts_and_secrets_follow_the_environment(chassis: Path, doit: Doit) -> None:
    doit("new", "system=cafe")
    doit("render", "system=cafe")
    dev, prod = (_rendered(chassis, f"{env}/cafe") for env in ("dev", "prod"))

    assert dev["Ingress/cafe"]["spec"]["rules"][0]["host"] == "cafe.dev.example.com"
    assert prod["Ingress/cafe"]["spec"]["rules"][0]["host"] == "cafe.example.com"
    assert prod["Ingress/cafe"]["spec"]["tls"] == [{"hosts": ["cafe.example.com"], "secretName": "cafe-tls"}]
    assert "ExternalSecret/cafe-secrets" not in dev
    assert not any(name.startswith("Secret/") for name in (*dev, *prod))


@needs_chassis
def test_no_placeholder_is_left(chassis: Path, doit: Doit) -> None:
    before = _all_files(chassis)
    doit("new", "system=cafe", "service=till")

    made = _all_files(chassis) - before
    assert made
    for path in made:
        assert not re.search(r"\b(SYSTEM|SERVICE|STAGE|HOST|STAGES)\b", path + (chassis / path).read_text()), path


@needs_chassis
@pytest.mark.usefixtures("chassis")
def test_the_longest_names_are_good_names(doit: Doit) -> None:
    system, service = "s" * 63, f"t-{'x' * 59}-9"

    assert doit("new", f"system={system}", f"service={service}")[0] == 0
    assert doit("render", f"system={system}")[0] == 0
    status, output = doit("check", f"system={system}")
    assert (status, output[:28]) == (0, "2 units checked, no findings")


@pytest.mark.parametrize("system", ["base", "overlays", "dev", "web"])
@needs_chassis
def test_a_system_may_be_called_like_a_folder(chassis: Path, doit: Doit, system: str) -> None:
    before = _all_files(chassis)

    assert doit("new", f"system={system}")[0] == 0
    assert before < _all_files(chassis)
    assert (chassis / "base" / system / "web/deployment.yaml").is_file()


LABEL = "a name of at most 63 small letters, digits and hyphens, which begins with a letter and ends with no hyphen"
REFUSED = [
    ((), "expected the name of the new system: doit new system=shop"),
    (("system=",), "expected the name of the new system: doit new system=shop"),
    (("system=shop",), "system=shop: base/shop is there already; choose another name"),
    (("system=My_Shop",), f"system=My_Shop: expected {LABEL}, such as my-shop"),
    (("system=../x",), f"system=../x: expected {LABEL}, such as x"),
    (("system=cafe", "service=-"), f"service=-: expected {LABEL}"),
    (("system=on",), "system=on: YAML does not read on as text; choose another name"),
    (
        ("system=cafe", "service=secrets"),
        "service=secrets: base/<system>/secrets has another meaning; choose another name",
    ),
    (
        ("system=cafe", "service=networks"),
        "service=networks: base/<system>/networks has another meaning; choose another name",
    ),
    (
        ("system=cafe",),
        f"{CHASSIS}/requirements.txt, on which a new service is built, cannot be read: No such file or directory",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda one: " ".join(one) if one else "nothing")
def test_what_cannot_be_made_is_refused_in_one_line(
    project: Path, doit: Doit, arguments: tuple[str, ...], message: str
) -> None:
    before = _all_files(project)

    status, output = doit("new", *arguments)
    assert (status, output.split(maxsplit=2)) == (1, ["new", "ERROR:", f"{message}\n"])
    assert _all_files(project) == before


@pytest.mark.parametrize("name", ["a", "a1", "a-b", "x" * 63])
def test_labels_are_names(name: str) -> None:
    check_name("system", name)


@pytest.mark.parametrize("name", ["1a", "a-", "-a", "A", "a.b", "a/b", "ä", "x" * 64, "a\n", "true", "null", "y"])
def test_other_texts_are_none(name: str) -> None:
    with pytest.raises(NewSystemError):
        check_name("system", name)


def test_an_unknown_argument_is_named(doit: Doit) -> None:
    assert doit("new", "sytem=cafe") == (
        3,
        "ERROR: sytem=cafe: there is no argument 'sytem'; did you mean system? known: service, system\n",
    )


def test_nothing_is_left_when_a_folder_cannot_be_put_in_place(project: Path) -> None:
    """A file stands where a folder of the second environment should go."""
    (project / "overlays/qa").write_text("")
    before = sorted(project.rglob("*"))
    files = {Path(name): "x" for name in ("base/cafe/a", "overlays/dev/cafe/b", "overlays/qa/cafe/c")}

    with pytest.raises(NewSystemError) as caught:
        writing.write_all(files)

    assert str(caught.value) == "overlays/qa cannot be written: File exists"
    assert sorted(project.rglob("*")) == before


@needs_chassis
def test_the_base_image_is_that_of_the_chassis() -> None:
    template = (TEMPLATES / "images/SYSTEM/SERVICE/Dockerfile").read_text().splitlines()[0]

    assert template in (ROOT / CHASSIS / "README.md").read_text()


@needs_chassis
def test_its_code_is_as_the_chassis_wants_it(chassis: Path, doit: Doit) -> None:
    """Ruff by the rules that rule the image's test stage, with names that make lines long."""
    doit("new", "system=cafe", f"service={'t' * 63}")

    for words in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--no-cache", "images/cafe"]
        done = subprocess.run(command, cwd=chassis, capture_output=True, text=True, check=False)
        if "No module named ruff" in done.stderr:
            pytest.skip("ruff is not here")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def till(chassis: Path, doit: Doit) -> Iterator[str]:
    """Build the image of a new system; give its reference."""
    doit("new", "system=imbricate-cafe", "service=till")
    status, output = doit("build", "system=imbricate-cafe", "bases=stand-ins")
    assert status == 0, output
    locked = json.loads((chassis / "images.lock.json").read_text())["imbricate-cafe/till"]
    pins = yaml.safe_load((chassis / "overlays/dev/imbricate-cafe/pins/kustomization.yaml").read_text())
    assert pins["images"][0]["digest"] == locked["digest"]
    yield f"imbricate-cafe/till:{locked['tag']}"
    subprocess.run(["docker", "rmi", "-f", f"imbricate-cafe/till:{locked['tag']}"], check=False, capture_output=True)


@pytest.mark.docker
def test_its_image_builds_and_answers_as_the_pod_runs_it(till: str) -> None:
    options = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"]
    options += ["--user=1000:1000", "--publish=127.0.0.1::8000", "--env=PORT=8000", "--env=API_TOKEN=0123456789abcdef"]
    started = ["docker", "run", "--detach", "--rm", *options, till]
    container = subprocess.run(started, check=True, capture_output=True, text=True).stdout.strip()
    try:
        port = subprocess.run(["docker", "port", container, "8000"], check=True, capture_output=True, text=True).stdout
        assert _answer(f"http://{port.split()[0]}/ready")["status"] == "ready"
        assert _answer(f"http://{port.split()[0]}/?name=Ada") == {"greeting": "Hello, Ada!"}
    finally:
        subprocess.run(["docker", "stop", container], check=True, capture_output=True)


def _answer(url: str) -> dict[str, Any]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own container
                found: dict[str, Any] = json.load(response)
                return found
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer")
