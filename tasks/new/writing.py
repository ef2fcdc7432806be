"""The files of a new system onto disk, all or none: written aside, then each of its folders put in place."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.new.errors import NewSystemError
from tasks.units import OVERLAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEMPORARY = ".imbricate-new-"


def write_all(files: Mapping[Path, str]) -> list[Path]:
    """Write files; give the folders that are new. Raises NewSystemError, and then nothing is left of them."""
    folders = sorted({_folder(path) for path in files})
    try:
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=".") as name:
            aside = Path(name)
            for path, text in files.items():
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                (aside / path).write_text(text)
            _put_in_place(aside, folders)
    except OSError as error:
        raise NewSystemError(f"{error.filename2 or error.filename} cannot be written: {error.strerror}") from None
    return folders


def _folder(path: Path) -> Path:
    """Give the folder of a system: base/<system>, images/<system>, overlays/<env>/<system>."""
    return Path(*path.parts[: 3 if path.is_relative_to(OVERLAYS) else 2])


def _put_in_place(aside: Path, folders: Iterable[Path]) -> None:
    made: list[Path] = []
    try:
        for folder in folders:
            made += _with_parents(folder.parent)
            (aside / folder).rename(folder)
            made.append(folder)
    except BaseException:
        for folder in reversed(made):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _with_parents(folder: Path) -> list[Path]:
    """Make a folder; give those that were not there before."""
    missing = [one for one in (*reversed(folder.parents), folder) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing
