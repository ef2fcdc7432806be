"""Which files define which kinds of custom resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_GROUP, _KIND = re.compile(r"^  group: (\S+)$", re.MULTILINE), re.compile(r"^    kind: (\S+)$", re.MULTILINE)


def defining(folder: Path, used: Collection[tuple[str, ...]], groups: Collection[str] = ()) -> Iterator[Path]:
    """Find the files that define kinds, `(group, kind)`, that are used, and all of some groups."""
    for file in sorted(folder.iterdir()):
        text = file.read_text()
        kinds = set(zip(_GROUP.findall(text), _KIND.findall(text), strict=True))
        if kinds & set(used) or any(group in groups for group, _ in kinds):
            yield file
