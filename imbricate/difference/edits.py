"""From one value to another: the edits, and the edits applied.

An edit names a field by its path. Fields that are there on one side only are one edit with all that is in them; lists
are aligned first (`alignment`), so an element that only moved is one edit that says so, and no change of its content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from imbricate.difference.alignment import align, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate.difference.paths import Item, Path
    from imbricate.schema import Schema

Kind = Literal["added", "removed", "changed", "moved"]


class _Missing:
    """The value of a field that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class Edit(NamedTuple):
    """One difference: its kind, the field, and the value before and after, MISSING where there is none."""

    kind: Kind
    path: Path
    before: Any
    after: Any


def edits(old: Any, new: Any, schema: Schema | None = None) -> list[Edit]:
    """Give the edits that make `new` of `old`, none when these are the same.

    `old` and `new` are of dict, list, str, int, float, bool, None or any type with an equality of its own; `schema`,
    of the same value, tells which lists have keys.
    """
    return list(_edits((), old, new, schema))


def _edits(path: Path, old: Any, new: Any, schema: Schema | None) -> Iterator[Edit]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            below = schema.field(key) if schema is not None else None
            yield from _edits((*path, key), old.get(key, MISSING), new.get(key, MISSING), below)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_edits(path, old, new, schema)
    elif old is MISSING:
        yield Edit("added", path, old, new)
    elif new is MISSING:
        yield Edit("removed", path, old, new)
    elif not same(old, new):
        yield Edit("changed", path, old, new)


def _list_edits(path: Path, old: list[Any], new: list[Any], schema: Schema | None) -> Iterator[Edit]:
    alignment = align(old, new, schema)
    below = schema.elements() if schema is not None else None
    for item in alignment.items:
        before = MISSING if item.before is None else old[item.before]
        after = MISSING if item.after is None else new[item.after]
        if item in alignment.moved:
            yield Edit("moved", (*path, item), before, after)
        yield from _edits((*path, item), before, after, below)


def applied(old: Any, made: Iterable[Edit]) -> Any:
    """Give what edits make of a value, which is left as it is; the edits must be those of this value."""
    pending = list(made)
    whole = next((edit for edit in pending if not edit.path), None)
    if whole is not None:
        return whole.after
    if not pending:
        return old
    below: dict[str | Item, list[Edit]] = {}
    for edit in pending:
        below.setdefault(edit.path[0], []).append(edit._replace(path=edit.path[1:]))
    return _applied_to_list(old, below) if isinstance(old, list) else _applied_to_map(old, below)


def _applied_to_map(old: dict[str, Any], below: dict[Any, list[Edit]]) -> dict[str, Any]:
    found = {key: applied(value, below.pop(key, [])) for key, value in old.items()}
    found |= {key: made[0].after for key, made in below.items()}
    return {key: value for key, value in found.items() if value is not MISSING}


def _applied_to_list(old: list[Any], below: dict[Any, list[Edit]]) -> list[Any]:
    """Put what was added or moved in its place; all else follows in its order."""
    gone: set[int] = set()
    placed: dict[int, Any] = {}
    changed: dict[int, Any] = {}
    for item, made in below.items():
        content = [edit for edit in made if edit.kind != "moved" or edit.path]
        value = applied(MISSING if item.before is None else old[item.before], content)
        if item.before is not None and (item.after is None or len(content) < len(made)):
            gone.add(item.before)
        elif item.before is not None:
            changed[item.before] = value
        if item.after is not None and (item.before is None or item.before in gone):
            placed[item.after] = value
    rest = iter([changed.get(index, value) for index, value in enumerate(old) if index not in gone])
    size = len(old) - len(gone) + len(placed)
    return [placed[index] if index in placed else next(rest) for index in range(size)]
