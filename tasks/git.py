"""What git knows: files as they were at a commit, and which have changed since; and commits that tasks make.

Nothing is ever checked out.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class GitError(Exception):
    """What git cannot do; the text is one line."""


class Commit(NamedTuple):
    """A commit: as it was asked for, and its id."""

    asked: str
    id: str

    def __str__(self) -> str:
        """Give both, the id shortened."""
        return self.asked if self.asked.startswith(self.id[:7]) else f"{self.asked} ({self.id[:7]})"


def commit(ref: str) -> Commit:
    """Find the commit that a ref names. Raises GitError."""
    try:
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitError as error:
        if "not a git repository" in str(error):
            raise GitError("this is no git repository, so there are no commits to compare with") from None
        raise GitError(str(error) or f"git knows no commit {ref!r}") from None
    return Commit(ref, found.decode().strip())


def merge_base(ref: str) -> Commit:
    """Find where the work tree's branch left the one that `ref` names. Raises GitError."""
    other = commit(ref)
    try:
        found = _git("merge-base", other.id, "HEAD").decode().strip()
    except GitError:
        raise GitError(f"{ref!r} and HEAD have no commit in common; a shallow clone needs a deeper one") from None
    return Commit(ref, found)


def files_at(at: Commit, folder: str) -> list[str]:
    """List the files below a folder of this one as they were at a commit."""
    listed = _git("ls-tree", "-r", "-z", "--name-only", at.id, "--", f"{folder}/").decode("utf-8", "surrogateescape")
    return [path for path in listed.split("\0") if path]


def contents_at(at: Commit, paths: list[str]) -> dict[str, bytes]:
    """Read files as they were at a commit; one that was not there is left out. Raises GitError."""
    asked = [path for path in paths if "\n" not in path]
    names = "".join(f"{at.id}:./{path}\n" for path in asked).encode("utf-8", "surrogateescape")
    answer = _git("cat-file", "--batch", given=names)
    found: dict[str, bytes] = {}
    start = 0
    for path in asked:
        end = answer.index(b"\n", start)
        head = answer[start:end].split(b" ")
        start = end + 1
        if head[-1].isdigit() and head[-2] == b"blob":
            found[path] = answer[start : start + int(head[-1])]
        if head[-1].isdigit():
            start += int(head[-1]) + 1
    return found


def changed_since(base: Commit) -> list[str]:
    """List the files of this folder that differ between a commit and the work tree, untracked ones included."""
    tracked = _git("diff", "--name-only", "--no-renames", "--relative", "-z", base.id, "--")
    untracked = _git("ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*_names(tracked), *_names(untracked)})


def uncommitted() -> list[str]:
    """List the files of the whole work tree that differ from its commit, untracked ones included. Raises GitError."""
    return [
        line[3:] for line in _git("status", "--porcelain", "-z").decode("utf-8", "surrogateescape").split("\0") if line
    ]


def commit_files(paths: Sequence[str], message: str) -> Commit:
    """Commit just these files. Raises GitError."""
    _git("add", "--", *paths)
    _git("commit", "--quiet", "--message", message, "--", *paths)
    return commit("HEAD")


def unstage(paths: Sequence[str]) -> None:
    """Have the next commit leave these files as they are in the last one. Raises GitError."""
    _git("reset", "--quiet", "HEAD", "--", *paths)


def last_change(folder: str) -> tuple[Commit, str]:
    """Find the last commit that changed a folder, and when it was made (ISO 8601). Raises GitError.

    A shallow clone does not know it.
    """
    if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise GitError("this is a shallow clone, which does not know when something was changed last; fetch it whole")
    found = _git("log", "-1", "--format=%H %cI", "HEAD", "--", folder).decode().split()
    if not found:
        raise GitError(f"no commit has anything in {folder}")
    return Commit(found[0], found[0]), found[1]


def origin() -> str:
    """Give where the repository was cloned from, without a user or password of a web address; empty if nowhere."""
    try:
        url = _git("config", "--get", "remote.origin.url").decode().strip()
    except GitError:
        return ""
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)


def own_path(name: str) -> str:
    """Give where git keeps a file of this name for this work tree. Raises GitError outside of a repository."""
    return _git("rev-parse", "--git-path", name).decode().strip()


def _names(listed: bytes) -> list[str]:
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def _git(*arguments: str, given: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            input=given,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(f"git {arguments[0]}: {lines[0]}" if lines else "")
    return done.stdout
