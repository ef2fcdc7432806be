"""Field specs: which fields of which kinds a transformer touches, and the walk that finds or makes them.

In: a manifest and `FieldSpec`s. Out: calls of a setter with the place found.
"""

from __future__ import annotations

import itertools
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.errors import FieldSpecError
from imbricate.values import EMPTY_NULL, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imbricate.resid import Gvk


NO_PATH = "found a field spec without path; expected one such as spec/template/metadata/labels"


class FieldSpec(NamedTuple):
    r"""One row of a transformer's configuration: where it acts.

    An empty group, version or kind means any. `path` is separated by `/` (`\/` for a slash in a name) and goes through
    lists without saying so; `[]` after a name says that it must be a list, which is then never made.
    `create` makes the maps that are missing on the way.
    """

    path: str = ""
    create: bool = False
    kind: str = ""
    group: str = ""
    version: str = ""

    def selects(self, gvk: Gvk) -> bool:
        """Tell whether this field spec is about objects of `gvk`."""
        return (
            (not self.kind or self.kind == gvk.kind)
            and (not self.group or self.group == gvk.group)
            and (not self.version or self.version == gvk.version)
        )

    def same_place(self, other: FieldSpec) -> bool:
        """Tell whether `other` is already covered by this field spec, whatever its `create` says."""
        return self.path == other.path and all(
            not theirs or ours == theirs for ours, theirs in zip(self[2:], other[2:], strict=True)
        )


class NameReference(NamedTuple):
    """The fields that hold the name of an object of one kind. Empty group, version or kind: any."""

    kind: str = ""
    group: str = ""
    version: str = ""
    referrers: tuple[FieldSpec, ...] = ()

    @property
    def target(self) -> tuple[str, str, str]:
        """Give (group, version, kind) of what is referred to."""
        return self.group, self.version, self.kind


FieldSpecs = tuple[FieldSpec, ...]


def merge_field_specs(ours: FieldSpecs, theirs: Iterable[FieldSpec]) -> FieldSpecs:
    """Add the field specs that are not there yet.

    Raises FieldSpecError when a place is there already with another `create` (kustomize: `conflicting fieldspecs`).
    """
    merged = list(ours)
    for spec in theirs:
        known = next((one for one in merged if one.same_place(spec)), None)
        if known is None:
            merged.append(spec)
        elif known.create != spec.create:
            raise FieldSpecError(f"conflicting field specs for {spec.path}: create is {known.create} and {spec.create}")
    return tuple(merged)


@lru_cache(maxsize=4096)
def split_path(path: str, separator: str = "/") -> tuple[str, ...]:
    """Split a field path; a separator after a backslash belongs to the name, a leading one is dropped."""
    parts = path.split(separator)
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
    names = [parts[0]]
    for part in parts[1:]:
        if names[-1].endswith("\\"):
            names[-1] = names[-1][:-1] + separator + part
        else:
            names.append(part)
    return tuple(names)


class _Selection:
    """The field specs of a table that are about one kind."""

    def __init__(self, table: FieldSpecs, gvk: Gvk) -> None:
        self.table = table
        self.specs = tuple(spec for spec in table if spec.selects(gvk))

    @cached_property
    def tree(self) -> PathTree:
        """Give them as one tree of paths; what follows an empty name in one is for `visit` to complain of."""
        tree = PathTree({}, [])
        for number, spec in enumerate(self.specs):
            tree.add(itertools.takewhile(bool, _bare_names(spec.path)), (number, spec))
        return tree


_selections: dict[tuple[int, Gvk], _Selection] = {}
_MOST_SELECTIONS = 4096


def _selection(table: FieldSpecs, gvk: Gvk) -> _Selection:
    # By identity, since to hash a table of field specs costs more than what is remembered; the entry holds the table,
    # so that its identity cannot be taken over by another one.
    known = _selections.get((id(table), gvk))
    if known is None:
        if len(_selections) >= _MOST_SELECTIONS:
            _selections.clear()
        known = _selections[id(table), gvk] = _Selection(table, gvk)
    return known


def selected(specs: FieldSpecs, gvk: Gvk) -> FieldSpecs:
    """Keep the field specs that apply to objects of `gvk`."""
    return _selection(specs, gvk).specs


def reaching(manifest: dict[str, Any], specs: FieldSpecs, gvk: Gvk) -> list[FieldSpec]:
    """Keep the field specs that apply to a manifest of `gvk` and lead anywhere, as far as there are maps: few do."""
    found: list[tuple[int, FieldSpec]] = []
    _selection(specs, gvk).tree.reach(manifest, found)
    found.sort()
    return [spec for _, spec in found]


@lru_cache(maxsize=4096)
def _bare_names(path: str) -> tuple[str, ...]:
    return tuple(name.removesuffix("[]") for name in split_path(path))


def reaches(manifest: dict[str, Any], path: str) -> bool:
    """Tell quickly whether a path leads anywhere, as far as there are maps: most paths do not."""
    value: Any = manifest
    for name in _bare_names(path):
        if type(value) is not dict or not name:
            return True
        if name not in value:
            return False
        value = value[name]
    return True


class Creation(NamedTuple):
    """What stands in for a field that a `create` spec did not find: `empty()` gives a new value for the last name."""

    empty: Callable[[], Any]


MAPPING = Creation(dict)
SCALAR = Creation(lambda: EMPTY_NULL)


# Values that a path may end at, and that are there for sure.
_FOUND = frozenset({dict, str, int, bool, float})


def visit(manifest: dict[str, Any], spec: FieldSpec, setter: Callable[[Any, Any], None], made: Creation | None) -> None:
    """Call `setter(container, key)` for each place in `manifest` that `spec.path` names.

    `container[key]` is the value found, or what `made` gives where `spec.create` asked for it.
    Raises FieldSpecError when the path goes on below a scalar, or is empty.
    """
    creation = made if spec.create else None
    names, last = _maps_to(spec.path)
    value: Any = manifest if last else None
    for name in names:
        value = value.get(name)
        if type(value) is not dict:
            break
    if type(value) is dict:
        if type(value.get(last)) in _FOUND:
            setter(value, last)
            return
        if last not in value:
            if creation is not None:
                value[last] = creation.empty()
                setter(value, last)
            return
    if not spec.path:
        raise FieldSpecError(NO_PATH)
    if creation is not None or reaches(manifest, spec.path):
        _Walk(split_path(spec.path), setter, creation).into([manifest], 0, 0)


@lru_cache(maxsize=4096)
def _maps_to(path: str) -> tuple[tuple[str, ...], str]:
    """Give the maps that a path goes through and the last name; nothing where it must be a list, or has no name."""
    names = split_path(path)
    return (names[:-1], names[-1]) if all(name and not name.endswith("[]") for name in names) else ((), "")


class PathTree(NamedTuple):
    """Many paths as one tree, so that one walk serves them all: `ends` holds what is known of those that end here."""

    children: dict[str, PathTree]
    ends: list[Any]

    @staticmethod
    def of(paths: Iterable[tuple[str, Any]]) -> PathTree:
        """Make the tree of pairs of a path and what is known of it. Raises FieldSpecError for an empty path."""
        root = PathTree({}, [])
        for path, known in paths:
            names = _bare_names(path)
            if not all(names):
                raise FieldSpecError(NO_PATH)
            root.add(names, known)
        return root

    def add(self, names: Iterable[str], known: Any) -> None:
        """Add a path and what is known of it."""
        tree = self
        for name in names:
            tree = tree.children.setdefault(name, PathTree({}, []))
        tree.ends.append(known)

    def reach(self, value: Any, found: list[Any]) -> None:
        """Collect what is known of the paths that lead anywhere, as far as there are maps."""
        found += self.ends
        if type(value) is dict:
            for name, tree in self.children.items():
                if name in value:
                    tree.reach(value[name], found)
        else:
            for tree in self.children.values():
                tree.reach(value, found)

    def visit(self, value: Any, setter: Callable[[Any, Any, Any], None], above: str = "") -> None:
        """Call `setter(known, container, key)` for each place that one of the paths names, as `visit` does."""
        if type(value) is dict:
            for name, tree in self.children.items():
                if name in value:
                    for known in tree.ends:
                        setter(known, value, name)
                    if tree.children:
                        tree.visit(value[name], setter, name)
        elif type(value) is list:
            for one in value:
                self.visit(one, setter, above)
        elif not is_null(value):
            raise FieldSpecError(f"{above}: expected a map or a list above {next(iter(self.children))!r}")


class _Walk(NamedTuple):
    names: tuple[str, ...]
    setter: Callable[[Any, Any], None]
    made: Creation | None

    def into(self, container: Any, key: Any, depth: int) -> None:
        if depth == len(self.names):
            self.setter(container, key)
            return
        value = container[key]
        kind = type(value)
        if kind is dict:
            self._mapping(value, depth)
        elif kind is list:
            for index in range(len(value)):
                self.into(value, index, depth)
        elif not is_null(value):
            raise FieldSpecError(f"{'/'.join(self.names)}: expected a map or a list above {self.names[depth]!r}")

    def _mapping(self, mapping: dict[str, Any], depth: int) -> None:
        name = self.names[depth]
        listed = name.endswith("[]")
        if listed:
            name = name[:-2]
        if not name:
            raise FieldSpecError(f"{'/'.join(self.names)}: expected a field name, found an empty one")
        creates = self.made is not None and not listed
        if name not in mapping:
            if not creates:
                return
            mapping[name] = self._new(depth)
        elif is_null(mapping[name]) and (creates or listed):
            mapping[name] = [] if listed else self._new(depth)
        self.into(mapping, name, depth + 1)

    def _new(self, depth: int) -> Any:
        return self.made.empty() if self.made and depth == len(self.names) - 1 else {}
