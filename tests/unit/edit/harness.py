"""Edits written as one text each: a tree of files, the edits made in it, and what they change and say.

A case begins with `# edit: set image nginx:2`, one line an edit, the arguments of `kustomize edit`. Then come the
files, `-- kustomization.yaml --` above each; then each file that is different afterwards, as the real kustomize leaves
it, `-- after/kustomization.yaml --`; then what we print, `-- out --` and `-- err --`.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate import cli
from tests.conformance.harness import KUSTOMIZE, sections, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CASES = Path(__file__).parent / "cases"
EDIT = "# edit: "
AFTER = "after/"


class Done(NamedTuple):
    """What edits did: the exit status of the last one, the files that are different, and what was printed."""

    status: int
    after: dict[str, str]
    out: str = ""
    err: str = ""


class Case(NamedTuple):
    """A case file, read."""

    edits: tuple[tuple[str, ...], ...]
    files: dict[str, str]
    expected: Done


def read_case(text: str) -> Case:
    """Read a case file."""
    before, files = sections(text)
    edits = tuple(tuple(shlex.split(line.removeprefix(EDIT))) for line in before.splitlines() if line.startswith(EDIT))
    out, err = files.pop("out", ""), files.pop("err", "")
    after = {name.removeprefix(AFTER): files.pop(name) for name in list(files) if name.startswith(AFTER)}
    return Case(edits, files, Done(1 if "Error: " in err else 0, after, out, err))


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in paths}


def _different(folder: Path, before: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in _files(folder).items() if before.get(name) != text}


def ours(folder: Path, case: Case) -> Done:
    """Make the edits of a case in this process."""
    tree = write_files(folder, case.files)
    before = _files(tree)
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.chdir(tree), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for arguments in case.edits:
            status = status or cli.main(["edit", *arguments])
    return Done(status, _different(tree, before), out.getvalue(), err.getvalue())


def theirs(folder: Path, case: Case) -> Done:
    """Make the edits of a case with the real kustomize."""
    if KUSTOMIZE is None:
        raise FileNotFoundError("there is no kustomize on PATH, and IMBRICATE_KUSTOMIZE is not set")
    tree = write_files(folder, case.files)
    before = _files(tree)
    status = next((code for code in (_run(KUSTOMIZE, tree, one) for one in case.edits) if code), 0)
    return Done(status, _different(tree, before))


def _run(kustomize: str, folder: Path, arguments: Sequence[str]) -> int:
    done = subprocess.run([kustomize, "edit", *arguments], cwd=folder, capture_output=True, check=False)
    return done.returncode


def case_files() -> Iterator[Path]:
    """Give the case files in their order."""
    yield from sorted(CASES.glob("*.txt"))
