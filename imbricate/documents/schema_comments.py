"""Comments that hold a schema, as `# {"x-kubernetes-patch-merge-key": "name", …}` behind a key (kyaml: fieldmeta).

In: the text of a resource file. Out: which value of which document is described, and by what.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    Path = tuple[str | int, ...]

_BEHIND_KEY = re.compile(r"\s*:\s*(?:[&!]\S+\s+)*#\s*(\{.*\})\s*$")
_BEHIND_VALUE = re.compile(r"\s*#\s*(\{.*\})\s*$")


class SchemaComment(NamedTuple):
    """A schema for the value at a path of a document; documents count from 0, empty ones too."""

    document: int
    path: Path
    schema: dict[str, Any]


def schema_comments(text: str) -> list[SchemaComment]:
    """Find the schemas in the comments of a text that is known to be YAML; other comments are passed over."""
    lines = text.replace("\r\n", "\n").split("\n")
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return [
        SchemaComment(document, path, schema)
        for document, node in enumerate(yaml.compose_all(text, Loader=loader))
        for path, schema in _described(node, lines, ())
    ]


def _described(node: Any, lines: list[str], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            schema = _schema(_BEHIND_KEY, key.end_mark, lines) or _schema(_BEHIND_VALUE, value.end_mark, lines)
            if schema:
                yield below, schema
            yield from _described(value, lines, below)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _described(value, lines, (*path, index))


def _schema(pattern: re.Pattern[str], mark: Any, lines: list[str]) -> dict[str, Any] | None:
    found = pattern.match(lines[mark.line][mark.column :]) if mark.line < len(lines) else None
    if found is None:
        return None
    try:
        schema = json.loads(found[1])
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None
