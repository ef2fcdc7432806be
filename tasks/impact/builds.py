"""All units of a tree, the work tree or that of a commit: what each renders, and which files it read for that."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.git import contents_at, files_at
from tasks.memory import digest_of
from tasks.memory import folders_of as parents
from tasks.units import OVERLAYS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.git import Commit
    from tasks.memory import Memory

FOLDERS = ("base", "components", str(OVERLAYS))
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Build(NamedTuple):
    """What a unit renders and the files it read, relative to the tree; `error`: why it cannot be built."""

    text: str
    sources: frozenset[str]
    error: str = ""


class Tree(NamedTuple):
    """A tree and its units."""

    root: Path
    builds: dict[Unit, Build]


def here(units: Iterable[Unit], memory: Memory) -> Tree:
    """Build units of the work tree. Raises ImbricateError."""
    root = Path.cwd().resolve()
    return Tree(root, {unit: _remembered(unit, memory) or _built(root, unit, memory) for unit in units})


def _remembered(unit: Unit, memory: Memory) -> Build | None:
    """Give a build whose sources have not changed since, and whose text is in gitops/."""
    known = memory.recall(f"build {unit.name}")
    try:
        content = unit.manifests.read_bytes() if known else b""
    except OSError:
        return None
    if known is None or known["text"] != digest_of(content):
        return None
    return Build(content.decode(), frozenset(known["sources"]))


def _built(root: Path, unit: Unit, memory: Memory) -> Build:
    found, sources = _build(root, unit)
    near = memory.below_here(sources)
    if near is not None:
        kept = {"text": digest_of(found.text.encode()), "sources": sorted(found.sources)}
        memory.keep(f"build {unit.name}", kept, [*near, *parents(near)])
    return found


def untouched(tree: Tree, files: Iterable[str]) -> dict[Unit, Build]:
    """Give the builds in whose folders none of some files is: without these they would be the same."""
    changed = set(parents(files))
    return {unit: build for unit, build in tree.builds.items() if changed.isdisjoint(parents(build.sources))}


def folders_of(tree: Tree) -> list[str]:
    """Give the folders at the top of a tree that its units read from, or may have read from."""
    read = (source.partition("/") for build in tree.builds.values() for source in build.sources)
    return sorted({*FOLDERS, *(top for top, slash, _ in read if slash)})


@contextmanager
def at_commit(at: Commit, folders: Iterable[str], same: Mapping[Unit, Build]) -> Iterator[Tree]:
    """Build all units as they were at a commit, from a copy that is gone afterwards; `same` have not changed since.

    Raises GitError.
    """
    paths = [path for folder in folders for path in files_at(at, folder)]
    found = {Path(path).parent for path in paths if Path(path).name in _KUSTOMIZATIONS}
    overlays = sorted(one.parts for one in found if one.parts[0] == str(OVERLAYS) and len(one.parts) == 3)
    units = [Unit(*parts[1:]) for parts in overlays]
    with tempfile.TemporaryDirectory(prefix="imbricate-") as folder:
        root = Path(folder).resolve()
        needed = paths if any(unit not in same for unit in units) else []
        for path, content in contents_at(at, needed).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        yield Tree(root, {unit: same.get(unit) or _build_or_error(root, unit) for unit in units})


def _build_or_error(root: Path, unit: Unit) -> Build:
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine

    try:
        return _build(root, unit)[0]
    except ImbricateError as error:
        return Build("", frozenset(), str(error).replace(f"{root}/", ""))


def _build(root: Path, unit: Unit) -> tuple[Build, tuple[Path, ...]]:
    """Build a unit of a tree; give all that was read, too, of which some may be elsewhere."""
    from imbricate import compose  # noqa: PLC0415 - `doit list` needs no engine

    composition = compose(root / unit.overlay)
    inside = (path for path in composition.sources if path.is_relative_to(root))
    read = frozenset(path.relative_to(root).as_posix() for path in inside)
    return Build(composition.text, read), composition.sources
