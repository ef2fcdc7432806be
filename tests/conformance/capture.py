"""Rewrite the last section of cases: with what the real kustomize prints, or with our message where it fails too.

    python -m tests.conformance.capture tests/conformance/cases/prefix-*.txt

Exit status 1 when our outcome differs from kustomize's: such a case is written as kustomize has it all the same.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.harness import OUTCOMES, Outcome, ours, read_case, theirs, write_files


def capture(path: Path) -> str:
    """Rewrite one case; give what is wrong with it, empty when we and kustomize agree."""
    text = path.read_text(encoding="utf-8")
    case = read_case(text)
    with tempfile.TemporaryDirectory() as folder:
        tree = write_files(Path(folder).resolve(), case.files)
        expected, found = theirs(tree, case.flags), ours(tree, case.flags)
    if expected.kind == "error":
        wanted = found if found.kind == "error" else Outcome("error", "kustomize fails, imbricate does not\n")
        problem = "" if found.kind == "error" else f"kustomize fails, we do not: {expected.text.strip()[:600]}"
    else:
        wanted = expected
        problem = "" if found == expected else f"differs:\n--- ours\n{found.text}--- kustomize\n{expected.text}"
    path.write_text(_without_outcome(text) + f"-- {wanted.kind} --\n{wanted.text}", encoding="utf-8")
    return problem


def _without_outcome(text: str) -> str:
    for kind in OUTCOMES:
        text = text.partition(f"-- {kind} --\n")[0]
    return text if text.endswith("\n") else text + "\n"


def main(arguments: list[str]) -> int:
    """Capture each case; give the exit status."""
    problems = [(path, problem) for path in map(Path, arguments) if (problem := capture(path))]
    for path, problem in problems:
        sys.stdout.write(f"{path}: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
