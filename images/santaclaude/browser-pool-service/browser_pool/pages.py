"""What a page is asked for, and what it gives."""

from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, HttpUrl

MOST_TEXT = 40_000
MOST_TITLE = 500


def _without_credentials(url: HttpUrl) -> HttpUrl:
    if url.username or url.password:
        raise ValueError("expected an address without name and password")
    return url


class PageRequest(BaseModel):
    """A page to render. `wait`: until what it counts as loaded."""

    url: Annotated[HttpUrl, AfterValidator(_without_credentials)]
    width: int = Field(default=1280, ge=320, le=1920)
    height: int = Field(default=800, ge=240, le=4000)
    wait: Literal["load", "domcontentloaded", "networkidle"] = "load"


class Page(NamedTuple):
    """A rendered page: where it came from at last, and what could be read and seen."""

    url: str
    status: int
    title: str
    text: str
    truncated: bool
    screenshot: bytes


class UnreachableError(Exception):
    """The page cannot be loaded; it is not for us to say whether it ever can."""
