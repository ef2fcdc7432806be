"""What is found wrong with the networks of a unit."""

from __future__ import annotations

from typing import Any, NamedTuple


class Finding(NamedTuple):
    """What is wrong with a field of an object, or, without an object, with a line of a file; and the way on."""

    message: str
    manifest: dict[str, Any] | None
    path: tuple[str | int, ...]
    file: str
    fix: str
    line: int | None = None
