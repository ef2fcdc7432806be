"""Bases and files that lie elsewhere: a git repository or a URL. They are refused."""

from __future__ import annotations

import re
from pathlib import Path

from imbricate.errors import KustomizationError, LoadError

_REMOTE = re.compile(
    r"^(?:git::)?(?:https?|ssh|git|file)://|^(?:git@|gh:|github\.com[/:])|^[\w.-]+@[\w.-]+:", re.IGNORECASE
)


def is_remote(path: str) -> bool:
    """Tell whether an entry names a repository or a URL rather than a path (kustomize: git.NewRepoSpecFromURL)."""
    return _REMOTE.match(path) is not None


def refuse_remote(path: str, file: str = "", field: str = "") -> None:
    """Raise the error for an entry that is remote."""
    message = f"{path!r} is remote, which is not supported: bring it into the repository and name its path"
    if file:
        raise KustomizationError(file, field, message)
    raise LoadError(path, Path.cwd(), "is remote, which is not supported")
