"""imbricate.lock: which commit, and which bytes, each remote entry stands for.

{"version": 1, "entries": {
  "https://example.com/org/repo//base?ref=v1": {"commit": "…", "digest": "…", "ref": "v1", "repository": "…"},
  "https://example.com/crd.yaml": {"sha256": "…"}}}
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.errors import DocumentError
from imbricate.folder import display
from imbricate.nearest import nearest
from imbricate.write import write_file

if TYPE_CHECKING:
    from pathlib import Path

NAME = "imbricate.lock"
VERSION = 1
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RENEW = "write it anew: imbricate lock --update"


class LockedTree(NamedTuple):
    """An entry that is a repository: where it is, which ref was asked for, what that was, and its digest."""

    repository: str
    ref: str
    commit: str
    digest: str


class LockedFile(NamedTuple):
    """An entry that is a file."""

    sha256: str


Locked = LockedTree | LockedFile


def read_lock(path: Path) -> dict[str, Locked]:
    """Read a lock file; one that is missing locks nothing. Raises DocumentError."""
    file = display(path)
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DocumentError(file, None, None, f"cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise DocumentError(file, error.lineno, error.colno, f"is no JSON: {error.msg}; {_RENEW}") from None
    except ValueError as error:
        raise DocumentError(file, None, None, f"is no JSON: {error}; {_RENEW}") from None
    return _entries(found, file)


def _entries(found: Any, file: str) -> dict[str, Locked]:
    version = found.get("version") if isinstance(found, dict) else None
    if isinstance(version, int) and version > VERSION:
        message = f"is of version {version}, expected {VERSION}: a newer imbricate wrote it; use that"
        raise DocumentError(file, None, None, message)
    if version != VERSION or not isinstance(found.get("entries"), dict):
        raise DocumentError(file, None, None, f"expected version {VERSION} and a map of entries; {_RENEW}")
    return {name: _locked(name, value, file) for name, value in found["entries"].items()}


def _locked(name: str, value: Any, file: str) -> Locked:
    texts = value if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()) else {}
    for kind, hashes in ((LockedTree, ("commit", "digest")), (LockedFile, ("sha256",))):
        if texts.keys() == set(kind._fields) and all(_HEX.fullmatch(texts[one]) for one in hashes):
            return kind(**texts)
    raise DocumentError(
        file,
        None,
        None,
        f"entry {name!r}: expected commit, digest, ref and repository, or sha256, found {json.dumps(value)}; {_RENEW}",
    )


def write_lock(path: Path, entries: dict[str, Locked]) -> None:
    """Write a lock file unless it says this already. Raises WriteError."""
    found = {"version": VERSION, "entries": {name: one._asdict() for name, one in entries.items()}}
    write_file(path, json.dumps(found, indent=2, sort_keys=True) + "\n")


def nearest_entry(name: str, entries: dict[str, Locked]) -> str:
    """Give a hint at the locked entry that is most like a name, or ''."""
    near = nearest(name, entries)
    return f" (it has {near!r})" if near else ""
