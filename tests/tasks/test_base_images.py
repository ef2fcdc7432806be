"""The stand-ins: declared, planned, and what doit says of them; that they work is in tests/images/test_stand_ins.py."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tasks.images.errors import ImageError
from tasks.stand_ins import debian, roots
from tasks.stand_ins.declarations import declared, full_name, undeclared
from tasks.stand_ins.plans import plans, stand_ins, stand_ins_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tasks.conftest import Doit

ROOT = Path(__file__).parent.parent.parent
DIGEST = "a" * 64
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
DODO = """\
from tasks.base_images import task_base_images
from tasks.reporter import Reporter

DOIT_CONFIG = {"reporter": Reporter}
"""
DECLARATIONS = """\
stand-ins:
- {name: debian, suite: trixie, for: [DEBIAN_IMAGE]}
- {name: python, for: [PYTHON_IMAGE]}
- {name: queue, for: ["queue:7", team/queue]}
"""


def _dockerfile(argument: str) -> str:
    return f"ARG {argument}=example.com/base:1@sha256:{DIGEST}\nFROM ${{{argument}}}\nRUN true\n"


@pytest.fixture
def folder(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give images/stand-ins of the project, on a machine without authorities or mirrors of its own."""
    (project / "dodo.py").write_text(DODO)
    made = project / "images/stand-ins"
    for name, argument in {"python": "DEBIAN_IMAGE", "queue": "PYTHON_IMAGE"}.items():
        (made / name).mkdir(parents=True)
        (made / name / "Dockerfile").write_text(_dockerfile(argument))
        (made / name / "Dockerfile.dockerignore").write_text(f"*\n!stand-ins/{name}/Dockerfile\n")
    (made / "stand-ins.yaml").write_text(DECLARATIONS)
    (tmp_path / "authorities").mkdir()
    monkeypatch.setattr(debian, "AUTHORITIES", tmp_path / "authorities")
    for what in ("DEBIAN", "DEBIAN_SECURITY", "PYPI", "NPM", "GO"):
        monkeypatch.delenv(f"IMBRICATE_{what}_MIRROR", raising=False)
    return made


@pytest.mark.usefixtures("folder")
def test_each_argument_has_the_local_image_of_its_stand_in() -> None:
    found = stand_ins()

    assert [*found] == ["DEBIAN_IMAGE", "PYTHON_IMAGE"]
    assert found == {"DEBIAN_IMAGE": plans()["debian"].reference, "PYTHON_IMAGE": plans()["python"].reference}
    assert found["PYTHON_IMAGE"].startswith("imbricate.local/python:")
    assert len(found["PYTHON_IMAGE"].rpartition(":")[2]) == 12


@pytest.mark.usefixtures("folder")
def test_public_images_are_found_by_the_name_that_a_node_asks_for() -> None:
    queue = plans()["queue"].reference

    assert stand_ins_for(["queue:7.4.6", "docker.io/library/queue:7", "team/queue:3", "queue:8", "other:7"]) == {
        "docker.io/library/queue:7.4.6": queue,
        "docker.io/library/queue:7": queue,
        "docker.io/team/queue:3": queue,
    }


@pytest.mark.parametrize(
    ("reference", "is_covered"),
    [
        ("queue:7", True),
        ("queue:7-trixie", True),
        (f"queue:7.4@sha256:{DIGEST}", True),
        ("team/queue", True),
        ("docker.io/team/queue:1", True),
        ("queue", False),
        ("queue:70", False),
        ("queue:6", False),
        ("localhost:5000/queue:7", False),
        ("example.com/queue:7", False),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_version_means_all_that_begin_with_it(reference: str, is_covered: object) -> None:
    assert declared()[2].is_for(reference) is is_covered


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("postgres", "docker.io/library/postgres:latest"),
        ("minio/minio:1", "docker.io/minio/minio:1"),
        ("localhost:5001/tamma/api:2", "localhost:5001/tamma/api:2"),
        (f"registry.example.com/a/b:1@sha256:{DIGEST}", "registry.example.com/a/b:1"),
    ],
)
def test_a_full_name_has_registry_and_tag(reference: str, name: str) -> None:
    assert full_name(reference) == name


def _edit(path: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_text(text)


CHANGES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a file of its folder": (_edit("queue/Dockerfile", _dockerfile("PYTHON_IMAGE") + "RUN id\n"), {"queue"}),
    "a file of its base's": (_edit("python/Dockerfile", _dockerfile("DEBIAN_IMAGE") + "RUN id\n"), {"python", "queue"}),
    "the suite": (_edit("stand-ins.yaml", DECLARATIONS.replace("trixie", "forky")), {"debian", "python", "queue"}),
    "an authority": (
        lambda folder: (folder.parents[1] / "authorities/site.crt").write_text(CERTIFICATE),
        {"debian", "python", "queue"},
    ),
    "the mirror": (
        lambda _: os.environ.update(IMBRICATE_DEBIAN_MIRROR="http://mirror.example.com/debian/"),
        {"debian", "python", "queue"},
    ),
    "a file that it does not use": (_edit("queue/notes.txt", "…"), set()),
    "what it stands in for": (_edit("stand-ins.yaml", DECLARATIONS.replace("queue:7", "queue:8")), set()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_tag_changes_with_what_the_image_is_made_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv("IMBRICATE_DEBIAN_MIRROR", "")
    before = plans()
    change, changed = CHANGES[what]

    change(folder)

    assert {name for name, plan in plans().items() if plan.reference != before[name].reference} == changed


def test_of_an_authoritys_file_only_the_certificates_are_taken(folder: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    (folder.parents[1] / "authorities/site.crt").write_text(f"# password: x\n{key}{CERTIFICATE}{key}")

    root = debian.root("trixie")

    assert root.authorities == (CERTIFICATE,)
    assert "PRIVATE" not in "".join(root.files.values())
    assert "PIP_CERT=/etc/ssl/certs/ca-certificates.crt" in root.environment


@pytest.mark.usefixtures("folder")
def test_without_authorities_no_variable_names_them() -> None:
    assert [one.partition("=")[0] for one in debian.root("trixie").environment] == ["PATH"]


@pytest.mark.usefixtures("folder")
def test_pip_npm_and_go_are_told_of_a_sites_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    before = debian.root("trixie")
    monkeypatch.setenv("IMBRICATE_PYPI_MIRROR", "https://mirror.example.com/simple/")
    monkeypatch.setenv("IMBRICATE_NPM_MIRROR", "https://mirror.example.com/npm")
    monkeypatch.setenv("IMBRICATE_GO_MIRROR", "https://mirror.example.com/go")

    root = debian.root("trixie")

    assert root.digest != before.digest
    assert root.environment[1:] == (
        "PIP_INDEX_URL=https://mirror.example.com/simple",
        "NPM_CONFIG_REGISTRY=https://mirror.example.com/npm",
        "GOPROXY=https://mirror.example.com/go",
    )


@pytest.mark.parametrize("address", ["ftp://mirror.example.com", "mirror", "http://a b/", "http://"])
@pytest.mark.usefixtures("folder")
def test_a_mirror_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("IMBRICATE_DEBIAN_MIRROR", address)

    with pytest.raises(ImageError, match=r"^IMBRICATE_DEBIAN_MIRROR=.*expected the http or https address"):
        stand_ins()


@pytest.mark.usefixtures("folder")
def test_a_password_never_gets_into_an_image_or_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMBRICATE_DEBIAN_MIRROR", "https://user:hunter2@mirror.example.com/debian")

    with pytest.raises(ImageError, match="has a user or a password") as caught:
        stand_ins()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "stand-ins: expected a list of stand-ins"),
        ("stand-ins: {}\n", "stand-ins: expected a list of stand-ins"),
        ("stand-ins: [a]\n", r"stand-ins\[0\]: expected a map, found 'a'"),
        ("stand-ins: [{name: A, for: [X_IMAGE]}]\n", r"\[0\].name: expected lower-case letters, .* found 'A'"),
        ("stand-ins: [{name: a}]\n", r"\[0\].for: expected a list of arguments and images, found None"),
        ("stand-ins: [{name: a, for: [X_IMAGE], suit: b}]\n", r"\[0\].suit: unknown field; known are name, suite, for"),
        ("stand-ins: [{name: a, for: [X_IMAGE], suite: 13}]\n", r"\[0\].suite: expected a suite of Debian, found 13"),
        ("stand-ins: [{name: a, for: [b]}, {name: a, for: [c]}]\n", "a is there twice"),
        ("stand-ins: [{name: a, for: [b]}, {name: c, for: [b]}]\n", "b is there twice"),
        ("stand-ins: [\n", "is no YAML"),
    ],
)
def test_a_wrong_declaration_is_named_by_file_and_field(folder: Path, text: str, message: str) -> None:
    (folder / "stand-ins.yaml").write_text(text)

    with pytest.raises(ImageError, match=rf"^images/stand-ins/stand-ins\.yaml.*{message}"):
        declared()


def test_a_base_that_comes_later_is_an_error(folder: Path) -> None:
    lines = DECLARATIONS.splitlines(keepends=True)
    (folder / "stand-ins.yaml").write_text("".join([lines[0], lines[3], *lines[1:3]]))

    with pytest.raises(ImageError, match="queue/Dockerfile: ARG PYTHON_IMAGE has no stand-in"):
        plans()


def test_a_declaration_without_folder_is_an_error(folder: Path) -> None:
    (folder / "queue/Dockerfile").unlink()

    with pytest.raises(ImageError, match="images/stand-ins/queue/Dockerfile is missing"):
        plans()


def test_a_folder_that_is_not_declared_is_made_and_stands_in_for_nothing(folder: Path, doit: Doit) -> None:
    (folder / "stand-ins.yaml").write_text("".join(DECLARATIONS.splitlines(keepends=True)[:3]))

    assert [one.name for one in undeclared()] == ["queue"]
    assert "queue" not in plans()
    assert "base_images:queue" in doit("list", "--all")[1]


@pytest.mark.usefixtures("project")
def test_nobody_needs_stand_ins() -> None:
    assert stand_ins() == {}


def test_a_failing_step_shows_its_last_twenty_lines() -> None:
    with pytest.raises(ImageError) as caught:
        roots._run(["sh", "-c", "seq 30; exit 3"])

    first, *lines = str(caught.value).splitlines()
    assert first == "sh -c seq 30; exit 3: exit status 3"
    assert lines == [f"  {number}" for number in range(11, 31)]


def test_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(ImageError, match="needs root: run `doit base_images` as root"):
        roots.check()


def test_debootstrap_and_debians_keys_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match="apt-get install debootstrap"):
        roots.check()
    (tmp_path / "debootstrap").touch(mode=0o755)
    monkeypatch.setattr(roots, "_KEYRING", tmp_path / "none.gpg")
    with pytest.raises(ImageError, match="apt-get install debian-archive-keyring"):
        roots.check()


@pytest.mark.usefixtures("folder")
def test_doit_lists_a_task_for_each(doit: Doit) -> None:
    status, shown = doit("list", "--all")

    assert status == 0
    assert [" ".join(line.split()) for line in shown.splitlines()[1:]] == [
        "base_images:debian Stand in for DEBIAN_IMAGE.",
        "base_images:python Stand in for PYTHON_IMAGE.",
        "base_images:queue Stand in for queue:7, team/queue.",
    ]


@pytest.mark.usefixtures("folder")
def test_without_an_engine_one_line_says_so(doit: Doit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    status, shown = doit("base_images")

    assert status == 1
    assert shown.count("no Docker engine answers") == 1
    assert "Traceback" not in shown


@pytest.mark.parametrize("words", [("refresh=maybe",), ("fresh=yes",)])
@pytest.mark.usefixtures("folder")
def test_a_wrong_argument_is_an_error(doit: Doit, words: tuple[str, ...]) -> None:
    status, shown = doit("base_images", *words)

    assert status == 3
    assert shown.startswith(f"ERROR: {words[0]}: there is no ")


def test_the_public_images_that_manifests_name_have_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    rendered = "\n".join(path.read_text() for path in ROOT.glob("gitops/dev/*/manifests.yaml"))
    named = set(re.findall(r"image: ((?:postgres|redis|clickhouse/clickhouse-server|minio/minio):\S+)", rendered))

    assert len(named) >= 6
    assert stand_ins_for(named).keys() == {full_name(one) for one in named}


def test_every_folder_of_the_repository_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert undeclared() == ()
    assert yaml.safe_load((ROOT / "images/stand-ins/stand-ins.yaml").read_text())["stand-ins"]
    assert {"DEBIAN_IMAGE", "PYTHON_IMAGE", "NODE_IMAGE"} <= stand_ins().keys()
