"""Where a field stands in a YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def line_of(file: Path, field: str) -> int | None:
    """Give the line, from 1, of a field such as `services.web.calls`, or of the part of it that is there."""
    try:
        node = yaml.compose(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return None
    line, rest = None, f"{field}."
    while isinstance(node, yaml.MappingNode):
        found = next(((key, value) for key, value in node.value if rest.startswith(f"{key.value}.")), None)
        if found is None:
            break
        line, rest, node = found[0].start_mark.line + 1, rest[len(found[0].value) + 1 :], found[1]
    return line
