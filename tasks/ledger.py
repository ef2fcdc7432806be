"""Which files under gitops/ are ours: gitops/rendered.json, path → SHA-256 of what was written.

A file that stands there and whose unit is gone is removed, together with its empty folders. A file that does not stand
there is never touched, and one that was edited by hand since is reported, not removed.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.fingerprints import file_digest
from tasks.units import GITOPS, Unit, unit_of, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.arguments import Selection

LEDGER = GITOPS / "rendered.json"


class OwnershipError(Exception):
    """A file that cannot be removed or a ledger that cannot be read; the text is one line."""


def owned() -> dict[str, str]:
    """Read the ledger: path → digest. Raises OwnershipError when it is no such map."""
    if not LEDGER.is_file():
        return {}
    try:
        found = json.loads(LEDGER.read_text())
    except ValueError as error:
        raise OwnershipError(f"{LEDGER} is no JSON ({error}); restore it from git") from None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise OwnershipError(f"{LEDGER}: expected a map from path to digest; restore it from git")
    return found


def settle(chosen: Selection) -> list[Path]:
    """Note what is rendered, and remove what is owned, meant by the selection, and no unit's any more.

    Gives the files removed. Raises OwnershipError for those that were edited by hand since.
    """
    from imbricate.write import write_file  # noqa: PLC0415 - only when something was rendered

    with _locked():
        known = owned()
        files = {str(unit.manifests): unit for unit in units()}
        stale = {path for path in known if path not in files and chosen.covers(unit_of(path))}
        edited = sorted(path for path in stale if _is_edited(Path(path), known[path]))
        removed = [_remove(Path(path)) for path in sorted(stale - set(edited))]
        current = {path: digest for path, digest in known.items() if path not in stale or path in edited}
        current |= {path: file_digest(Path(path)) for path, unit in files.items() if _is_rendered(unit, chosen, known)}
        write_file(LEDGER, json.dumps(dict(sorted(current.items())), indent=2) + "\n")
    if edited:
        raise OwnershipError(
            f"{', '.join(edited)}: no overlay stands behind it, but it was edited since it was rendered; "
            "remove it by hand, or bring its overlay back"
        )
    return removed


def _is_rendered(unit: Unit, chosen: Selection, known: dict[str, str]) -> bool:
    return unit.manifests.is_file() and (chosen.covers(unit) or str(unit.manifests) in known)


def _is_edited(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) != digest


def _remove(path: Path) -> Path:
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return path


@contextmanager
def _locked() -> Iterator[None]:
    """Keep a second `doit render` out while the ledger is read and written."""
    GITOPS.mkdir(exist_ok=True)
    with (GITOPS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
