"""JSON 6902 patches (RFC 6902), with the leniencies of the library that kustomize uses (evanphx/json-patch v4).

In: a JSON value and operations as read from the patch. Out: the patched value. Leniencies: `replace` of a missing last
key adds it; a negative list index counts from the end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imbricate.errors import JsonPatchError
from imbricate.values import MOST_COPIED, copy_of, grows_out_of_proportion

if TYPE_CHECKING:
    from collections.abc import Callable

Operation = dict[str, Any]
_MISSING: Any = object()
_INDEX = re.compile(r"[+-]?[0-9]+", re.ASCII)


def apply_operations(document: Any, operations: list[Operation]) -> Any:
    """Apply the operations in order. Raises JsonPatchError that names the operation's number, kind and path."""
    for number, operation in enumerate(operations):
        kind = operation.get("op")
        apply = _OPERATIONS.get(kind) if isinstance(kind, str) else None
        if apply is None:
            raise JsonPatchError(f"operation {number}: op: expected one of {', '.join(_OPERATIONS)}, found {kind!r}")
        try:
            document = apply(document, operation)
        except JsonPatchError as error:
            raise JsonPatchError(f"operation {number}: {kind} {operation.get('path', '')}: {error}") from None
    return document


def _text(operation: Operation, field: str) -> str:
    value = operation.get(field)
    if not isinstance(value, str):
        raise JsonPatchError(f"{field}: expected a JSON pointer, found {value!r}")
    return value


def _find(document: Any, pointer: str) -> tuple[Any, str]:
    """Find the container that holds what `pointer` names, and the last name."""
    names = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    if len(names) < 2:
        raise JsonPatchError("the document has no such path; a pointer starts with /")
    container = document
    for depth, name in enumerate(names[1:-1], 2):
        container = _get(container, name, default=None)
        if not isinstance(container, dict | list):
            raise JsonPatchError(f"the document has no {'/'.join(names[:depth])}")
    return container, names[-1]


def _index(name: str, size: int) -> int:
    if not _INDEX.fullmatch(name):
        raise JsonPatchError(f"expected a list index, found {name!r}")
    index = int(name)
    if not -size <= index < size:
        raise JsonPatchError(f"index {name} is outside of a list of {size}")
    return index + size if index < 0 else index


def _get(container: Any, name: str, default: Any = _MISSING) -> Any:
    if isinstance(container, dict):
        return container.get(name, default)
    return container[_index(name, len(container))]


def _put(container: Any, name: str, value: Any) -> None:
    if isinstance(container, dict):
        container[name] = value
    elif name == "-":
        container.append(value)
    else:
        container.insert(_index(name, len(container) + 1), value)


def _take(container: Any, name: str) -> Any:
    if isinstance(container, list):
        return container.pop(_index(name, len(container)))
    if name not in container:
        raise JsonPatchError(f"there is no {name!r} to remove")
    return container.pop(name)


def _add(document: Any, operation: Operation) -> Any:
    container, name = _find(document, _text(operation, "path"))
    _put(container, name, copy_of(operation.get("value")))
    return document


def _remove(document: Any, operation: Operation) -> Any:
    _take(*_find(document, _text(operation, "path")))
    return document


def _replace(document: Any, operation: Operation) -> Any:
    pointer, value = _text(operation, "path"), copy_of(operation.get("value"))
    if not pointer:
        if not isinstance(value, dict | list):
            raise JsonPatchError("value: expected a map or a list to replace the whole document")
        return value
    container, name = _find(document, pointer)
    if isinstance(container, dict):
        container[name] = value
    else:
        container[_index(name, len(container))] = value
    return document


def _move(document: Any, operation: Operation) -> Any:
    value = _take(*_find(document, _text(operation, "from")))
    _put(*_find(document, _text(operation, "path")), value)
    return document


def _copy(document: Any, operation: Operation) -> Any:
    value = _get(*_find(document, _text(operation, "from")), default=None)
    if grows_out_of_proportion(value):
        raise JsonPatchError(f"copies more than {MOST_COPIED} values")
    _put(*_find(document, _text(operation, "path")), copy_of(value))
    return document


def _test(document: Any, operation: Operation) -> Any:
    pointer = _text(operation, "path")
    found = _get(*_find(document, pointer), default=None) if pointer else document
    if not _same(found, operation.get("value")):
        raise JsonPatchError(f"expected {operation.get('value')!r}, found {found!r}")
    return document


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


_OPERATIONS: dict[str, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
