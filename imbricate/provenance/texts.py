"""The files of a build, read again to find lines in them: only those that an explanation is about, each once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imbricate.documents.located import Located, locate_config, locate_objects
from imbricate.errors import ImbricateError

if TYPE_CHECKING:
    from imbricate.layers import Layer

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True)
class Place:
    """A file as messages show it, and a line in it from 1; None when it is not known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """Give `file:line`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Text:
    """A text that is read for its lines: a file, or the value of a field in one."""

    def __init__(self, file: str, text: str) -> None:
        """Take the file as shown, and the text."""
        self.file = file
        self.text = text
        self._objects: list[Located] | None = None
        self._value: Located | None = None

    @property
    def lines(self) -> list[str]:
        """Give the lines."""
        return self.text.split("\n")

    @property
    def objects(self) -> list[Located]:
        """Locate the objects in it."""
        if self._objects is None:
            self._objects = locate_objects(self.text)
        return self._objects

    @property
    def value(self) -> Located:
        """Locate its first document."""
        if self._value is None:
            self._value = locate_config(self.text)
        return self._value

    def place(self, line: int | None) -> Place:
        """Give the place of a line."""
        return Place(self.file, line)


class Texts:
    """Reads the texts of layers."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[tuple[Layer, str], Text] = {}

    def file(self, layer: Layer, path: str) -> Text:
        """Read a file that a layer names; one that cannot be read any more is empty."""
        if (layer, path) not in self._known:
            try:
                text = layer.folder.read(path).decode()
            except (ImbricateError, OSError, ValueError):
                text = ""
            self._known[layer, path] = Text(layer.shown(path), text)
        return self._known[layer, path]

    def kustomization(self, layer: Layer) -> Text:
        """Read the kustomization of a layer."""
        if (layer, "") not in self._known:
            self._known[layer, ""] = Text(layer.file, self.file(layer, layer.file_name).text)
        return self._known[layer, ""]

    def entry(self, layer: Layer, field: str) -> tuple[int, Located] | None:
        """Find a field of a kustomization, `patches[2]`, or what of the way to it is there."""
        steps = tuple(int(index) if index else name for name, index in _STEP.findall(field))
        found, node = None, self.kustomization(layer).value
        for step in steps:
            below = node.child(step) if isinstance(step, int) else field_of(node, step)
            if below is None:
                break
            found, node = below, below[1]
        return found

    def inline(self, layer: Layer, field: str) -> Text | None:
        """Give the text that a field of a kustomization holds as a literal block, with the file's own lines."""
        return block(layer.file, self.entry(layer, field))


def block(file: str, found: tuple[int, Located] | None) -> Text | None:
    """Give the text of a literal block with the lines of the file that it stands in; None for any other value."""
    if found is None or found[1].first is None:
        return None
    return Text(file, "\n" * (found[1].first - 1) + found[1].text)


def field_of(node: Located, name: str) -> tuple[int, Located] | None:
    """Give a field of a kustomization, or of a plugin's configuration, with its line: there, case does not matter."""
    written = next((key for key in node.pairs if key.lower() == name.lower()), name)
    return node.pairs.get(name) or node.pairs.get(written)
