"""Reads JSON values into typed tuples as Go's encoding/json does, with the exact path of what does not fit.

Rules taken from there: names match without regard to case, null leaves a field as it is, an unknown field is an error,
a whole number may be written 1.0, and nothing is converted between text, number and boolean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from imbricate.errors import KustomizationError
from imbricate.nearest import nearest
from imbricate.values import go_text, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class Where(NamedTuple):
    """A place in a file, `patches[2].target.kind`, and how strictly the file is read.

    `lenient` passes over unknown fields. `converts` takes numbers and booleans for strings, as sigs.k8s.io/yaml does
    when it reads straight into a type: so are the configurations of plugins and transformers read, the kustomization
    itself is not.
    """

    file: str
    field: str = ""
    lenient: bool = False
    converts: bool = False

    def at(self, name: str) -> Where:
        """Give the place of a field of this map."""
        return Where(self.file, f"{self.field}.{name}" if self.field else name, self.lenient, self.converts)

    def item(self, index: int) -> Where:
        """Give the place of an element of this list."""
        return Where(self.file, f"{self.field}[{index}]", self.lenient, self.converts)

    def error(self, message: str) -> KustomizationError:
        """Make the error for this place."""
        return KustomizationError(self.file, self.field, message)


def _expect(value: Any, expected: str, where: Where) -> KustomizationError:
    shown = f": {value!r}" if not isinstance(value, dict | list) and value is not None else ""
    return where.error(f"expected {expected}, found {kind_of(value)}{shown}")


def text(value: Any, where: Where) -> str:
    """Read a string."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if where.converts and isinstance(value, bool | int | float):
        return go_text(value)
    if not isinstance(value, str):
        raise _expect(value, "a string", where)
    return str(value)


def optional_text(value: Any, where: Where) -> str | None:
    """Read a string that may be absent, which is not the same as empty."""
    return None if value is None else text(value, where)


def boolean(value: Any, where: Where) -> bool:
    """Read true or false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _expect(value, "true or false", where)
    return value


def integer(value: Any, where: Where) -> int:
    """Read a whole number of 64 bits."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or not abs(value) < 2**63:
        raise _expect(value, "a whole number", where)
    return int(value)


def anything(value: Any, where: Where) -> Any:  # noqa: ARG001 - one signature for all readers
    """Take the value as it is."""
    return value


def list_of(read: Callable[[Any, Where], T]) -> Callable[[Any, Where], tuple[T, ...]]:
    """Make a reader of lists."""

    def read_list(value: Any, where: Where) -> tuple[T, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            raise _expect(value, "a list", where)
        if read is text and all(type(one) is str for one in value):
            return tuple(value)  # long lists of paths need no place for each
        return tuple([read(one, where.item(index)) for index, one in enumerate(value)])

    return read_list


def text_map(value: Any, where: Where) -> dict[str, str]:
    """Read a map of strings."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _expect(value, "a map", where)
    return {name: text(one, where.at(name)) for name, one in value.items()}


def any_map(value: Any, where: Where) -> dict[str, Any]:
    """Read a map of anything."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _expect(value, "a map", where)
    return value


class Shape(Generic[T]):
    """Reads a map into a tuple of one type; `fields` is the registry of its fields by their names in the file."""

    def __init__(
        self, make: Callable[..., T], fields: Mapping[str, Callable[[Any, Where], Any]], /, **attributes: str
    ) -> None:
        """Take the type and its fields; `attributes` names those whose Python name is not derived from the field's."""
        self.make = make
        self.fields = dict(fields)
        self.attributes = {name: attributes.get(name, snake_case(name)) for name in fields}
        self._by_lower = {name.lower(): name for name in fields}

    def __call__(self, value: Any, where: Where) -> T:
        """Read a map. Raises KustomizationError with the place and the nearest known field."""
        if value is None:
            return self.make()
        if not isinstance(value, dict):
            raise _expect(value, "a map", where)
        return self.make(**self._read(value, where))

    def optional(self, value: Any, where: Where) -> T | None:
        """Read a map that may be absent."""
        return None if value is None else self(value, where)

    def _read(self, value: Mapping[str, Any], where: Where) -> dict[str, Any]:
        found = {}
        for given, one in value.items():
            name = self._name(given, where)
            if one is not None and name:
                found[self.attributes[name]] = self.fields[name](one, where.at(name))
        return found

    def _name(self, given: str, where: Where) -> str:
        if given in self.fields:
            return given
        name = self._by_lower.get(given.lower())
        if name is None and where.lenient:
            return ""
        if name is None:
            raise where.at(given).error(f"unknown field{_nearest(given, self.fields)}")
        return name


def _nearest(given: str, known: Mapping[str, Any]) -> str:
    near = nearest(given, known)
    return f"; did you mean {near}?" if near else f"; known are {', '.join(sorted(known))}"


def snake_case(name: str) -> str:
    """Give the Python spelling of a field's name: namePrefix is name_prefix."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
