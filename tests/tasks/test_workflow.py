"""The workflows of GitHub Actions: what must hold for each, and their scripts run as the runner runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tasks.arguments import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tasks.conftest import Doit

ROOT = Path(__file__).parent.parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yaml"))}
ALL = [*WORKFLOWS.values(), *GITHUB.glob("actions/*/action.yaml")]
each = pytest.mark.parametrize("path", WORKFLOWS.values(), ids=WORKFLOWS)
each_file = pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 - as GitHub: `on` is a text
    return found


def _jobs(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = _read(path)["jobs"]
    return jobs


def _steps(path: Path) -> Iterator[dict[str, Any]]:
    found = _read(path)
    for one in [*found.get("jobs", {}).values(), found.get("runs", {})]:
        yield from one.get("steps", ())


def _script(workflow: str, step: str) -> str:
    return next(str(one["run"]) for one in _steps(WORKFLOWS[workflow]) if one.get("name") == step)


@each
def test_a_workflow_may_nothing_and_each_job_only_what_it_says(path: Path) -> None:
    assert _read(path)["permissions"] == {}
    assert all(job["permissions"] for job in _jobs(path).values())


@each
def test_no_two_runs_are_in_each_others_way(path: Path) -> None:
    assert _read(path)["concurrency"]["group"]
    assert all(int(job["timeout-minutes"]) <= 120 for job in _jobs(path).values())


@each_file
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert re.search(r"uses: (\./\.github/actions/\w+|actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", line), (
                line
            )


@each_file
def test_what_a_person_types_never_becomes_part_of_a_script(path: Path) -> None:
    assert [step["run"] for step in _steps(path) if "${{" in step.get("run", "")] == []


@each
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    checkouts = [step for step in _steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_code_of_a_pull_request_runs_without_a_token_that_can_write() -> None:
    for name, job in _jobs(WORKFLOWS["pull-request"]).items():
        can_write = "write" in job["permissions"].values()
        runs_its_code = any("checkout" in step.get("uses", "") for step in job["steps"])
        assert not (can_write and runs_its_code), name
        assert can_write or "secrets." not in json.dumps(job), name
    assert "pull_request_target" not in WORKFLOWS["pull-request"].read_text()


def test_stages_are_those_of_the_environments() -> None:
    stages = [one["name"] for one in yaml.safe_load((ROOT / "overlays/environments.yaml").read_text())["environments"]]
    promote = _read(WORKFLOWS["promote"])["on"]["workflow_dispatch"]["inputs"]
    rollback = _read(WORKFLOWS["rollback"])["on"]["workflow_dispatch"]["inputs"]

    assert promote["from"]["options"] == stages[:-1]
    assert promote["to"]["options"] == stages[1:]
    assert rollback["env"]["options"] == stages


def test_whoever_approves_is_asked_before_anything_is_moved() -> None:
    assert _jobs(WORKFLOWS["promote"])["promote"]["environment"] == "${{ inputs.to }}"
    assert _jobs(WORKFLOWS["rollback"])["rollback"]["environment"] == "${{ inputs.env }}"
    assert _jobs(WORKFLOWS["promote"])["show"]["permissions"] == {"contents": "read"}


@each
def test_tasks_and_arguments_are_there(path: Path, doit: Doit) -> None:
    tasks = {line.split()[0] for line in doit("list")[1].splitlines()}
    calls = [line for step in _steps(path) for line in step.get("run", "").splitlines() if re.match(r" *doit ", line)]

    for call in calls:
        task = re.match(r' *doit "?(\w+)', call)
        assert task
        assert task[1] in tasks, call
        assert set(re.findall(r"\b(\w+)=", call.split(" > ")[0])) <= set(ARGUMENTS.get(task[1], ())), call


@each
def test_actionlint_finds_nothing(path: Path) -> None:
    actionlint = os.environ.get("IMBRICATE_ACTIONLINT") or shutil.which("actionlint")
    if not actionlint:
        pytest.skip("actionlint is not here: go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7")
    done = subprocess.run([actionlint, str(path)], capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""


# From here on, the scripts run. What is GitHub's own, the program gh and what it reaches, only notes its calls.

GH = """\
#!/bin/sh
echo "$*" >> "$GH_CALLS"
case "$*" in
"api --paginate "*) cat "$GH_ANSWER" 2> /dev/null ;;
esac
exit 0
"""
PINS = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- {{digest: {digest}, name: shop/web, newName: registry.example.com/shop/web, newTag: "1"}}
"""


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


class Runner:
    """Runs scripts in a folder as GitHub's runner does: bash with -e and pipefail, files for what is said."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home
        for program, text in {"gh": GH, "doit": f'#!/bin/sh\nexec {sys.executable} -m doit "$@"\n'}.items():
            (home / program).write_text(text)
            (home / program).chmod(0o755)
        self.environment = {
            "PATH": f"{home}:{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUNNER_TEMP": str(home),
            **{name: str(home / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GH_CALLS", "GH_ANSWER")},
        }

    def __call__(self, script: str, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self._folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def said(self, name: str) -> str:
        path = self._home / name
        return path.read_text() if path.is_file() else ""


@pytest.fixture
def runner(project: Path, doit: Doit, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Give a runner in a repository that has been pushed; dev has a newer image than prod."""
    for environment, digest in (("dev", NEW), ("prod", OLD)):
        overlay = project / "overlays" / environment / "shop"
        (overlay / "pins").mkdir()
        (overlay / "kustomization.yaml").write_text(
            "resources:\n- ../../../base/shop\nnamespace: shop\ncomponents:\n- pins\n"
        )
        (overlay / "pins/kustomization.yaml").write_text(PINS.format(digest=digest))
    (project / ".gitignore").write_text("/tasks\n/imbricate\n/.doit.json\n/gitops/.lock\n/build/\n")
    assert doit("render")[0] == 0
    remote = tmp_path_factory.mktemp("remote")
    _git(remote, "init", "--quiet", "--bare")
    _git(project, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.email", "a@example.com"), ("user.name", "A")):
        _git(project, "config", name, value)
    _git(project, "add", ".")
    _git(project, "commit", "-qm", "All stages")
    _git(project, "remote", "add", "origin", str(remote))
    _git(project, "push", "--quiet", "origin", "main")
    return Runner(project, tmp_path_factory.mktemp("home"))


def test_a_pull_request_tells_what_it_reaches_and_changes(project: Path, runner: Runner) -> None:
    base = _git(project, "rev-parse", "HEAD")
    (project / "base/shop/service.yaml").write_text(
        (project / "base/shop/service.yaml").read_text().replace("port: 80,", "port: 81,")
    )
    image = project / "images/shop/web"
    image.mkdir(parents=True)
    (image / "Dockerfile").write_text("FROM scratch\n")
    (image / "Dockerfile.dockerignore").write_text("*\n!shop/web\n")

    status, output = runner(_script("pull-request", "doit impact, doit diff"), BASE=base)

    assert (status, output) == (0, "")
    assert runner.said("GITHUB_OUTPUT") == 'images=["shop-web"]\nsystems=shop\n'
    assert "port: 81" in (project / "build/comments/diff.md").read_text()
    assert "base/shop/service.yaml" in (project / "build/comments/impact.md").read_text()
    assert "base/shop/service.yaml" in runner.said("GITHUB_STEP_SUMMARY")


def test_a_pull_request_that_changes_nothing_builds_nothing(project: Path, runner: Runner) -> None:
    status, _ = runner(_script("pull-request", "doit impact, doit diff"), BASE=_git(project, "rev-parse", "HEAD"))

    assert status == 0
    assert runner.said("GITHUB_OUTPUT") == "images=[]\nsystems=\n"


def test_a_pull_request_that_cannot_be_rendered_fails(project: Path, runner: Runner) -> None:
    (project / "base/shop/service.yaml").write_text("a: [\n")

    status, output = runner(_script("pull-request", "doit impact, doit diff"), BASE=_git(project, "rev-parse", "HEAD"))

    assert status != 0
    assert "base/shop/service.yaml" in output


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        ("", ["api --silent c --field body=@body.md"]),
        ("7\n9\n", ["api --silent --method PATCH r/issues/comments/7 --field body=@body.md"]),
    ],
    ids=["the first time", "anew"],
)
def test_a_comment_is_written_or_written_anew(project: Path, runner: Runner, answer: str, calls: list[str]) -> None:
    for name in ("impact.md", "diff.md"):
        (project / name).write_text(f"what {name} says\n")
    Path(runner.environment["GH_ANSWER"]).write_text(answer)

    assert runner(_script("pull-request", "Write the comments, or write them anew"), COMMENTS="c", REPOSITORY="r") == (
        0,
        "",
    )
    written = [line for line in runner.said("GH_CALLS").splitlines() if "--silent" in line]
    assert written == calls * 2
    assert (project / "body.md").read_text() == "what diff.md says\n\n<!-- doit diff -->\n"


def test_a_promotion_is_shown_and_changes_nothing(project: Path, runner: Runner) -> None:
    status, output = runner(_script("promote", "doit promote, without writing"), FROM="dev", TO="prod", SYSTEM="")

    assert status == 0, output
    assert f"{NEW[:19]}" in runner.said("GITHUB_STEP_SUMMARY")
    assert _git(project, "status", "--porcelain") == ""


def test_a_promotion_becomes_a_branch_and_a_pull_request(project: Path, runner: Runner) -> None:
    script = _script("promote", "doit promote")
    status, output = runner(script, FROM="dev", TO="prod", SYSTEM="shop", BRANCH="promote-prod-1", BASE="main")

    assert status == 0, output
    changed = _git(project, "diff", "--name-only", "main~1", "origin/promote-prod-1").splitlines()
    assert changed == [
        "gitops/prod/shop/manifests.yaml",
        "gitops/rendered.json",
        "overlays/prod/shop/pins/kustomization.yaml",
    ]
    assert runner.said("GH_CALLS").splitlines() == [
        "auth setup-git",
        "pr create --head promote-prod-1 --base main --fill",
    ]


def test_a_promotion_of_nothing_opens_nothing(project: Path, runner: Runner) -> None:
    script = _script("promote", "doit promote")
    runner(script, FROM="dev", TO="prod", SYSTEM="", BRANCH="one", BASE="main")

    status, output = runner(script, FROM="dev", TO="prod", SYSTEM="", BRANCH="two", BASE="main")

    assert status == 0, output
    assert _git(project, "ls-remote", "origin", "refs/heads/two") == ""


def test_a_refused_promotion_fails(runner: Runner) -> None:
    status, output = runner(_script("promote", "doit promote, without writing"), FROM="prod", TO="dev", SYSTEM="")

    assert status != 0
    assert "dev" in output


def test_a_system_cannot_smuggle_in_a_command(project: Path, runner: Runner) -> None:
    script = _script("promote", "doit promote, without writing")

    status, _ = runner(script, FROM="dev", TO="prod", SYSTEM="$(touch caught) ;touch caught")

    assert status != 0
    assert not (project / "caught").exists()


def test_a_rollback_becomes_a_branch_and_a_pull_request(project: Path, runner: Runner) -> None:
    first = _git(project, "rev-parse", "HEAD")
    runner(_script("promote", "doit promote"), FROM="dev", TO="prod", SYSTEM="", BRANCH="one", BASE="main")

    script = _script("rollback", "doit rollback")
    status, output = runner(script, ENVIRONMENT="prod", TO=first, SYSTEM="", BRANCH="back", BASE="main")

    assert status == 0, output
    assert _git(project, "diff", "--name-only", first, "origin/back", "--", "gitops") == ""
    assert OLD in _git(project, "show", "origin/back:overlays/prod/shop/pins/kustomization.yaml")
    assert runner.said("GH_CALLS").splitlines()[-1] == "pr create --head back --base main --fill"


def test_new_pins_become_one_branch_and_one_pull_request(project: Path, runner: Runner) -> None:
    pins = project / "overlays/dev/shop/pins/kustomization.yaml"
    pins.write_text(PINS.format(digest=OLD))
    (project / "images.lock.json").write_text("{}\n")
    build = _script("main", "doit build, doit render")
    gathered = build[build.index("mkdir -p build") :]
    assert runner(gathered)[0] == 0
    _git(project, "reset", "--quiet", "--hard")
    (project / "images.lock.json").unlink(missing_ok=True)

    status, output = runner(_script("main", "Propose the pins"), SOURCE="0123456789abcdef")

    assert status == 0, output
    assert _git(project, "diff", "--name-only", "main~1", "origin/pins").splitlines() == [
        "images.lock.json",
        "overlays/dev/shop/pins/kustomization.yaml",
    ]
    assert "pr create --head pins --base main" in runner.said("GH_CALLS")


def test_no_new_pins_are_no_branch(project: Path, runner: Runner) -> None:
    (project / "build").mkdir()
    (project / "build/pins.patch").write_text("")

    assert runner(_script("main", "Propose the pins"), SOURCE="0123") == (0, "nothing to pin\n")
    assert runner.said("GH_CALLS") == ""
