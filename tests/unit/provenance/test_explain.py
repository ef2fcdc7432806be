"""Every case of cases/: a tree, what is asked of it, and the answer in full.

A case begins with `# explain: DIR REF [FIELD]`, the arguments of `imbricate explain`, and ends with the section
`-- explained --`: what it prints, or the error. `python -m tests.unit.provenance.test_explain FILE` writes that
section, to be read with the tree beside it.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from imbricate import cli
from tests.conformance.harness import sections, write_files

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
_ASKED = "# explain:"
_ANSWER = "explained"


class _Output(io.StringIO):
    """A standard output that takes bytes, too."""

    @property
    def buffer(self) -> _Output:  # type: ignore[override]
        return self

    def write(self, text: str | bytes) -> int:  # type: ignore[override]
        return super().write(text.decode() if isinstance(text, bytes) else text)


def _answer(folder: Path, arguments: list[str]) -> str:
    output = _Output()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        cli.main(["explain", *arguments])
    return output.getvalue()


def _read(path: Path) -> tuple[list[str], dict[str, str]]:
    before, files = sections(path.read_text(encoding="utf-8"))
    return shlex.split(before.strip().removeprefix(_ASKED)), files


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    arguments, files = _read(path)
    expected = files.pop(_ANSWER)

    assert _answer(write_files(tmp_path, files), arguments) == expected


def _capture(path: Path) -> None:
    arguments, files = _read(path)
    files.pop(_ANSWER, None)
    with tempfile.TemporaryDirectory() as folder:
        answer = _answer(write_files(Path(folder), files), arguments)
    text = path.read_text(encoding="utf-8").partition(f"-- {_ANSWER} --\n")[0]
    path.write_text(f"{text}-- {_ANSWER} --\n{answer}", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _capture(Path(name))
