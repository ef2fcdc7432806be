"""What may have happened to an entry of a cache folder since it was kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut short": lambda content: content[:-1],
    "a byte changed": lambda content: content[:60] + b"?" + content[61:],
    "something else": lambda _: os.urandom(200),
}
