"""The nearest match for a name that is not known, for messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """Give the known name that comes nearest, an empty text when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a message

    return next(iter(get_close_matches(name, list(known), n=1)), "")
