"""Whether a value fits a JSON schema, yes or no, for the keywords that the schemas of Kubernetes have.

Most objects fit, and this tells it in a fraction of the time of the package jsonschema, which says what is wrong with
the others. By JSON Schema 2020-12; `format` is an annotation there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Schema = dict[str, Any]
_SILENT = frozenset({"$defs", "$id", "$schema", "description", "format", "title"})
_EXTENSION = "x-kubernetes-"


class UnknownKeywordError(Exception):
    """A schema has a keyword that is not known here; the text is the keyword, or the reference."""


class Fitting:
    """One schema, and those that it refers to; `others` gives the latter by what stands before the # of a reference."""

    def __init__(self, root: Schema, others: Mapping[str, Schema]) -> None:
        """Take the schemas."""
        self._root = root
        self._others = others
        self._known: dict[str, Fitting] = {}

    def fits(self, value: object) -> bool:
        """Tell whether a value fits the whole schema. Raises UnknownKeywordError."""
        return self.part(self._root, value)

    def part(self, schema: Schema | bool, value: object) -> bool:  # noqa: FBT001 - JSON Schema has true and false
        """Tell whether a value fits a part of the schema."""
        if isinstance(schema, bool):
            return schema
        for keyword, wanted in schema.items():
            check = _CHECKS.get(keyword)
            if check is not None:
                if not check(self, wanted, value, schema):
                    return False
            elif keyword not in _SILENT and not keyword.startswith(_EXTENSION):
                raise UnknownKeywordError(keyword)
        return True

    def reference(self, reference: str, value: object) -> bool:
        """Tell whether a value fits what `$ref` names: `#/$defs/name`, or one of another schema."""
        file, _, path = reference.partition("#/$defs/")
        if file not in self._known:
            if file and file not in self._others:
                raise UnknownKeywordError(reference)
            self._known[file] = Fitting(self._others[file], self._others) if file else self
        home = self._known[file]
        definitions = home._root.get("$defs", {})  # noqa: SLF001 - of the same class
        if path not in definitions:
            raise UnknownKeywordError(reference)
        return home.part(definitions[path], value)


def _reference(fitting: Fitting, wanted: Any, value: Any, _: Schema) -> bool:
    return fitting.reference(wanted, value)


def _type(_: Fitting, wanted: Any, value: Any, __: Schema) -> bool:
    return _TYPES[wanted](value) if isinstance(wanted, str) else any(_TYPES[one](value) for one in wanted)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _enum(_: Fitting, wanted: Any, value: Any, __: Schema) -> bool:
    if any(isinstance(one, dict | list) for one in wanted):
        raise UnknownKeywordError("enum")
    return any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in wanted)


def _properties(fitting: Fitting, wanted: Any, value: Any, _: Schema) -> bool:
    return not isinstance(value, dict) or all(
        fitting.part(wanted[name], one) for name, one in value.items() if name in wanted
    )


def _additional(fitting: Fitting, wanted: Any, value: Any, schema: Schema) -> bool:
    known = schema.get("properties", ())
    return not isinstance(value, dict) or all(
        fitting.part(wanted, one) for name, one in value.items() if name not in known
    )


def _required(_: Fitting, wanted: Any, value: Any, __: Schema) -> bool:
    return not isinstance(value, dict) or all(name in value for name in wanted)


def _items(fitting: Fitting, wanted: Any, value: Any, _: Schema) -> bool:
    return not isinstance(value, list) or all(fitting.part(wanted, one) for one in value)


def _pattern(_: Fitting, wanted: Any, value: Any, __: Schema) -> bool:
    return not isinstance(value, str) or _compiled(wanted).search(value) is not None


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _length(kind: type | tuple[type, ...], *, is_least: bool) -> Callable[[Fitting, Any, Any, Schema], bool]:
    """Give the check of a keyword such as `maxItems`, which is about values of one kind only."""

    def check(_: Fitting, wanted: Any, value: Any, __: Schema) -> bool:
        if not isinstance(value, kind):
            return True
        return bool(len(value) >= wanted if is_least else len(value) <= wanted)  # type: ignore[arg-type]

    return check


_CHECKS: dict[str, Callable[[Fitting, Any, Any, Schema], bool]] = {
    "$ref": _reference,
    "type": _type,
    "enum": _enum,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "pattern": _pattern,
    "minimum": lambda _, wanted, value, __: not _is_number(value) or value >= wanted,
    "maximum": lambda _, wanted, value, __: not _is_number(value) or value <= wanted,
    "minLength": _length(str, is_least=True),
    "maxLength": _length(str, is_least=False),
    "minItems": _length(list, is_least=True),
    "maxItems": _length(list, is_least=False),
    "minProperties": _length(dict, is_least=True),
    "maxProperties": _length(dict, is_least=False),
    "allOf": lambda fitting, wanted, value, _: all(fitting.part(one, value) for one in wanted),
    "anyOf": lambda fitting, wanted, value, _: any(fitting.part(one, value) for one in wanted),
    "oneOf": lambda fitting, wanted, value, _: sum(fitting.part(one, value) for one in wanted) == 1,
    "not": lambda fitting, wanted, value, _: not fitting.part(wanted, value),
}
