"""Where a value stands in a manifest, and how that is written: `spec.containers[name=web].ports[0]`."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_PLAIN = re.compile(r"[\w$-]+", re.ASCII)
_PLAIN_VALUE = re.compile(r"[^\s,=\[\]\"'\x00-\x1f\x7f]+")


class Item(NamedTuple):
    """An element of a list: the values of its keys, none if the list has no keys, and its index before and after."""

    keys: tuple[tuple[str, str], ...]
    before: int | None
    after: int | None

    def __str__(self) -> str:
        """Give the element in brackets, by its keys if it has any, else by its index."""
        if not self.keys:
            return f"[{self.before if self.after is None else self.after}]"
        return (
            "["
            + ",".join(f"{key}={_value_text(value)}" if key else _value_text(value) for key, value in self.keys)
            + "]"
        )


Path = tuple[str | Item, ...]


def _value_text(value: str) -> str:
    return value if _PLAIN_VALUE.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def path_text(path: Path) -> str:
    """Give a path as text; a name that is not of letters, digits, `_`, `-` and `$` stands in brackets and quotes."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            text += str(step)
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text
