"""What people type on one line, and what PostgreSQL can keep of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from pakaura.schema import MESSAGE_LENGTH, TITLE_LENGTH


def one_line(text: str) -> str:
    """Make every run of blanks one, and leave out what cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _not_empty(text: str) -> str:
    line = one_line(text)
    if not line:
        raise ValueError("expected some words")
    return line


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), AfterValidator(_not_empty)]
Said = Annotated[str, Field(min_length=1, max_length=MESSAGE_LENGTH), AfterValidator(_not_empty)]
