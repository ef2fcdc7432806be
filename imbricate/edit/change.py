"""What an edit did, for the command to act on."""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """Whether the file is to be written anew, and what to tell the user beside that."""

    is_made: bool = True
    notes: tuple[str, ...] = ()
