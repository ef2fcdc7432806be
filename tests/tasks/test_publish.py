"""doit publish: what is packed, what is refused, and what a real registry has afterwards."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import tarfile
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tasks.cluster.programs import of_addon
from tasks.publishing import layer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tasks.conftest import Doit

ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
CONFIG = "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
WHEN = {"GIT_COMMITTER_DATE": "2026-02-03T04:05:06+01:00", "GIT_AUTHOR_DATE": "2026-02-03T04:05:06+01:00"}


def _git(*words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", *who, *words], env={**os.environ, **WHEN}, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def committed(project: Path, doit: Doit) -> str:
    """Render the project, commit it; give the commit."""
    assert doit("render")[0] == 0
    (project / ".gitignore").write_text("__pycache__\n.doit.json*\ngitops/.lock\n")
    _git("init", "-q", "-b", "main")
    _git("remote", "add", "origin", "https://somebody:token@git.example.com/shop.git")
    _git("add", "-A")
    _git("commit", "-q", "-m", "All")
    return _git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def program() -> Path:
    part = of_addon("registry")
    if not part.folder.is_dir():
        pytest.skip("the registry's program is not built; doit cluster_up builds it")
    return part.folder / "registry"


@pytest.fixture
def registry(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a registry; give its address."""
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{one.getsockname()[1]}"
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder / "data", port=host.rpartition(":")[2]))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", folder / "config.yaml"], stdout=log, stderr=log)
    try:
        _wait(f"http://{host}/v2/")
        yield host
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - http
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def _got(url: str) -> tuple[bytes, str]:
    asked = urllib.request.Request(url, headers=ACCEPT)  # noqa: S310 - http
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
        return answer.read(), answer.headers["Docker-Content-Digest"]


def _manifest(registry: str, tag: str) -> tuple[dict[str, Any], str]:
    content, digest = _got(f"http://{registry}/v2/platform/gitops/manifests/{tag}")
    return json.loads(content), digest


def test_files_are_packed_alike_whatever_their_order() -> None:
    one = layer_of({"gitops/a": b"1", "gitops/b": b"2"})
    other = layer_of({"gitops/b": b"2", "gitops/a": b"1"})

    assert one == other
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(one))) as archive:
        assert [(m.name, m.mode, m.uid, m.uname) for m in archive] == [(f"gitops/{n}", 0o644, 0, "") for n in "ab"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "env= is missing: expected the one environment to publish; known: dev, prod"),
        (("env=dev,prod",), "env=dev,prod: expected the one environment to publish; known: dev, prod"),
        (("env=prod",), "to= is missing: expected REGISTRY/PATH, such as registry.example.com/platform/gitops-prod"),
        (
            ("env=prod", "to=registry.example.com/a:1"),
            "to=registry.example.com/a:1: expected REGISTRY/PATH, such as registry.example.com/platform/gitops-prod",
        ),
        (
            ("env=prod", "to=platform/gitops"),
            "to=platform/gitops: expected REGISTRY/PATH, such as registry.example.com/platform/gitops-prod",
        ),
        (
            ("env=prod", "to=localhost:1/a", "tag=a b"),
            "tag=a b: expected letters, digits, '.', '_' and '-', at most 128 of them",
        ),
    ],
)
@pytest.mark.usefixtures("committed")
def test_what_cannot_be_published_is_refused_in_one_line(doit: Doit, arguments: tuple[str, ...], message: str) -> None:
    status, shown = doit("publish", *arguments)

    assert status == 1
    assert f" ERROR: {message}\n" in shown


@pytest.mark.usefixtures("committed")
def test_what_no_commit_has_is_not_published(project: Path, doit: Doit) -> None:
    (project / "gitops/prod/shop/manifests.yaml").write_text("edited\n")

    status, shown = doit("publish", "env=prod", "to=localhost:1/a")

    assert status == 1
    expected = "gitops/prod/shop/manifests.yaml: not committed; what is published is what a commit has"
    assert f" ERROR: {expected}\n" in shown


@pytest.mark.usefixtures("committed")
def test_a_shallow_clone_is_refused(project: Path, doit: Doit) -> None:
    (project / ".git/shallow").write_text(_git("rev-parse", "HEAD") + "\n")

    status, shown = doit("publish", "env=prod", "to=localhost:1/a")

    assert status == 1
    expected = "this is a shallow clone, which does not know when something was changed last; fetch it whole"
    assert f" ERROR: {expected}\n" in shown


def test_an_artifact_has_the_environment_and_says_where_it_is_from(registry: str, doit: Doit, committed: str) -> None:
    status, shown = doit("publish", "env=prod", f"to={registry}/platform/gitops")

    found, digest = _manifest(registry, committed[:12])
    layer = gzip.decompress(_got(f"http://{registry}/v2/platform/gitops/blobs/{found['layers'][0]['digest']}")[0])
    assert status == 0, shown
    assert f"{registry}/platform/gitops:{committed[:12]} pushed: {digest}" in shown
    assert found["config"]["mediaType"] == "application/vnd.cncf.flux.config.v1+json"
    assert found["layers"][0]["mediaType"] == "application/vnd.cncf.flux.content.v1.tar+gzip"
    assert found["annotations"] == {
        "org.opencontainers.image.created": "2026-02-03T03:05:06Z",
        "org.opencontainers.image.revision": f"sha1:{committed}",
        "org.opencontainers.image.source": "https://git.example.com/shop.git",
    }
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        assert archive.getnames() == ["gitops/prod/shop/manifests.yaml"]


def test_the_same_content_is_the_same_artifact_after_another_commit(
    registry: str, project: Path, doit: Doit, committed: str
) -> None:
    doit("publish", "env=prod", f"to={registry}/platform/gitops")
    _, digest = _manifest(registry, committed[:12])
    (project / "notes.txt").write_text("something else\n")
    _git("add", "notes.txt")
    _git("commit", "-q", "-m", "Notes")

    status, shown = doit("publish", "env=prod", f"to={registry}/platform/gitops")

    assert status == 0
    assert f"{registry}/platform/gitops:{committed[:12]} is there: {digest}" in shown.splitlines()


@pytest.mark.usefixtures("committed")
def test_a_tag_stays_and_latest_moves(registry: str, project: Path, doit: Doit) -> None:
    to = f"to={registry}/platform/gitops"
    for tag in ("v1", "latest"):
        assert doit("publish", "env=prod", to, f"tag={tag}")[0] == 0
    _, old = _manifest(registry, "v1")
    (project / "overlays/prod/shop/strategy.yaml").unlink()
    kustomization = project / "overlays/prod/shop/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().partition("patches:")[0])
    assert doit("render")[0] == 0
    _git("commit", "-q", "-a", "-m", "Change")

    refused, why = doit("publish", "env=prod", to, "tag=v1")
    moved, shown = doit("publish", "env=prod", to, "tag=latest")

    _, new = _manifest(registry, "latest")
    assert (refused, moved) == (1, 0)
    assert f" ERROR: {registry}/platform/gitops:v1 is {old} there, and {new} here: this tag is never moved\n" in why
    assert _manifest(registry, "v1")[1] == old != new
    assert f"{registry}/platform/gitops:latest pushed, moved from {old}: {new}" in shown
    assert (
        f"the tag latest moves: pin {registry}/platform/gitops@{new} where a delivery has to stay as it is"
        in shown.splitlines()
    )


@pytest.mark.usefixtures("committed")
def test_a_registry_that_is_not_there_is_told_in_one_line(doit: Doit) -> None:
    status, shown = doit("publish", "env=prod", "to=127.0.0.1:9/platform/gitops", "tag=v1")

    assert status == 1
    assert "127.0.0.1:9/platform/gitops:v1 cannot be pushed: " in shown
    assert "Traceback" not in shown
