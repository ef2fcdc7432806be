"""Trees of files written as one text, and builds of them: what all tests of the engine share.

A tree is text in sections, `-- path/of/file.yaml --` above each file, `-- run.sh (executable) --` above a program. A
case is a tree with, as its last section, `-- expected --` (what kustomize prints) or `-- error --` (what we say where
kustomize fails as well). It may begin with `# flags: overlay --reorder none`: the arguments of `kustomize build`, its
folder among them (`.` when absent). Its `plugins/` is the plugin home, its `bin/` comes first on PATH.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate import cli
from imbricate.errors import ImbricateError
from imbricate.flags import options_of
from imbricate.results import result_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parent / "cases"
PROGRAMS = Path(__file__).parent / "programs"
KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")
_EXECUTABLE = " (executable)"
_HEADING = re.compile(r"^-- (\S+(?: \(executable\))?) --\n", re.MULTILINE)
_FLAGS = "# flags:"
OUTCOMES = ("expected", "error")


class Outcome(NamedTuple):
    """What a build gave: `expected` with its output, or `error` with its message."""

    kind: str
    text: str


class Case(NamedTuple):
    """A case file, read."""

    flags: tuple[str, ...]
    files: dict[str, str]
    outcome: Outcome | None


def sections(text: str) -> tuple[str, dict[str, str]]:
    """Split a text into what stands before the first heading, and its sections by name."""
    before, *parts = _HEADING.split(text)
    names = parts[::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a section is there twice: {', '.join(names)}")
    return before, dict(zip(names, parts[1::2], strict=True))


def read_case(text: str) -> Case:
    """Read a case file."""
    before, files = sections(text)
    flags = before.strip().removeprefix(_FLAGS) if before.startswith(_FLAGS) else ""
    outcome = next((Outcome(kind, files.pop(kind)) for kind in OUTCOMES if kind in files), None)
    return Case(tuple(shlex.split(flags)) or (".",), files, outcome)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder; give the folder."""
    for name, content in files.items():
        path = folder / name.removesuffix(_EXECUTABLE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
        if name.endswith(_EXECUTABLE):
            path.chmod(0o755)
    return folder


def write_tree(folder: Path, text: str) -> Path:
    """Write a tree below a folder; give the folder."""
    _, files = sections(text)
    if not files:
        raise ValueError("the text has no section: expected lines such as `-- kustomization.yaml --`")
    return write_files(folder, files)


def build(folder: Path, directory: str = ".", *flags: str) -> str:
    """Build a folder of a tree in this process, with the flags of the command line; give the output."""
    arguments = cli._parser().parse_args(["build", directory, *flags])
    with contextlib.chdir(folder):
        return result_of(arguments.directory, options_of(arguments)).content.decode("utf-8", "surrogatepass")


@contextlib.contextmanager
def _programs_of(folder: Path) -> Iterator[None]:
    """Let the programs of a tree be found."""
    before = dict(os.environ)
    os.environ.update(KUSTOMIZE_PLUGIN_HOME=f"{folder}/plugins", PATH=f"{folder}/bin{os.pathsep}{before['PATH']}")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def ours(folder: Path, flags: tuple[str, ...]) -> Outcome:
    """Build a case in this process. Only our own errors are outcomes: anything else is a failure of the test."""
    try:
        with _programs_of(folder):
            return Outcome("expected", build(folder, *flags))
    except ImbricateError as error:
        return Outcome("error", f"{error}\n")


def theirs(folder: Path, flags: tuple[str, ...]) -> Outcome:
    """Build a case with the real kustomize."""
    if KUSTOMIZE is None:
        raise FileNotFoundError("there is no kustomize on PATH, and IMBRICATE_KUSTOMIZE is not set")
    with _programs_of(folder):
        done = subprocess.run([KUSTOMIZE, "build", *flags], cwd=folder, capture_output=True, check=False, text=True)
    return Outcome("error", done.stderr) if done.returncode else Outcome("expected", done.stdout)


def case_files() -> Iterator[Path]:
    """Give the case files in their order."""
    yield from sorted(CASES.glob("*.txt"))


def program_files() -> Iterator[Path]:
    """Give the case files that run programs of their own; they are kept apart from those that tests take to pieces."""
    yield from sorted(PROGRAMS.glob("*.txt"))
