"""Fields as a person writes them → paths in a manifest, and back; the same field in another version of the object."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from imbricate.difference import MISSING, Item, path_text
from imbricate.difference.alignment import align

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.schema import Schema

Path = tuple[str | int, ...]
_BRACKET = re.compile(r"\[((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\]\"'])*)\]")
_PAIR = re.compile(r"([^=,]+)=(\"(?:[^\"\\]|\\.)*\"|[^,]*)(?:,|$)")


def find(value: Any, text: str) -> Path | None:
    r"""Find the path that a text means in a value, None when there is none.

    `spec.containers[name=web].image`, `spec.containers[0].image`, `spec.containers.0.image`; a name that holds dots may
    be written as it is, as `["a.b/c"]`, or with `\.`.
    """
    if not text:
        return ()
    if text.startswith("["):
        return _in_brackets(value, text)
    if isinstance(value, list):
        index, _, rest = text.partition(".")
        return _below(value, int(index), rest) if index.isdecimal() else None
    if not isinstance(value, dict):
        return None
    for key in sorted(value, key=len, reverse=True):
        for written in dict.fromkeys((key, key.replace(".", "\\."))):
            rest = text.removeprefix(written)
            if text.startswith(written) and rest[:1] in {"", ".", "["}:
                found = _below(value, key, rest)
                if found is not None:
                    return found
    return None


def _below(value: Any, step: str | int, rest: str) -> Path | None:
    if isinstance(step, int) and step >= len(value):
        return None
    found = find(value[step], rest.removeprefix("."))
    return None if found is None else (step, *found)


def _in_brackets(value: Any, text: str) -> Path | None:
    bracket = _BRACKET.match(text)
    if bracket is None:
        return None
    inside, rest = bracket[1], text[bracket.end() :]
    if isinstance(value, dict):
        name = _unquoted(inside)
        return _below(value, name, rest) if name in value else None
    if not isinstance(value, list):
        return None
    if inside.isdecimal():
        return _below(value, int(inside), rest)
    wanted = {key.strip(): _unquoted(one) for key, one in _PAIR.findall(inside)}
    for index, element in enumerate(value):
        if _is_meant(element, wanted, inside):
            return _below(value, index, rest)
    return None


def _is_meant(element: Any, wanted: dict[str, str], inside: str) -> bool:
    if isinstance(element, dict):
        return bool(wanted) and all(key in element and str(element[key]) == text for key, text in wanted.items())
    return str(element) in {inside, _unquoted(inside)}


def _unquoted(text: str) -> str:
    if text[:1] == '"' and text[-1:] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def value_at(value: Any, path: Path) -> Any:
    """Give what stands at a path, MISSING when there is nothing."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else MISSING
        else:
            value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
    return value


def shown(manifest: Any, path: Path) -> str:
    """Give a path as text: an element of a list by its name if it has one of its own, else by its index."""
    steps: list[str | Item] = []
    value = manifest
    for step in path:
        steps.append(_item(value, step) if isinstance(step, int) else step)
        value = value_at(value, (step,))
    return path_text(tuple(steps))


def _item(elements: Any, index: int) -> Item:
    name = value_at(elements, (index, "name"))
    names = [one.get("name") for one in elements if isinstance(one, dict)] if isinstance(elements, list) else []
    return Item((("name", name),) if isinstance(name, str) and names.count(name) == 1 else (), None, index)


def in_former(before: Any, after: Any, path: Path, schema: Schema | None) -> Path | None:
    """Give the path that a field had in the version before; None when an element on the way was not there."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, str):
            found.append(step)
            schema = schema.field(step) if schema is not None else None
        else:
            former = step
            if before != after and isinstance(before, list) and isinstance(after, list):
                index = _former_index(before, after, step, schema)
                if index is None:
                    return None
                former = index
            found.append(former)
            schema = schema.elements() if schema is not None else None
        before, after = value_at(before, (found[-1],)), value_at(after, (step,))
    return tuple(found)


def _former_index(before: list[Any], after: list[Any], index: int, schema: Schema | None) -> int | None:
    items = align(before, after, schema).items
    found = next((one.before for one in items if one.after == index), None)
    if found is None and len(before) == len(after) and all(one.after is None for one in items if one.before == index):
        return index  # the element has another key than it had, such as a container that was given another name
    return found


def all_fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Give the path of every scalar and of every empty map or list."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from all_fields(one, (*path, key))
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from all_fields(one, (*path, index))
    else:
        yield path
