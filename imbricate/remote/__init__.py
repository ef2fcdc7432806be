"""Bases and files that lie elsewhere: in a git repository or at a URL. Off unless the user allows it.

    spec      what an entry means: repository, ref and path in it
    access    what a build asks: lock first, then cache, then network
    lockfile  imbricate.lock: which commit, and which bytes, each entry stands for
    cache     trees and files that were fetched, named by what they hold
    git       runs git
    web       reads URLs

A build of local files imports this module alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate.errors import LoadError

if TYPE_CHECKING:
    from imbricate.remote.spec import RepoSpec

OFF = "is remote, which is off: allow it with --allow-remote, or bring it into the repository and name its path"
_REMOTE = re.compile(r"^(?:git::)?(?:(?:https?|ssh|file)://|[a-z][a-z0-9-]*@[^/:]*[/:]|github\.com[/:])", re.IGNORECASE)
# Compiled when a message needs them.
_LOGIN = r"(?<=//)([^/@:]*):[^/@]*@"
_HIDDEN = r"(?i)([?&][^=&]*(?:token|secret|sig|key|password|credential)[^=&]*=)[^&]*"


class UnreadableError(LoadError):
    """A URL that gives nothing that could be read."""


def is_remote(path: str) -> bool:
    """Tell whether an entry may name a repository or a URL rather than a path; `spec.parse` knows for sure."""
    return _REMOTE.match(path) is not None


def is_url(path: str) -> bool:
    """Tell whether an entry is read over http or https where a file is expected (kustomize: IsRemoteFile)."""
    return path[:4].lower() == "http" and path[:8].lower().startswith(("http://", "https://"))


def redacted(url: str) -> str:
    """Give a URL without the password or token that it may hold, for messages and the lock."""
    if "//" not in url and "?" not in url and "&" not in url:
        return url
    return re.sub(_HIDDEN, r"\1***", re.sub(_LOGIN, r"\1:***@", url))


def spec_of(path: str) -> RepoSpec | None:
    """Give the repository that an entry names, None for a local path or a mere URL."""
    if not is_remote(path):
        return None
    from imbricate.remote.spec import parse  # noqa: PLC0415 - most entries are local

    return parse(path)
