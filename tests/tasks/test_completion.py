"""What Tab makes of a command line: the candidates, and then in bash and zsh on a terminal of their own."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tasks.completion.imbricate_words import words_of
from tasks.completion.task import script

if TYPE_CHECKING:
    from tests.tasks.conftest import Doit, Server

SECONDS = 20


class Candidates(Protocol):
    """Gives the candidates for the last word of a line."""

    def __call__(self, line: str) -> list[str]: ...


@pytest.fixture
def candidates(project: Path, server: Server) -> Candidates:
    """Ask as the scripts do."""

    def ask(line: str) -> list[str]:
        status, printed = server.run("tasks.completion", project, line)
        assert status == 0, printed
        return printed.split()

    return ask


LINES = {
    "doit rend": ["render"],
    "doit ren ": None,
    "doit li": ["list"],
    "doit list re": ["render", "report"],
    "doit render ": ["env=", "system="],
    "doit render env=dev ": ["system="],
    "doit -n 2 render e": ["env="],
    "doit render env=": ["env=dev", "env=prod"],
    "doit render env=p": ["env=prod"],
    "doit render env=prod,": ["env=prod,dev"],
    "doit render env=prod,d": ["env=prod,dev"],
    "doit render env=x": [],
    "doit check system=": ["system=shop"],
    "doit new system=": [],
    "doit render:": ["render:dev/shop", "render:ownership", "render:prod/shop"],
    "doit render:p": ["render:prod/shop"],
    "doit render:prod/shop e": ["env="],
    "doit promote ": ["commit=", "dry_run=", "from=", "system=", "to="],
    "doit promote from=dev to=": ["to=dev", "to=prod"],
    "doit rollback env=prod to=": [],
    "doit diff against=": ["against=dev", "against=live", "against=prod"],
    "doit diff format=": ["format=json", "format=markdown", "format=text"],
    "doit impact format=l": ["format=list"],
    "doit check cache=": ["cache=no", "cache=yes"],
    "doit build bases=": ["bases=published", "bases=stand-ins"],
    "doit bench shape=a": ["shape=all", "shape=apps"],
    "doit completion shell=": ["shell=bash", "shell=zsh"],
    "doit list --al": ["--all"],
    "/some/where/.venv/bin/doit render env=d": ["env=dev"],
    "doit": [],
    "imbricate l": ["lock"],
    "imbricate build --enable-h": ["--enable-helm"],
    "imbricate build --load-restrictor ": ["LoadRestrictionsNone", "LoadRestrictionsRootOnly"],
    "imbricate build over": [],
    "imbricate version -o ": ["json", "yaml"],
    "imbricate help b": ["build"],
    "imbricate edit ": ["add", "fix", "remove", "set"],
    "imbricate edit set name": ["nameprefix", "namespace", "namesuffix"],
    "imbricate edit add resource --": ["--help", "--no-verify"],
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES)
def test_candidates(candidates: Candidates, line: str, expected: list[str] | None) -> None:
    found = candidates(line)

    if expected is None:  # no task of that name is there, so it could be anything
        assert {"render", "check"} <= set(found)
    else:
        assert found == expected


def test_first_come_all_tasks_and_commands(candidates: Candidates, doit: Doit) -> None:
    tasks = {line.split()[0] for line in doit("list")[1].splitlines()}

    assert tasks | {"list", "clean", "info"} <= set(candidates("doit "))


def test_imbricate_is_completed_everywhere_and_doit_only_in_its_folder(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "dodo.py").write_text("raise SystemExit('this must not run')\n")
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "tasks.completion"]

    found = [
        subprocess.run([*command, line], cwd=elsewhere, env=environment, capture_output=True, text=True, check=True)
        for line in ("doit re", "imbricate bu")
    ]

    assert [(one.stdout.strip(), one.stderr) for one in found] == [("", ""), ("build", "")]


def test_a_broken_repository_is_no_answer_and_no_error(project: Path, candidates: Candidates) -> None:
    (project / "overlays/environments.yaml").write_text("environments: 1\n")

    assert candidates("doit render env=") == []


def test_hidden_flags_stay_hidden() -> None:
    assert "--stack-trace" not in words_of(["build"], "--")
    assert "--reorder" not in words_of(["build"], "--")


def test_an_unknown_shell_is_an_error(doit: Doit) -> None:
    status, output = doit("completion", "shell=fish")

    assert status != 0
    assert "shell=fish: there is no value 'fish'; known: bash, zsh" in output


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_paths_are_quoted(shell: str) -> None:
    text = script(shell, Path("/a b/$(touch x)"), "/c d/python")

    assert "PYTHONPATH='/a b/$(touch x)' '/c d/python' -P -m tasks.completion" in text


class Terminal:
    """A shell on a terminal, to which keys are sent."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=str(folder), PYTHONDONTWRITEBYTECODE="1", PS1="", PROMPT="")
            os.execvp(command[0], command)  # noqa: S606 - a shell is what is tested

    def until(self, text: str, keys: str) -> str:
        """Send keys; give what is shown until a text stands there."""
        os.write(self._terminal, keys.encode())
        shown, end = "", time.monotonic() + SECONDS
        while text not in shown:
            if not select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))[0]:
                pytest.fail(f"no {text!r} within {SECONDS} s, only {shown!r}")
            shown += os.read(self._terminal, 4096).decode(errors="replace")
        return shown

    def close(self) -> None:
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


TYPED = {  # what is typed before Tab → the arguments that the program gets
    "doit rend": "<render>",
    "doit render en\tst": "<render><env=staging>",
    "doit render env=dev,st": "<render><env=dev,staging>",
    "doit render env=dev sys\tsh": "<render><env=dev><system=shop>",
    "doit render:staging/s": "<render:staging/shop>",
    "imbricate bui": "<build>",
    "imbricate build --enable-h": "<build><--enable-helm>",
    "imbricate edit set namesp": "<edit><set><namespace>",
    "imbricate build ba": "<build><base",  # zsh takes the slash away again
}
SHELLS = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}
STAGING = '- {name: staging, cluster: s.example.com, kubernetes: "1.34", secrets: external}\n'


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_in_a_real_shell(project: Path, doit: Doit, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not here")
    environments = project / "overlays/environments.yaml"
    environments.write_text(environments.read_text() + STAGING)
    shutil.copytree(project / "overlays/dev/shop", project / "overlays/staging/shop")
    status, output = doit("completion", f"shell={shell}")
    assert status == 0
    (project / "completion").write_text(output)
    shown = "".join(f"{name}() {{ printf '<%s>' \"$@\"; echo; }}\n" for name in ("doit", "imbricate"))
    (project / "programs").write_text(shown)

    terminal = Terminal([shell, *SHELLS[shell]], project)
    try:
        terminal.until("ready\r", "source ./completion; source ./programs; echo rea''dy\n")
        for typed, expected in TYPED.items():
            terminal.until(expected if expected.endswith("e") else f"{expected}\r", f"{typed}\t\n")
    finally:
        terminal.close()
