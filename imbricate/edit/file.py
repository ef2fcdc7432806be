"""The kustomization file that is edited: text → fields and the comments between them → text.

kustomize writes a file anew: the fields in the order that they had, each with the comments and blank lines that stood
above or in it; then, in a fixed order, those that are new. Comments at the end of a line or of the file are lost, and
so is the style of values (kustomize: commands/internal/kustfile). Here it is the same, byte for byte.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imbricate.decode import Where, snake_case
from imbricate.documents import read_config, write_document
from imbricate.edit.canonical import ALIASES, Fields, canonical
from imbricate.errors import EditError, LoadError
from imbricate.fields import FILE_NAMES, KUSTOMIZATION
from imbricate.folder import Folder, Sources, display
from imbricate.write import write_file

if TYPE_CHECKING:
    from pathlib import Path

# The order in which kustomize writes fields that are new; imageTags is not among them.
ORDER = (
    "apiVersion",
    "kind",
    "metadata",
    "sortOptions",
    "resources",
    "bases",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "crds",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "configMapGenerator",
    "secretGenerator",
    "helmCharts",
    "helmChartInflationGenerator",
    "helmGlobals",
    "generatorOptions",
    "vars",
    "images",
    "replacements",
    "replicas",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "components",
    "openapi",
    "buildMetadata",
)
# These are written when they are set, though nothing be in them.
_MAPS = ("metadata", "sortOptions", "helmGlobals", "generatorOptions")
_BY_LOWER = {name.lower(): name for name in ORDER}


@dataclass(slots=True)
class _Place:
    """A field where it stood in the file, and the comments that go above it."""

    name: str
    comments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EditedFile:
    """A kustomization file, its fields free to be changed; `moved`: the deprecated names that reading replaced."""

    path: Path
    shown: str
    fields: Fields
    places: list[_Place]
    moved: list[tuple[str, str]]

    @property
    def name(self) -> str:
        """Give the name of the file in its folder."""
        return self.path.name

    def text(self) -> str:
        """Give the file as it is to be written."""
        parts = []
        for place in self.places:
            parts += [*place.comments, self._field(place.name)]
        there = {place.name for place in self.places}
        parts += [self._field(name) for name in ORDER if name not in there]
        return "".join(parts)

    def _field(self, name: str) -> str:
        value = self.fields.get(name)
        return write_document({name: value}) if value or (value is not None and name in _MAPS) else ""

    def save(self) -> bool:
        """Write the file, whole or not at all; tell whether anything is different. Raises WriteError."""
        return write_file(self.path.resolve(), self.text())


def find(folder: Path) -> Path:
    """Find the one kustomization file of a folder. Raises LoadError or EditError."""
    found = [folder / name for name in FILE_NAMES if os.path.exists(folder / name)]  # noqa: PTH110 - Path.exists raises
    if not found:
        raise LoadError("", folder, f"holds no kustomization: expected one of {', '.join(FILE_NAMES)}")
    if len(found) > 1:
        names = " and ".join(one.name for one in found)
        raise LoadError("", folder, f"holds several kustomizations ({names}): expected one")
    if found[0].is_dir():
        raise EditError(f"{display(found[0].absolute())}: is a folder, expected a file")
    return found[0]


def read(path: Path) -> EditedFile:
    """Read a kustomization file.

    Raises DocumentError for what is no YAML, KustomizationError for a field that is unknown or does not fit, LoadError
    for a file that cannot be read.
    """
    shown = display(path.absolute())
    content = Folder(path.parent.absolute(), Sources(), root_only=False).read(path.name)
    kustomization = KUSTOMIZATION(read_config(content, shown), Where(shown))
    moved = [names for names in ALIASES if getattr(kustomization, snake_case(names[0]))]
    return EditedFile(path, shown, canonical(kustomization), _places(content.decode()), moved)


def _places(text: str) -> list[_Place]:
    """Find the fields and their comments, line by line as kustomize does: a last line without its end is not seen."""
    places: list[_Place] = []
    comments: list[str] = []
    for line in text.split("\n")[:-1]:
        bare = line.lstrip(" ")
        if not bare or bare.startswith("#"):
            comments.append(line + "\n")
            continue
        name, colon, _ = line.partition(":")
        if colon and name.lower() in _BY_LOWER:
            places.append(_Place(_BY_LOWER[name.lower()], comments))
        elif places:
            places[-1].comments += comments
        else:
            continue
        comments = []
    return places
