"""What a build asks for that lies elsewhere: the lock says which, the cache may have it, else the network.

With all entries locked and in the cache there is no network access.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from imbricate.errors import LoadError
from imbricate.remote import redacted
from imbricate.remote.cache import Cache, default_folder
from imbricate.remote.lockfile import NAME, LockedFile, LockedTree, nearest_entry, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path

    from imbricate.options import RemoteOptions
    from imbricate.remote.cache import Tree
    from imbricate.remote.lockfile import Locked
    from imbricate.remote.spec import RepoSpec


class Checkout(NamedTuple):
    """A commit of a repository, on disk."""

    entry: str
    spec: RepoSpec
    commit: str
    tree: Path

    @property
    def root(self) -> Path:
        """Give the folder that the entry means. Raises LoadError when there is none in the tree."""
        try:
            root = (self.tree / self.spec.path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise self._error(f"has no {self.spec.path!r}") from None
        if not root.is_relative_to(self.tree):
            raise self._error(f"{self.spec.path!r} leads out of the repository")
        if not root.is_dir():
            raise self._error(f"{self.spec.path!r} is a file, expected a folder")
        return root

    def shown(self, path: Path) -> str:
        """Give a path in the tree as a message shows it."""
        inside = path.relative_to(self.tree) if path.is_relative_to(self.tree) else path
        return f"{redacted(self.spec.repository)}@{self.commit[:7]}//{inside}"

    def _error(self, reason: str) -> LoadError:
        return LoadError(redacted(self.entry), self.tree, f"{reason} at commit {self.commit[:7]}")


class Remotes:
    """What one build fetched, and the lock that it goes by."""

    def __init__(self, options: RemoteOptions, home: Path | None) -> None:
        """Take what is allowed, and the folder of the outermost kustomization; None when that is remote itself.

        Raises DocumentError for a lock that cannot be read, WriteError for a cache that cannot be made.
        """
        self._options = options
        self._lock = _lock_path(options, home)
        self._locked = read_lock(self._lock) if self._lock else {}
        self._goes_by = {} if options.update else self._locked
        self._used: dict[str, Locked] = {}
        self._checked: dict[tuple[str, bool], Tree] = {}
        self._cache = Cache(options.cache or default_folder())

    def is_locked_repository(self, entry: str) -> bool:
        """Tell whether the lock knows an entry as a repository."""
        return isinstance(self._goes_by.get(redacted(entry)), LockedTree)

    def checkout(self, entry: str, spec: RepoSpec) -> Checkout:
        """Give the commit that an entry means. Raises LoadError."""
        name = redacted(entry)
        locked = self._locked_tree(name, spec)
        if locked is None:
            self._refuse_unlocked(name)
        commit, tree = self._fetched(spec, locked.commit if locked else _commit_in(spec.ref))
        if locked and locked.digest != tree.digest:
            reason = f"commit {commit[:7]} does not hold what {NAME} says; look why, then: imbricate lock --update"
            raise LoadError(name, tree.folder, reason)
        self._used[name] = LockedTree(redacted(spec.repository), spec.ref, commit, tree.digest)
        return Checkout(entry, spec, commit, tree.folder)

    def _locked_tree(self, name: str, spec: RepoSpec) -> LockedTree | None:
        """Find what the entry is locked to, or else another path of the same ref: they are of one commit."""
        found = self._goes_by.get(name)
        if isinstance(found, LockedTree):
            return found
        if self._options.locked:
            return None
        known = (*self._used.values(), *self._goes_by.values())
        wanted = (redacted(spec.repository), spec.ref)
        return next((one for one in known if isinstance(one, LockedTree) and one[:2] == wanted), None)

    def _fetched(self, spec: RepoSpec, commit: str) -> tuple[str, Tree]:
        """Give a commit from the cache or the network; '' means what the ref is now."""
        tree = (
            (self._checked.get((commit, spec.submodules)) or self._cache.tree(_name(spec, commit))) if commit else None
        )
        if tree is None:
            commit, tree = self._cache.add_tree(
                lambda folder: _clone(spec, folder, commit), lambda found: _name(spec, found)
            )
        self._checked[commit, spec.submodules] = tree
        return commit, tree

    def file(self, url: str) -> tuple[Path, bytes]:
        """Give what a URL holds, and where the cache has it. Raises LoadError."""
        name = redacted(url)
        locked = self._used.get(name) or self._goes_by.get(name)
        found = self._cache.file(locked.sha256) if isinstance(locked, LockedFile) else None
        if found is None:
            if not isinstance(locked, LockedFile):
                self._refuse_unlocked(name)
            found = self._read(url, locked)
        self._used[name] = LockedFile(found[0].name)
        return found

    def forget(self, url: str) -> None:
        """Leave a URL out of the lock: what it gave is no file of resources."""
        self._used.pop(redacted(url), None)

    def _read(self, url: str, locked: Locked | None) -> tuple[Path, bytes]:
        from imbricate.remote.web import read  # noqa: PLC0415 - urllib is slow to import, and often not needed

        content = read(url)
        digest = hashlib.sha256(content).hexdigest()
        if isinstance(locked, LockedFile) and locked.sha256 != digest:
            reason = f"has changed since it was locked: expected sha256 {locked.sha256[:12]}…, found {digest[:12]}…"
            raise LoadError(redacted(url), self._cache.folder, f"{reason}; renew it: imbricate lock --update")
        return self._cache.add_file(content), content

    def _refuse_unlocked(self, name: str) -> None:
        if self._options.locked:
            near = nearest_entry(name, self._locked)
            reason = f"is not in {NAME}{near}, which --locked asks for; add it: imbricate lock"
            raise LoadError(name, self._cache.folder, reason)

    def record(self) -> None:
        """Record what the build used in the lock. Raises WriteError."""
        if self._lock is not None and not self._options.locked:
            with self._cache.alone():
                kept = {} if self._options.prune else read_lock(self._lock)
                write_lock(self._lock, {**kept, **self._used})

    def close(self) -> None:
        """Close the cache."""
        self._cache.close()


def _lock_path(options: RemoteOptions, home: Path | None) -> Path | None:
    """Give the lock file: the one that was named, or the one beside the outermost kustomization."""
    if options.lock is not None:
        return options.lock / NAME if options.lock.is_dir() else options.lock
    return home / NAME if home else None


def _commit_in(ref: str) -> str:
    from imbricate.remote.git import COMMIT  # noqa: PLC0415 - only for what is not locked

    return ref if COMMIT.fullmatch(ref) else ""


def _name(spec: RepoSpec, commit: str) -> str:
    return f"{commit}+submodules" if spec.submodules else commit


def _clone(spec: RepoSpec, folder: Path, commit: str) -> str:
    from imbricate.remote.git import Clone  # noqa: PLC0415 - what is in the cache needs no git

    clone = Clone(spec, folder)
    found = clone.fetch(commit)
    clone.check_out(found)
    return found
