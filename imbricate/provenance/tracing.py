"""From the versions of an object to what each step did to a field, or to all that is below it.

In: a `History` and a field. Out: `Step`s, the oldest first; values are plain, and masked where they are secret.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.difference import MISSING, Edit, edits, masked
from imbricate.difference.alignment import same
from imbricate.documents import json_value
from imbricate.metadata import HELM_GENERATED
from imbricate.provenance.fields import Path, find, in_former, value_at
from imbricate.schema import BUILT_IN

if TYPE_CHECKING:
    from imbricate.provenance.recording import History
    from imbricate.schema import Schema
    from imbricate.steps import Cause


class Change(NamedTuple):
    """One field that a step set, changed or removed: its path in the version before and in the one after.

    `old` or `new` is MISSING where the field is not there.
    """

    before: Path
    after: Path
    old: Any
    new: Any


class Step(NamedTuple):
    """A step that changed something: its cause, the number of the version that it left, and what it changed."""

    cause: Cause
    number: int
    changes: tuple[Change, ...]


class Trace:
    """The versions of an object as plain values."""

    def __init__(self, history: History) -> None:
        """Take a history."""
        self.history = history
        self._plain: dict[int, Any] = {}

    @cached_property
    def last(self) -> int:
        """Give the number of the last version in which the object was there."""
        return len(self.history.versions) - 1 - self.history.is_removed

    @cached_property
    def schema(self) -> Schema | None:
        """Give the built-in schema of the object's kind."""
        found = self.version(self.last)
        return BUILT_IN.of_kind(str(found.get("apiVersion", "")), str(found.get("kind", "")))

    def version(self, number: int) -> Any:
        """Give a version with its secrets masked."""
        if number not in self._plain:
            manifest = self.history.versions[number].manifest
            self._plain[number] = MISSING if manifest is None else masked(_without_mark(json_value(manifest)))
        return self._plain[number]

    def number_at(self, moment: int) -> int:
        """Give the number of the version that there was at a moment of the build, -1 before there was any."""
        return sum(version.moment <= moment for version in self.history.versions) - 1

    def find(self, field: str) -> tuple[int, Path] | None:
        """Find the last version that has a field, and its path there."""
        for number in range(self.last, -1, -1):
            path = find(self.version(number), field)
            if path is not None:
                return number, path
        return None

    def steps(self, number: int, path: Path) -> list[Step]:
        """Give what was done to a field up to a version that has it, and by what it was removed after that."""
        found = self._removal(number, path)
        way = self.way(number, path)
        for number, path in way.items():  # noqa: PLR1704 - they go on
            if number:
                made = self._changes(number, way.get(number - 1), path)
            else:
                value = value_at(self.version(0), path)
                made = () if value is MISSING else (Change(path, path, MISSING, value),)
            if made:
                found.append(Step(self.history.versions[number].cause, number, made))
        return found[::-1]

    def way(self, number: int, path: Path) -> dict[int, Path]:
        """Give the path that a field had in each version, from one that has it back to where it came in."""
        found = {number: path}
        while number:
            former = in_former(self.version(number - 1), self.version(number), path, self.schema)
            if former is None:
                break
            number, path = number - 1, former
            found[number] = path
        return found

    def _removal(self, number: int, path: Path) -> list[Step]:
        if number + 1 == len(self.history.versions):
            return []
        removed = Change(path, path, value_at(self.version(number), path), MISSING)
        return [Step(self.history.versions[number + 1].cause, number + 1, (removed,))]

    def _changes(self, number: int, former: Path | None, path: Path) -> tuple[Change, ...]:
        old = MISSING if former is None else value_at(self.version(number - 1), former)
        new = value_at(self.version(number), path)
        if same(old, new):
            return ()
        if old is MISSING or new is MISSING:
            return (Change(former or path, path, old, new),)
        return tuple(_change(one, former or (), path) for one in edits(old, new, self._schema_at(path)))

    def _schema_at(self, path: Path) -> Schema | None:
        found = self.schema
        for step in path:
            if found is not None:
                found = found.field(step) if isinstance(step, str) else found.elements()
        return found


def _without_mark(manifest: Any) -> Any:
    """Take out what only lasts as long as a build: the annotation that marks what helm made, and empty annotations."""
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        annotations.pop(HELM_GENERATED, None)
        if not annotations:
            del metadata["annotations"]
    return manifest


def _change(edit: Edit, former: Path, path: Path) -> Change:
    before = tuple(one if isinstance(one, str) else _index(one.before, one.after) for one in edit.path)
    after = tuple(one if isinstance(one, str) else _index(one.after, one.before) for one in edit.path)
    return Change((*former, *before), (*path, *after), edit.before, edit.after)


def _index(wanted: int | None, other: int | None) -> int:
    return (other or 0) if wanted is None else wanted
