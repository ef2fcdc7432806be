"""Field paths as replacements and vars write them: `spec.containers.[name=c].image`, `.0.`, `*`.

Two readings, as in kyaml: `look_up` finds one value (PathGetter), `find_places` all places, made where asked
(PathMatcher).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imbricate.documents import dump_node, plain_value
from imbricate.errors import FieldPathError, PatternError
from imbricate.fieldspecs import split_path
from imbricate.patterns import anywhere
from imbricate.values import is_null, is_scalar, kind_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING: Any = object()
Place = tuple[Any, Any]
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


def split_field_path(path: str) -> tuple[str, ...]:
    """Split at dots; a backslash escapes one, and what stands in brackets is kept whole."""
    parts = iter(split_path(path, "."))
    names = []
    for part in parts:
        if not part.startswith("[") or part.endswith("]"):
            names.append(part)
            continue
        bracketed = ".".join(_until_bracket(part, parts))
        names.append(bracketed if "=" in bracketed else bracketed.strip("[]"))
    return tuple(names)


def _until_bracket(part: str, parts: Iterator[str]) -> Iterator[str]:
    yield part
    for following in parts:
        yield following
        if following.endswith("]"):
            return


def _is_element(name: str) -> bool:
    return name.startswith("[") and name.endswith("]")


def _is_index(name: str) -> bool:
    return _INTEGER.fullmatch(name) is not None and int(name) >= 0


def _key_and_value(name: str) -> tuple[str, str]:
    key, equals, value = name[1:-1].partition("=")
    if not equals:
        raise FieldPathError(f"{name}: expected [field=value]")
    return key, value


def look_up(value: Any, names: tuple[str, ...]) -> Any:
    """Find the value at a path; MISSING when there is none. Raises FieldPathError when the path does not fit."""
    for name in (stripped for name in names if (stripped := name.strip())):
        value = _child(value, name)
        if value is MISSING:
            return MISSING
    return value


def _child(value: Any, name: str) -> Any:
    if _INTEGER.fullmatch(name) or name == "-":
        return _element_at(value, name)
    if name == "*":
        raise FieldPathError("* is not allowed here")
    if _is_element(name):
        return _matching_element(value, *_key_and_value(name))
    if is_null(value):
        return MISSING
    if not isinstance(value, dict):
        raise FieldPathError(f"{name}: expected a map above it, found {kind_of(value)}")
    return value.get(name, MISSING)


def _element_at(value: Any, name: str) -> Any:
    elements = _elements(value, name)
    index = -1 if name == "-" else int(name)
    if name != "-" and index < 0:
        raise FieldPathError(f"{name}: a list index cannot be negative")
    return elements[index] if elements and index < len(elements) else MISSING


def _elements(value: Any, name: str) -> list[Any]:
    if is_null(value):
        return []
    if not isinstance(value, list):
        raise FieldPathError(f"{name}: expected a list, found {kind_of(value)}")
    return value


def _matching_element(value: Any, key: str, wanted: str) -> Any:
    for one in _elements(value, f"[{key}={wanted}]"):
        if not key:
            if text_of(one) == wanted:
                return one
        elif isinstance(one, dict) and key in one and text_of(one[key]) == wanted:
            return one
    return MISSING


def find_places(root: Any, names: tuple[str, ...], made: Any = MISSING) -> list[Place]:
    """Find all places (container, key) that a path names below `root`.

    `made` gives the value for a last name that is missing, and allows the way to it to be made.
    Raises FieldPathError when the path does not fit.
    """
    return _Places(made).below(root, names)


class _Places:
    def __init__(self, made: Any) -> None:
        self._made = made

    def at(self, container: Any, key: Any, names: tuple[str, ...]) -> list[Place]:
        return self.below(container[key], names) if names else [(container, key)]

    def below(self, value: Any, names: tuple[str, ...]) -> list[Place]:
        name = names[0]
        if _is_index(name):
            return self._index(value, names)
        if _is_element(name):
            return self._matching(value, names)
        if name == "*":
            elements = _elements(value, name)
            return [place for index in range(len(elements)) for place in self.at(elements, index, names[1:])]
        return self._field(value, names)

    def _new(self, names: tuple[str, ...]) -> Any:
        """Make what stands before the rest of a path: a list before an index, the value itself at the end."""
        following = names[1] if len(names) > 1 else ""
        if not following:
            return self._made() if callable(self._made) else self._made
        return [] if _is_element(following) or _is_index(following) else {}

    def _field(self, value: Any, names: tuple[str, ...]) -> list[Place]:
        name = names[0]
        if is_null(value):
            return [] if self._made is MISSING else [({name: None}, name)]
        if not isinstance(value, dict):
            raise FieldPathError(f"{name}: expected a map above it, found {kind_of(value)}")
        if name not in value:
            if self._made is MISSING:
                return []
            value[name] = self._new(names)
        if len(names) > 1 and is_scalar(value[name]) and not is_null(value[name]):
            # Text that could be structured was tried before: what is set now is lost, as in kustomize.
            raise FieldPathError(f"{names[1]}: expected a map above it, found {kind_of(value[name])}")
        return self.at(value, name, names[1:])

    def _index(self, value: Any, names: tuple[str, ...]) -> list[Place]:
        elements, index = _elements(value, names[0]), int(names[0])
        if len(elements) == index and self._made is not MISSING:
            elements.append(self._new(names))
        if len(elements) <= index:
            raise FieldPathError(f"index {index} is outside of a list of {len(elements)}")
        return self.at(elements, index, names[1:])

    def _matching(self, value: Any, names: tuple[str, ...]) -> list[Place]:
        key, pattern = _key_and_value(names[0])
        elements = _elements(value, names[0])
        places = self._matches(elements, key, pattern, names)
        if places or self._made is MISSING:
            return places
        elements.append({key: plain_value(pattern)} if key else plain_value(pattern))
        places = self._matches(elements, key, pattern, names)
        if not places:
            raise FieldPathError(f"{names[0]}: cannot make an element that matches this pattern")
        return places

    def _matches(self, elements: list[Any], key: str, pattern: str, names: tuple[str, ...]) -> list[Place]:
        try:
            matches = anywhere(pattern)
        except PatternError as error:
            raise FieldPathError(f"{names[0]}: {error}") from None
        places: list[Place] = []
        for index, one in enumerate(elements):
            found = one if not key else one.get(key, MISSING) if isinstance(one, dict) else MISSING
            if found is not MISSING and matches(dump_node(found).strip()):
                places += self.at(elements, index, names[1:]) if key else [(elements, index)]
        return places
