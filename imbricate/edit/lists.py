"""Fields that list paths or options: `resources`, `components`, `transformers`, `buildMetadata` and the like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imbricate.edit.change import Change
from imbricate.edit.globs import glob, matches
from imbricate.errors import EditError
from imbricate.nearest import nearest
from imbricate.remote import is_remote, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imbricate.edit.canonical import Fields

BUILD_METADATA = ("originAnnotations", "transformerAnnotations", "managedByLabel")


def existing(patterns: Sequence[str]) -> list[str]:
    """Give the paths that match. Raises EditError for a pattern that matches none."""
    return [path for pattern in patterns for path in glob(pattern) or _refuse(pattern)]


def _refuse(pattern: str) -> list[str]:
    if is_remote(pattern):
        raise EditError(f"{redacted(pattern)!r} is remote, which is not looked up here; add it unseen with --no-verify")
    near = nearest(pattern, [path.name for path in Path().iterdir()])
    raise EditError(f"{pattern!r} matches no file or folder here{f'; did you mean {near}?' if near else ''}")


def matching(patterns: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Give the paths that match, and a note on each pattern that matches none."""
    found = {pattern: glob(pattern) for pattern in patterns}
    notes = tuple(f"{pattern!r} matches no file or folder here" for pattern, paths in found.items() if not paths)
    return [path for pattern in patterns for path in found[pattern]], notes


def add_paths(fields: Fields, field: str, paths: Iterable[str], own_name: str = "") -> Change:
    """Add paths to a list, but for the kustomization file itself and for those that are there."""
    present = fields.setdefault(field, [])
    notes = []
    for path in paths:
        if path in present:
            notes.append(f"{redacted(path)!r} is in {field} already")
        elif path != own_name:
            present.append(path)
    return Change(notes=tuple(notes))


def remove_paths(fields: Fields, field: str, patterns: Sequence[str]) -> Change:
    """Take out of a list what matches; of no match the file stays as it is."""
    present = fields.get(field) or []
    kept = [path for path in present if not any(matches(pattern, path) for pattern in patterns)]
    if len(kept) == len(present):
        return Change(is_made=False, notes=(f"nothing in {field} matches {' '.join(map(redacted, patterns))}",))
    fields[field] = kept
    return Change()


def add_bases(fields: Fields, paths: Iterable[str]) -> None:
    """Add folders to `resources`. Raises EditError for one that does not exist or is there."""
    present = fields.setdefault("resources", [])
    for path in paths:
        if not Path(path).exists():
            raise EditError(f"add base: {path!r} does not exist")
        if path in present:
            raise EditError(f"add base: {path!r} is in resources already")
        present.append(path)


def build_metadata_options(argument: str) -> list[str]:
    """Read options separated by commas. Raises EditError for an unknown one."""
    options = argument.split(",")
    for option in options:
        if option not in BUILD_METADATA:
            near = nearest(option, BUILD_METADATA)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(BUILD_METADATA)}"
            raise EditError(f"buildmetadata: unknown option {option!r}; {hint}")
    return options


def add_build_metadata(fields: Fields, options: Iterable[str]) -> None:
    """Add options to `buildMetadata`. Raises EditError for one that is there."""
    present = fields.setdefault("buildMetadata", [])
    for option in options:
        if option in present:
            raise EditError(f"add buildmetadata: {option} is there already")
        present.append(option)


def remove_build_metadata(fields: Fields, options: Sequence[str]) -> None:
    """Take options out of `buildMetadata`; one that is not there is no error."""
    fields["buildMetadata"] = [option for option in fields.get("buildMetadata") or () if option not in options]
