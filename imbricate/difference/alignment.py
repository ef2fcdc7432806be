"""Which element of one list stands for which of another.

A list whose elements have keys (by the schema of its kind, or because each has a name of its own) is aligned by these;
any other by the cheapest way to make the one list of the other, counted in values that are added, removed or changed.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.difference.paths import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from imbricate.schema import Schema

    Cost = Callable[[Any, Any], int]

_SCALAR = 4  # what it costs to add, remove or change a scalar
_SIMILAR = 3  # to change a text into one that begins alike: the other value of an option
_MOST_WORK = 200_000 * _SCALAR**2
_DEFAULTS = {"protocol": "TCP"}  # what an element that lacks the key has all the same
_SCALARS = (str, int, float, bool)


class Alignment(NamedTuple):
    """Pairs of elements in the order of the second list, removed ones first; the items that changed their place."""

    items: tuple[Item, ...]
    moved: frozenset[Item]


def same(old: Any, new: Any) -> bool:
    """Tell whether two values are equal in type, too: 1, 1.0 and True are three values."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return repr(old) == repr(new) if isinstance(old, float) else bool(old == new)


def align(old: list[Any], new: list[Any], schema: Schema | None = None) -> Alignment:
    """Pair the elements of two lists; `schema` is that of the list."""
    keys = _keys_of(old, new, schema)
    if keys is None:
        return _by_content(old, new)
    before, after = (_keyed(one, keys) or {} for one in (old, new))
    removed = [Item(key, index, None) for key, index in before.items() if key not in after]
    paired = [Item(key, before.get(key), index) for key, index in after.items()]
    stayed = _longest_increasing([item.before for item in paired if item.before is not None])
    moved = frozenset(item for item in paired if item.before is not None and item.before not in stayed)
    return Alignment((*removed, *paired), moved)


def _keys_of(old: list[Any], new: list[Any], schema: Schema | None) -> tuple[str, ...] | None:
    """Find keys that tell the elements of each list apart; `()` for scalars, None when there are none."""
    known = schema.merge_keys if schema is not None else None
    if known is not None and all(_keyed(one, known) is not None for one in (old, new)):
        return known
    by_name = [_keyed(one, ("name",)) for one in (old, new)]
    if None in by_name:
        return None
    before, after = by_name
    return ("name",) if before and after and before.keys() & after.keys() else None


def _keyed(elements: list[Any], keys: tuple[str, ...]) -> dict[tuple[tuple[str, str], ...], int] | None:
    """Give the index of each element by its keys, None when they do not tell all elements apart."""
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for index, element in enumerate(elements):
        key = _key_of(element, keys)
        if not key or key in found:
            return None
        found[key] = index
    return found


def _key_of(element: Any, keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if not keys:
        return (("", str(element)),) if isinstance(element, str) else ()
    if not isinstance(element, dict) or keys[0] not in element:
        return ()
    values = [(key, element.get(key, _DEFAULTS.get(key, ""))) for key in keys]
    if not all(isinstance(value, _SCALARS) for _, value in values):
        return ()
    return tuple((key, str(value)) for key, value in values if value != "")


def _longest_increasing(numbers: list[int]) -> frozenset[int]:
    """Give the members of a longest increasing subsequence: what has kept its order."""
    tails: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(tails, number)
        previous[number] = tails[place - 1] if place else None
        tails[place : place + 1] = [number]
    kept = []
    number_or_none = tails[-1] if tails else None
    while number_or_none is not None:
        kept.append(number_or_none)
        number_or_none = previous[number_or_none]
    return frozenset(kept)


def _by_content(old: list[Any], new: list[Any]) -> Alignment:
    start = _common(zip(old, new, strict=False))
    end = _common(zip(reversed(old[start:]), reversed(new[start:]), strict=False))
    middle = _cheapest(old[start : len(old) - end], new[start : len(new) - end])
    pairs: list[tuple[int | None, int | None]] = [(index, index) for index in range(start)]
    pairs += [(_moved_by(start, one), _moved_by(start, other)) for one, other in middle]
    pairs += [(len(old) - index, len(new) - index) for index in range(end, 0, -1)]
    return _with_moves(pairs, old, new)


def _common(pairs: Any) -> int:
    count = 0
    for one, other in pairs:
        if not same(one, other):
            break
        count += 1
    return count


def _moved_by(start: int, index: int | None) -> int | None:
    return None if index is None else index + start


def _with_moves(pairs: Sequence[tuple[int | None, int | None]], old: list[Any], new: list[Any]) -> Alignment:
    """Make one moved item of each element that is removed in one place and added in another."""
    removed = [index for index, other in pairs if index is not None and other is None]
    items, moved = [], set()
    for before, after in pairs:
        if after is None:
            continue
        if before is None:
            source = next((index for index in removed if same(old[index], new[after])), None)
            if source is not None:
                removed.remove(source)
                moved.add(Item((), source, after))
            items.append(Item((), source, after))
        else:
            items.append(Item((), before, after))
    return Alignment((*(Item((), index, None) for index in removed), *items), frozenset(moved))


def _cheapest(old: list[Any], new: list[Any]) -> list[tuple[int | None, int | None]]:
    if not old or not new:
        return [*((index, None) for index in range(len(old))), *((None, index) for index in range(len(new)))]
    if weight(old) * weight(new) > _MOST_WORK:
        return _by_equality(old, new)
    removing, adding = [weight(one) for one in old], [weight(one) for one in new]
    changing = [[distance(one, other) for other in new] for one in old]
    costs = _costs(removing, adding, changing)
    row, column = len(old), len(new)
    pairs: list[tuple[int | None, int | None]] = []
    while row or column:
        here = costs[row][column]
        # What is removed and added is no change of one element: that counts as such only where it costs less.
        if row and here == costs[row - 1][column] + removing[row - 1]:
            row -= 1
            pairs.append((row, None))
        elif column and here == costs[row][column - 1] + adding[column - 1]:
            column -= 1
            pairs.append((None, column))
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]


def _costs(removing: list[int], adding: list[int], changing: list[list[int]]) -> list[list[int]]:
    """Fill the table of an edit distance (Wagner and Fischer) with the costs of each step."""
    table = [[0] * (len(adding) + 1) for _ in range(len(removing) + 1)]
    for row in range(len(removing) + 1):
        for column in range(len(adding) + 1):
            ways = []
            if row:
                ways.append(table[row - 1][column] + removing[row - 1])
            if column:
                ways.append(table[row][column - 1] + adding[column - 1])
            if row and column:
                ways.append(table[row - 1][column - 1] + changing[row - 1][column - 1])
            table[row][column] = min(ways, default=0)
    return table


def _by_equality(old: list[Any], new: list[Any]) -> list[tuple[int | None, int | None]]:
    """Align long lists by equal elements alone; between these, first with first."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - few lists are that long

    before, after = ([json.dumps(one, sort_keys=True, default=repr) for one in side] for side in (old, new))
    pairs: list[tuple[int | None, int | None]] = []
    for _, start, end, other, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for step in range(max(end - start, other_end - other)):
            one = start + step if start + step < end else None
            pairs.append((one, other + step if other + step < other_end else None))
    return pairs


def weight(value: Any) -> int:
    """Give what it costs to add or remove a value with all that is in it."""
    if isinstance(value, dict):
        return _SCALAR + sum(map(weight, value.values()))
    return _SCALAR + sum(map(weight, value)) if isinstance(value, list) else _SCALAR


def distance(old: Any, new: Any) -> int:
    """Give what it costs to make one value of the other."""
    if isinstance(old, dict) and isinstance(new, dict):
        return sum(_field_distance(old, new, key) for key in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return _list_distance(old, new)
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return weight(old) + weight(new)
    if same(old, new):
        return 0
    return _SIMILAR if isinstance(old, str) and isinstance(new, str) and _option(old) == _option(new) else _SCALAR


def _option(text: str) -> str:
    return text.partition("=")[0].partition(":")[0]


def _field_distance(old: dict[str, Any], new: dict[str, Any], key: str) -> int:
    if key in old and key in new:
        return distance(old[key], new[key])
    return weight(old[key] if key in old else new[key])


def _list_distance(old: list[Any], new: list[Any]) -> int:
    changing = [[distance(one, other) for other in new] for one in old]
    return _costs([weight(one) for one in old], [weight(one) for one in new], changing)[-1][-1]
