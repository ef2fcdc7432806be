"""A release as people make one: code → image → dev → staging → prod → rollback, and what goes wrong on the way.

Only the image itself is not built: what `doit build` writes once it has one is written by its own function.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.tasks.stages import ENVIRONMENTS, NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tasks.conftest import Doit

ROOT = Path(__file__).parent.parent.parent
PINS = f"""\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- digest: {OLD}
  name: shop/web
  newName: registry.example.com/shop/web
  newTag: "1"
"""
OVERLAY = "resources:\n- ../../../base/shop\nnamespace: shop\ncomponents:\n- pins\n"
IGNORED = "/tasks\n/imbricate\n/.doit.json\n/.images.lock\n/gitops/.lock\n.imbricate-*\n"
PROMOTION = ("promote", "from=dev", "to=staging", "commit=yes")


def _is_needed(waiver: str) -> bool:
    """Tell whether something is to be waived where images have digests and workloads one replica."""
    return not any(rule in waiver for rule in ("disruption-budget", "image-tag", "image-digest"))


class Repository:
    """The project of these tests, a git repository whose stages have all the old image."""

    def __init__(self, folder: Path, doit: Doit) -> None:
        self.folder = folder
        (folder / "overlays/environments.yaml").write_text(ENVIRONMENTS)
        (folder / ".gitignore").write_text(IGNORED)
        waivers = (folder / "overlays/waivers.yaml").read_text().splitlines(keepends=True)
        (folder / "overlays/waivers.yaml").write_text("".join(line for line in waivers if _is_needed(line)))
        (folder / "images/shop/web").mkdir(parents=True)
        (folder / "images/shop/web/main.py").write_text("print(1)\n")
        for name in ("dev", "staging", "prod"):
            (folder / "overlays" / name / "shop/pins").mkdir(parents=True, exist_ok=True)
            (folder / "overlays" / name / "shop/kustomization.yaml").write_text(OVERLAY)
            self.pins(name).write_text(PINS)
        assert doit("render")[0] == 0
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "a@example.com")
        self.git("config", "user.name", "A")
        self.commit("All stages")

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-qm", message)

    def pins(self, environment: str) -> Path:
        return self.folder / "overlays" / environment / "shop/pins/kustomization.yaml"

    def image(self, environment: str) -> str:
        """Give what is deployed, as a GitOps engine reads it."""
        text = (self.folder / f"gitops/{environment}/shop/manifests.yaml").read_text()
        return text.partition("image: ")[2].partition("\n")[0]

    def images(self) -> list[str]:
        return [self.image(name).rpartition("@")[2] for name in ("dev", "staging", "prod")]

    def files(self) -> dict[str, bytes]:
        """Read all files that git knows or would add, and those that a killed process has left."""
        listed = [*self.git("ls-files").splitlines(), *self.git("ls-files", "--others", "-z").split("\0")]
        found = (self.folder / name for name in listed if name and "__pycache__" not in name)
        return {str(one.relative_to(self.folder)): one.read_bytes() for one in found if one.is_file()}

    def back_to(self, commit: str) -> None:
        self.git("reset", "-q", "--hard", commit)
        self.git("clean", "-qfd")


@pytest.fixture
def repository(project: Path, doit: Doit) -> Repository:
    return Repository(project, doit)


class Zygote:
    """Runs doit in processes that are killed or stopped on the way; tests/tasks/killed.py does it."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "tests.tasks.killed"]
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, *words: str, at: int = 0, by: str = "KILL") -> dict[str, Any]:
        return self._answer({"words": words, "at": at, "by": by})

    def goes_on(self, stopped: dict[str, Any]) -> dict[str, Any]:
        """Let one that was stopped come to its end."""
        return self._answer({"process": stopped["process"]})

    def _answer(self, run: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(run) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        self._process.communicate()


@contextmanager
def _zygote(folder: Path) -> Iterator[Zygote]:
    zygote = Zygote(folder)
    try:
        yield zygote
    finally:
        zygote.end()


@pytest.fixture
def zygote(repository: Repository) -> Iterator[Zygote]:
    with _zygote(repository.folder) as found:
        yield found


def _refused(answer: tuple[int, str]) -> str:
    """Give the text with which a task refused."""
    status, shown = answer
    assert status != 0
    return shown.partition("ERROR: ")[2].strip()


def test_a_release_from_a_change_of_code_to_prod_and_back(repository: Repository, zygote: Zygote, doit: Doit) -> None:
    # A change of code, and the image that is made of it.
    (repository.folder / "images/shop/web/main.py").write_text("print(2)\n")
    repository.commit("Two")
    assert zygote("pin", "2", NEW)["status"] == 0
    assert doit("render", "env=dev")[0] == 0
    assert repository.images() == [NEW, OLD, OLD]
    assert doit("check")[0] == 0

    # Not committed: nothing goes on from what only this machine has.
    text = _refused(doit(*PROMOTION))
    changed = "gitops/dev/shop/manifests.yaml, gitops/rendered.json, overlays/dev/shop/pins/kustomization.yaml"
    assert text == f"the work tree is not clean: commit or stash {changed} and 1 more first"
    repository.commit("The image of it in dev")

    # No stage is left out.
    text = _refused(doit("promote", "from=dev", "to=prod", "commit=yes"))
    assert text == "from=dev to=prod: staging comes between them: dev → staging → prod"
    assert repository.images() == [NEW, OLD, OLD]

    built = repository.git("rev-parse", "HEAD")
    assert doit("promote", "from=dev", "to=staging", "commit=yes")[0] == 0
    assert repository.images() == [NEW, NEW, OLD]
    assert f"Source-Commit: {built}\nImage: shop/web 2@{NEW[:19]}\n" in repository.git("log", "-1", "--format=%B")

    (repository.folder / "base/shop/service.yaml").write_text("a change that is not done\n")
    text = _refused(doit("promote", "from=staging", "to=prod", "commit=yes"))
    assert text == "the work tree is not clean: commit or stash base/shop/service.yaml first"
    repository.git("checkout", "-q", "--", "base")

    assert doit("promote", "from=staging", "to=prod", "commit=yes")[0] == 0
    assert repository.images() == [NEW, NEW, NEW]
    assert doit("check")[0] == 0

    assert doit("rollback", "env=prod", "to=HEAD~1", "commit=yes")[0] == 0
    assert repository.images() == [NEW, NEW, OLD]
    assert repository.git("status", "--porcelain") == ""
    assert doit("check")[0] == 0
    subjects = repository.git("log", "--format=%s", "-4").splitlines()
    assert subjects[0].startswith("Roll back shop in prod to HEAD~1 (")
    assert subjects[1:] == [
        "Promote shop from staging to prod",
        "Promote shop from dev to staging",
        "The image of it in dev",
    ]


def _lasting(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what doit remembers, or was about to, which is made again from nothing."""
    return {name: text for name, text in files.items() if not name.startswith((".doit.json", ".imbricate-"))}


def _in_dev(repository: Repository, zygote: Zygote, doit: Doit) -> str:
    """Put the new image into dev; give the commit."""
    zygote("pin", "2", NEW)
    doit("render", "env=dev")
    repository.commit("The new image in dev")
    return repository.git("rev-parse", "HEAD")


def _killed_at_each_step(
    zygote: Zygote, words: tuple[str, ...], again: Callable[[], None], check: Callable[[int], None]
) -> int:
    """Kill a run before its first step, its second and so on, until one comes to its end; give how many it has."""
    number = 0
    while True:
        number += 1
        again()
        answer = zygote(*words, at=number)
        if answer["status"] == 0:
            return number - 1
        assert answer["status"] == -9, answer["output"]
        check(number)


def test_a_promotion_that_is_killed_at_any_moment_is_undone_and_done_by_the_next(
    repository: Repository, zygote: Zygote, doit: Doit
) -> None:
    base = _in_dev(repository, zygote, doit)
    before = repository.files()
    done = zygote(*PROMOTION)
    assert done["status"] == 0, done["output"]
    after = repository.files()
    ours = {name for name, text in _lasting(after).items() if text != before.get(name)}
    assert ours == {
        "gitops/rendered.json",
        "gitops/staging/shop/manifests.yaml",
        "overlays/staging/shop/pins/kustomization.yaml",
    }
    seen: set[str] = set()

    def check(number: int) -> None:
        now = repository.files()
        for name in ours:  # each is whole: as it was, or as it will be
            assert now[name] in {before[name], after[name]}, f"{name} is half-written after {number} steps"
        answer = zygote(*PROMOTION)
        assert answer["status"] == 0, f"after {number} steps: {answer['output']}"
        seen.add(answer["output"].splitlines()[0])
        assert _lasting(repository.files()) == _lasting(after), f"after {number} steps"
        assert repository.git("status", "--porcelain") == ""
        assert repository.git("log", "--format=%s", f"{base}..") == "Promote shop from dev to staging"

    count = _killed_at_each_step(zygote, PROMOTION, lambda: repository.back_to(base), check)

    assert count > 15
    assert seen == {
        "an earlier promotion or rollback did not come to its end: what it had written is undone",
        f"staging/shop: shop/web 1@{OLD[:19]} → 2@{NEW[:19]}",
        "nothing to do: all is from dev to staging already",
    }


def test_a_rendering_that_is_killed_at_any_moment_is_done_by_the_next(repository: Repository, zygote: Zygote) -> None:
    base = repository.git("rev-parse", "HEAD")
    render = ("render", "env=prod")

    def again() -> None:
        repository.back_to(base)
        deployment = repository.folder / "base/shop/deployment.yaml"
        deployment.write_text(deployment.read_text().replace("8080", "8081"))

    again()
    assert zygote(*render)["status"] == 0
    after = {name: text for name, text in repository.files().items() if name.startswith("gitops/")}

    def check(number: int) -> None:
        answer = zygote(*render)
        assert answer["status"] == 0, f"after {number} steps: {answer['output']}"
        left = {name: text for name, text in repository.files().items() if name.startswith("gitops/")}
        assert {name: text for name, text in left.items() if ".imbricate-" not in name} == after

    assert _killed_at_each_step(zygote, render, again, check) > 10


def test_a_build_that_is_killed_at_any_moment_is_not_taken_for_done(repository: Repository, zygote: Zygote) -> None:
    base = repository.git("rev-parse", "HEAD")
    pin = ("pin", "2", NEW)

    def check(number: int) -> None:
        lock = repository.folder / "images.lock.json"
        is_done = lock.is_file() and json.loads(lock.read_text())["shop/web"]["digest"] == NEW
        assert not is_done or NEW in repository.pins("dev").read_text(), f"after {number} steps"
        assert zygote(*pin)["status"] == 0
        assert NEW in repository.pins("dev").read_text()

    assert _killed_at_each_step(zygote, pin, lambda: repository.back_to(base), check) > 5


def test_of_two_promotions_at_once_one_is_refused_and_one_done(
    repository: Repository, zygote: Zygote, doit: Doit
) -> None:
    base = _in_dev(repository, zygote, doit)
    middle = zygote(*PROMOTION)["steps"] // 2
    repository.back_to(base)
    first = zygote(*PROMOTION, at=middle, by="STOP")

    text = _refused(doit("rollback", "env=staging", "to=HEAD~1", "commit=yes"))
    done = zygote.goes_on(first)

    assert text == "another promotion or rollback is under way in this repository"
    assert done["status"] == 0, done["output"]
    assert repository.images() == [NEW, NEW, OLD]
    assert repository.git("log", "--format=%s", f"{base}..") == "Promote shop from dev to staging"
    assert repository.git("status", "--porcelain") == ""


def test_a_promotion_whose_commit_is_refused_leaves_nothing_behind(
    repository: Repository, zygote: Zygote, doit: Doit
) -> None:
    base = _in_dev(repository, zygote, doit)
    hook = repository.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho no release on Fridays >&2\nexit 1\n")
    hook.chmod(0o755)

    text = _refused(doit(*PROMOTION))

    assert text == "git commit: no release on Fridays"
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("rev-parse", "HEAD") == base


def test_what_doit_remembers_may_be_cut_off(repository: Repository, doit: Doit) -> None:
    memory = repository.folder / ".doit.json"
    memory.write_text(memory.read_text()[:100])

    assert doit("render", "env=prod")[0] == 0
    assert doit("render", "env=prod")[1].splitlines()[-1].startswith("1 up to date in ")
