"""What a promotion is about to write, noted beside the repository until it is done: what is not, is undone.

A promotion begins with a clean work tree and writes only what tasks write, so what was there before is in its commit.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imbricate.write import TEMPORARY, write_file
from tasks.git import commit, contents_at, own_path, unstage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = "imbricate-promotion.json"


@contextmanager
def noted(files: Sequence[Path], *, keep: bool) -> Iterator[None]:
    """Undo what is written to these files if that fails or is not to be kept; where it is killed, `undo` does later."""
    journal = Path(own_path(_NAME))
    write_file(journal, json.dumps({"commit": commit("HEAD").id, "files": [str(path) for path in files]}))
    try:
        yield
    except BaseException:
        undo()
        raise
    if keep:
        journal.unlink()
    else:
        undo()


def undo() -> list[str]:
    """Undo what was written by a promotion or rollback that did not end; give the files that it was about to write.

    Where there is a new commit since, it was done, or somebody has settled it: nothing is undone then.
    """
    journal = Path(own_path(_NAME))
    if not journal.is_file():
        return []
    begun = json.loads(journal.read_text())
    at = commit("HEAD")
    files: list[str] = begun["files"] if at.id == begun["commit"] else []
    before = contents_at(at, files)
    for name in files:
        _put_back(Path(name), before.get(name))
    if files:
        unstage(files)
    journal.unlink()
    return files


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content.decode())
    for left in path.parent.glob(f"{TEMPORARY}*"):
        left.unlink()
