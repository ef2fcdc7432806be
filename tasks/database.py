"""What doit remembers of its runs, .doit.json, written whole or not at all: a run that is killed harms no later one.

It can always be made again, so one that cannot be read counts as empty.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from doit.dependency import DatabaseException, JsonDB


class WholeJson(JsonDB):  # type: ignore[misc]  # doit has no types
    """doit's JSON database."""

    desc = "text, JSON format, written whole or not at all"

    def _load(self) -> Any:
        try:
            return super()._load()
        except DatabaseException:
            return {}

    def dump(self) -> None:
        """Write all of it."""
        whole = Path(self.name).with_name(f".imbricate-{os.getpid()}")
        whole.write_text(self.codec.encode(self._db))
        whole.replace(self.name)
