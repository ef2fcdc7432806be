"""What rules give, and what is shown of it.

A `Problem` names a field of an object, or a line of a file; a `Finding` is a problem with its unit, rule and place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Manifest = dict[str, Any]
Path = tuple[str | int, ...]


class Place(NamedTuple):
    """A file as seen from the root of the repository, and a line in it, from 1; None where it is not known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """Give file:line."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Related(NamedTuple):
    """Another field that has to do with a problem: why, the object, and the path in it."""

    why: str
    manifest: Manifest
    path: Path


class Problem(NamedTuple):
    """What a rule has against a field of an object, or a line of a file, or (neither) a whole unit.

    `path` may go on where the object ends: the field is missing then. `fix` is the way on; the rule's own if empty.
    `details` are lines that are shown below the finding; `culprit` is the text in the source that is at fault, where
    the field is put together from several.
    """

    message: str
    manifest: Manifest | None = None
    path: Path = ()
    place: Place | None = None
    fix: str = ""
    related: tuple[Related, ...] = ()
    details: tuple[str, ...] = ()
    culprit: str = ""

    @property
    def object(self) -> str:
        """Give Kind/name of the object, the file if there is none."""
        if self.manifest is not None:
            return title(self.manifest)
        return self.place.file if self.place else ""


class Finding(NamedTuple):
    """A problem as it is shown: unit (`prod/shop`, empty for the repository), object, rule, field, place, way on.

    `related` are other places to look at, as text; `details` are lines to be shown below.
    """

    unit: str
    object: str
    rule: str
    field: str
    message: str
    fix: str
    place: Place | None
    related: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Give what is wrong and the way on, without unit and place."""
        named = " ".join(part for part in (self.object, self.field) if part and part != _file(self.place))
        also = "".join(f" ({one})" for one in self.related)
        return f"{f'{named}: ' if named else ''}{self.message}{also}; {self.fix} [{self.rule}]"

    def __str__(self) -> str:
        """Give the line that is shown."""
        return ": ".join(part for part in (str(self.place or ""), self.unit, self.text) if part)


def _file(place: Place | None) -> str:
    return place.file if place else ""


def title(manifest: Manifest) -> str:
    """Give Kind/name."""
    return f"{manifest.get('kind')}/{(manifest.get('metadata') or {}).get('name')}"
