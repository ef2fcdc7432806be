"""Rewrite what follows the files of cases: the files as the real kustomize leaves them, and what we print.

    python -m tests.unit.edit.capture tests/unit/edit/cases/set-image-*.txt

Exit status 1 when we leave other files, or another exit status: such a case is written as kustomize has it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.unit.edit.harness import ours, read_case, theirs

_OUTCOME = re.compile(r"^-- (?:after/\S+|out|err) --\n", re.MULTILINE)


def capture(path: Path) -> bool:
    """Rewrite one case; tell whether we and kustomize agree."""
    text = path.read_text(encoding="utf-8")
    case = read_case(text)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found, expected = ours(Path(one), case), theirs(Path(other), case)
    written = {f"after/{name}": content for name, content in expected.after.items()}
    written |= {"out": found.out, "err": found.err}
    outcome = "".join(f"-- {name} --\n{content}" for name, content in written.items() if content)
    path.write_text(_OUTCOME.split(text)[0] + outcome, encoding="utf-8")
    return found.after == expected.after and bool(found.status) == bool(expected.status)


def main(arguments: list[str]) -> int:
    """Capture each case; give the exit status."""
    different = [path for path in map(Path, arguments) if not capture(path)]
    for path in different:
        sys.stdout.write(f"{path}: differs from kustomize\n")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
