"""Lists whose elements have keys: finding, setting and removing elements as kyaml does.

An element's key is compared by its text, so `80` and `"80"` are one port. Odd rules here (elements without key drop
their neighbours, nulls vanish) are kyaml's own: ElementSetter and ElementMatcher in kyaml/yaml/fns.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.errors import MergeError
from imbricate.values import is_empty, is_null, kind_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Keys = tuple[str, ...]
Values = tuple[str, ...]
NOTHING: Any = object()


def key_values(elements: list[Any], keys: Keys) -> list[Values]:
    """Give the texts of an element's keys, for each element; empty where it has none."""
    return [tuple(_key_text(element, key) for key in keys) for element in elements]


def _key_text(element: Any, key: str) -> str:
    value = element.get(key) if isinstance(element, dict) else None
    return "" if is_empty(value) else text_of(value)


def element_with(elements: Any, keys: Keys, values: Values) -> Any:
    """Find the first element with these key texts; NOTHING when there is none or `elements` is no list."""
    if not isinstance(elements, list):
        return NOTHING
    if not keys or not keys[0]:
        return next((one for one in elements if text_of(one) == values[0]), NOTHING)
    return next((one for one in elements if isinstance(one, dict) and _has(one, keys, values)), NOTHING)


def _has(element: dict[str, Any], keys: Keys, values: Values) -> bool:
    return all(key in element and text_of(element[key]) == value for key, value in zip(keys, values, strict=False))


def remove_elements(elements: list[Any], keys: Keys, values: Values) -> None:
    """Take the elements with these key texts out of the list, and with them its nulls and empty maps."""
    elements[:] = _others(elements, keys, values, NOTHING)[0]


def set_element(elements: list[Any], element: Any, keys: Keys, values: Values) -> None:
    """Put `element` in the place of those with these key texts, or at the end when there is none."""
    elements[:], found = _others(elements, keys, values, element)
    if not found:
        elements.append(element)


def _others(elements: list[Any], keys: Keys, values: Values, element: Any) -> tuple[list[Any], bool]:
    by_key = bool(keys and keys[0] and values and values[0])
    kept: list[Any] = []
    found = False
    for one in elements:
        if is_null(one) or one == {}:
            continue
        if by_key and not isinstance(one, dict):
            kept.append(one)
        elif _matches(one, keys, values):
            found = True
            kept += [] if element is NOTHING else [element]
        elif values:
            kept.append(one)
    return kept, found


def _matches(element: Any, keys: Keys, values: Values) -> bool:
    """Compare keys; an empty value matches any element that has the key at all."""
    matched = False
    for key, value in zip(keys, values, strict=False):
        if not key:
            matched = _scalar_text(element) == value
        elif not isinstance(element, dict):
            raise MergeError(f"expected a list of maps with {key!r}, found {kind_of(element)} in it")
        else:
            matched = key in element and (not value or text_of(element[key]) == value)
        if not matched:
            return False
    return matched


def _scalar_text(element: Any) -> str:
    if isinstance(element, dict | list):
        raise MergeError(f"expected a list of scalars, found {kind_of(element)} in it")
    return text_of(element)


def with_rest(merged: list[Any], target: list[Any], keys: Keys) -> list[Any]:
    """Append the target's own elements to the merged ones, each in the place of its namesake where there is one."""
    for element in target:
        if not keys[0]:
            set_element(merged, element, keys, (text_of(element),))
            continue
        values = _present_values(merged, element, keys)
        if len(keys) > 1:
            remove_elements(merged, keys, values)
        set_element(merged, element, keys, values)
    return merged


def _present_values(merged: list[Any], element: Any, keys: Keys) -> Values:
    """Give the key texts that the element has; for each that it lacks it is appended once, as kyaml does."""
    values = []
    for key in keys:
        if not isinstance(element, dict) and not is_null(element):
            raise MergeError(f"expected a list of maps with {key!r}, found {kind_of(element)} in it")
        if isinstance(element, dict) and key in element:
            values.append(text_of(element[key]))
        else:
            merged.append(element)
    return tuple(values)


def valid_keys(all_values: Sequence[Values], values: Values, keys: Keys) -> tuple[Keys, Values]:
    """Leave out the keys that no element has, unless no element has any."""
    used = {key for row in all_values for key, value in zip(keys, row, strict=False) if value}
    if not used:
        return keys, values
    return (
        tuple(key for key in keys if key in used),
        tuple(value for key, value in zip(keys, values, strict=False) if value or key in used),
    )


def unify_values(rows: list[Values]) -> None:
    """Complete rows that agree where both have a value: one without protocol takes that of its partner."""
    for left in range(len(rows)):
        for right in range(len(rows)):
            unified = _unified(rows[left], rows[right])
            if unified is not None:
                rows[left] = rows[right] = unified


def _unified(left: Values, right: Values) -> Values | None:
    common = False
    unified = []
    for one, other in zip(left, right, strict=True):
        common = common or one == other
        if one != other and one and other:
            return None
        unified.append(one or other)
    return tuple(unified) if common else None
