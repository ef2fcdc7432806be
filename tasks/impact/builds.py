"""All units of a tree, the work tree or that of a commit: what each renders, and which files it read for that."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.git import contents_at, files_at
from tasks.units import OVERLAYS, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.git import Commit

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


def here(units: Iterable[Unit]) -> Tree:
    """Build units of the work tree. Raises ImbricateError."""
    root = Path.cwd().resolve()
    return Tree(root, {unit: _build(root, unit) for unit in units})


def folders_of(tree: Tree) -> list[str]:
    """Give the folders at the top of a tree that its units read from, or may have read from."""
    read = (source.partition("/") for build in tree.builds.values() for source in build.sources)
    return sorted({*FOLDERS, *(top for top, slash, _ in read if slash)})


@contextmanager
def at_commit(at: Commit, folders: Iterable[str]) -> Iterator[Tree]:
    """Build all units as they were at a commit, from a copy that is gone afterwards. Raises GitError."""
    paths = [path for folder in folders for path in files_at(at, folder)]
    with tempfile.TemporaryDirectory(prefix="imbricate-") as folder:
        root = Path(folder).resolve()
        for path, content in contents_at(at, paths).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        found = {Path(path).parent for path in paths if Path(path).name in _KUSTOMIZATIONS}
        overlays = sorted(one.parts for one in found if one.parts[0] == str(OVERLAYS) and len(one.parts) == 3)
        yield Tree(root, {unit: _build_or_error(root, unit) for unit in (Unit(*parts[1:]) for parts in overlays)})


def _build_or_error(root: Path, unit: Unit) -> Build:
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine

    try:
        return _build(root, unit)
    except ImbricateError as error:
        return Build("", frozenset(), str(error).replace(f"{root}/", ""))


def _build(root: Path, unit: Unit) -> Build:
    from imbricate import compose  # noqa: PLC0415 - `doit list` needs no engine

    composition = compose(root / unit.overlay)
    inside = (path for path in composition.sources if path.is_relative_to(root))
    return Build(composition.text, frozenset(path.relative_to(root).as_posix() for path in inside))
