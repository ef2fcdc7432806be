"""The git repository that a promotion changes: whether it is clean, what a file was at a commit, the commit made."""

from __future__ import annotations

import fcntl
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.promotion.errors import PromotionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN = 3


def git(*words: str) -> str:
    """Run git; give what it printed. Raises PromotionError with git's own words."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607 - a list
    except OSError as error:
        raise PromotionError(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PromotionError(f"git {words[0]}: {said[0] if said else f'status {done.returncode}'}")
    return done.stdout


def check_clean() -> None:
    """Raise PromotionError where the work tree differs from its commit."""
    changed = [line[3:] for line in git("status", "--porcelain").splitlines()]
    if changed:
        shown = ", ".join(changed[:_SHOWN]) + (f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else "")
        raise PromotionError(f"the work tree is not clean: commit or stash {shown} first")


def head() -> str:
    """Give the commit that the work tree stands on."""
    return git("rev-parse", "HEAD").strip()


def commit_of(reference: str) -> str:
    """Give the commit that a reference names. Raises PromotionError where it names none."""
    try:
        return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}").strip()
    except PromotionError:
        raise PromotionError(f"to={reference}: git knows no such commit, tag or branch") from None


def text_at(commit: str, path: Path) -> str | None:
    """Give a file's text at a commit, None where it was not there."""
    listed = git("ls-tree", "--name-only", "--full-tree", commit, "--", _from_top(path))
    return git("show", f"{commit}:{_from_top(path)}") if listed.strip() else None


def _from_top(path: Path) -> str:
    return git("rev-parse", "--show-prefix").strip() + path.as_posix()


def commit(paths: Sequence[Path], message: str) -> str:
    """Commit just these files; give the new commit."""
    names = [str(path) for path in paths]
    git("add", "--", *names)
    git("commit", "--quiet", "--message", message, "--", *names)
    return head()


@contextmanager
def alone() -> Iterator[None]:
    """Keep a second promotion out of this repository. Raises PromotionError where one is under way."""
    with Path(git("rev-parse", "--git-path", "imbricate-promotion").strip()).open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PromotionError("another promotion or rollback is under way in this repository") from None
        yield
