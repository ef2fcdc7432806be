"""The file and line that a finding is about, so that it can be opened there.

A finding names a kustomization and a field of it, a file with its line, or an object; of an object it is the file that
it came from, and in it the deepest part of the field that stands there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imbricate.resources import Resource

_WITH_LINE = re.compile(r"(?P<file>[^\s:]+\.ya?ml):(?P<line>\d+)\b")
_OF_FILE = re.compile(r"(?P<file>[^\s:]+): (?P<field>[\w.\[\]\"/-]+): ")
_OF_OBJECT = re.compile(r"(?P<object>[A-Z]\w*/[^\s:]+)(?: (?P<field>[^\s:]+))?:")
_FIRST_FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_STEP = re.compile(r"[^.\[\]]+")


class Place(NamedTuple):
    """A file, as seen from the root of the repository, and a line in it, from 1; None where it is not known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """Give file:line."""
        return f"{self.file}:{self.line}" if self.line else self.file


def place_of(finding: str, resources: Iterable[Resource]) -> Place | None:
    """Find what a finding is about; None where it names nothing that is there."""
    found = _WITH_LINE.match(finding)
    if found:
        return Place(found["file"], int(found["line"]))
    found = _OF_FILE.match(finding)
    if found and Path(found["file"]).is_file():
        return _in_file(found["file"], 0, [], found["field"])
    found = _OF_OBJECT.match(finding)
    if found:
        return _of_object(found["object"], found["field"] or "", resources)
    found = _FIRST_FILE.match(finding)
    return Place(found[0]) if found else None


def _of_object(title: str, field: str, resources: Iterable[Resource]) -> Place | None:
    resource = next((one for one in resources if str(one) == title), None)
    if resource is None or resource.source is None:
        return None
    source = resource.source
    if source.generator:
        return _in_file(source.file, 0, [], f"{source.generator}[{source.position}]")
    return _in_file(source.file, source.position, ["spec", "template", "spec"], field)


def _in_file(file: str, position: int, above: Sequence[str], field: str) -> Place:
    """Find the line of a field, which may be written from the top or from the pod's template on."""
    try:
        documents = list(yaml.compose_all(Path(file).read_text(), Loader=yaml.SafeLoader))
    except (OSError, UnicodeError, yaml.YAMLError):
        return Place(file)
    if position >= len(documents) or documents[position] is None:
        return Place(file)
    steps = _STEP.findall(field)
    deepest = max((_followed(documents[position], path) for path in (steps, [*above, *steps])), key=lambda one: one[0])
    return Place(file, deepest[1].start_mark.line + 1)


def _followed(node: yaml.Node, steps: Sequence[str]) -> tuple[int, yaml.Node]:
    """Give how many steps could be followed, and the node of the last: of a field its name, of an element itself."""
    shown = node
    for count, step in enumerate(steps):
        found = _below(node, step)
        if found is None:
            return count, shown
        shown, node = found
    return len(steps), shown


def _below(node: yaml.Node, step: str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if not isinstance(node, yaml.SequenceNode):
        return None
    if step.isdigit() and int(step) < len(node.value):
        return node.value[int(step)], node.value[int(step)]
    return next(((one, one) for one in node.value if _is_called(one, step)), None)


def _is_called(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.MappingNode) and any(
        key.value == "name" and value.value == name for key, value in node.value
    )
