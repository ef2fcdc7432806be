"""`doit build` with a real engine: what is built again when something changes, and what never is the same twice."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.tasks.conftest import ROOT, doit, project, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

    from tests.tasks.conftest import Doit

__all__ = ["doit", "project", "server"]

pytestmark = pytest.mark.docker

SYSTEM = "imbricate-builder"
DOCKERFILE = """\
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim@sha256:{digest}
FROM $DEBIAN_IMAGE AS build
COPY {system}/{service}/packages.txt /app/
RUN cp /app/packages.txt /app/installed
FROM build AS test
COPY {system}/{service}/main.sh /app/
RUN sh -n /app/main.sh
FROM build
COPY {system}/{service}/main.sh /app/
{last}
USER 1000:1000
ENTRYPOINT ["sh", "/app/main.sh"]
"""


@pytest.fixture
def write(project: Path, engine: DockerClient) -> Iterator[Callable[..., None]]:
    """Write images into the project; they are removed from the engine afterwards."""
    shutil.copytree(ROOT / "images/stand-ins", project / "images/stand-ins")
    pins = project / "overlays/dev" / SYSTEM / "pins/kustomization.yaml"
    pins.parent.mkdir(parents=True)
    pins.write_text("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: []\n")
    (pins.parent.parent / "kustomization.yaml").write_text("components:\n- pins\n")
    names = []

    def write_image(service: str, last: str = "RUN true") -> None:
        folder = project / "images" / SYSTEM / service
        folder.mkdir(parents=True)
        text = DOCKERFILE.format(digest="0" * 64, system=SYSTEM, service=service, last=last)
        (folder / "Dockerfile").write_text(text)
        (folder / "Dockerfile.dockerignore").write_text(f"*\n!{SYSTEM}/{service}\n")
        (folder / "main.sh").write_text("echo ready\n")
        (folder / "packages.txt").write_text("one==1\n")
        (project / "images/budgets.yaml").write_text("default: 900\n")
        names.append(f"{SYSTEM}/{service}")

    yield write_image
    for image in engine.images.list():
        if any(tag.partition(":")[0] in names for tag in image.tags):
            engine.images.remove(str(image.id), force=True)


def _build(doit: Doit) -> None:
    status, output = doit("build", "bases=stand-ins")
    assert status == 0, output


def _ran(output: str) -> list[str]:
    """Give the instructions that were run, not taken from an earlier build."""
    return re.findall(r"\d+/\d+  ((?:RUN|COPY) .*?)  \(", output)


def _locked(project: Path) -> dict[str, str]:
    return {name: entry["digest"] for name, entry in json.loads((project / "images.lock.json").read_text()).items()}


def test_nothing_is_built_when_nothing_changed(write: Callable[..., None], doit: Doit) -> None:
    write("api")

    _build(doit)
    output = doit("build", "bases=stand-ins")[1]

    assert re.fullmatch(r"imbricate-builder-api +up to date\n1 up to date in \d\.\d\d s\n", output)


def test_one_line_of_source_builds_one_image_and_none_of_its_dependencies(
    write: Callable[..., None],
    project: Path,
    doit: Doit,
) -> None:
    write("api")
    write("worker")
    _build(doit)
    before = _locked(project)
    (project / "images" / SYSTEM / "api/main.sh").write_text("echo done\n")

    status, output = doit("build", "bases=stand-ins")

    assert status == 0, output
    assert output.endswith(" s\n")
    assert "1 built, 1 up to date in " in output
    assert not [line for line in _ran(output) if "packages.txt" in line]
    after = _locked(project)
    assert [name for name in after if after[name] != before[name]] == [f"{SYSTEM}/api"]


def test_a_build_without_cache_gives_the_same_digest(
    write: Callable[..., None],
    project: Path,
    doit: Doit,
) -> None:
    write("api")
    _build(doit)
    before = _locked(project)

    status, output = doit("build", "bases=stand-ins", "cache=no")

    assert status == 0, output
    assert [line for line in _ran(output) if "installed" in line]
    assert _locked(project) == before


def test_what_differs_from_build_to_build_is_refused(
    write: Callable[..., None],
    project: Path,
    doit: Doit,
) -> None:
    write("api", last="RUN cat /proc/sys/kernel/random/uuid > /app/id")
    _build(doit)
    before = _locked(project)

    status, output = doit("build", "bases=stand-ins", "cache=no")

    assert status == 1
    name = f"images/{SYSTEM}/api/Dockerfile"
    expected = (
        rf"ERROR: {name}: built anew from the same inputs it is sha256:\w{{64}}, and images\.lock\.json "
        rf"has {before[f'{SYSTEM}/api']}: a step writes something that differs from run to run\n"
    )
    assert re.search(expected, output), output
    assert _locked(project) == before


def test_a_failing_step_shows_its_last_output_and_leaves_no_tag(
    write: Callable[..., None],
    project: Path,
    doit: Doit,
    engine: DockerClient,
) -> None:
    write("api", last="RUN echo the disk is full >&2 && exit 3")

    status, output = doit("build", "bases=stand-ins")

    assert status == 1
    assert "returned a non-zero code: 3" in output
    assert "ERROR:   the disk is full" in output
    assert not (project / "images.lock.json").exists()
    assert not [tag for one in engine.images.list() for tag in one.tags if tag.startswith(f"{SYSTEM}/")]
