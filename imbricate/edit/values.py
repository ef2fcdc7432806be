"""Fields with one value, `namespace`, `namePrefix` and `nameSuffix`, and the list `replicas`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbricate.edit.canonical import Fields

_COUNT = re.compile(r"[+-]?[0-9]+", re.ASCII)


def set_value(fields: Fields, field: str, value: str) -> None:
    """Set a field; an empty value removes it."""
    fields[field] = value


def parse_replicas(argument: str) -> tuple[str, int]:
    """Read an argument NAME=COUNT. Raises EditError."""
    name, _, count = argument.partition("=")
    if not _COUNT.fullmatch(count) or not -(2**63) <= int(count) < 2**63:
        raise EditError(f"set replicas: expected NAME=COUNT with a whole number, found {argument!r}")
    return name, int(count)


def set_replicas(fields: Fields, counts: Sequence[tuple[str, int]]) -> None:
    """Set entries of `replicas`, all sorted by name; of several with one name the first counts, or else the new one."""
    changed = {name: {"name": name, "count": count} if name else {"count": count} for name, count in counts}
    for present in fields.get("replicas") or ():
        changed.setdefault(present.get("name", ""), present)
    fields["replicas"] = [changed[name] for name in sorted(changed)]
