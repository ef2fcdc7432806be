"""Which literal, file or line of an env file a key of a generated ConfigMap or Secret is from."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from imbricate.provenance.entries import line_in_entry
from imbricate.provenance.texts import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.documents.located import Located
    from imbricate.layers import Layer
    from imbricate.provenance.texts import Texts
    from imbricate.provenance.tracing import Change

_CONTENT = ("data", "binaryData")


def generated_place(texts: Texts, layer: Layer, file: str, entry: tuple[int, Located], change: Change) -> Place:
    """Find the place in the entry of a generator, which stands in `file`, or in the file that it reads."""
    if len(change.after) == 2 and change.after[0] in _CONTENT:
        for key, place in _keys(texts, layer, file, entry[1]):
            if key == change.after[1]:
                return place
    if change.after[:1] == ("metadata",) and change.after[-1] == "name" and "name" in entry[1].pairs:
        return Place(file, entry[1].pairs["name"][0])
    if change.after[1:2] in {("labels",), ("annotations",)} and change.after[2:]:
        common = texts.entry(layer, "generatorOptions")
        for one in (entry, common):
            found = one[1].at(("options",) * (one is entry) + change.after[1:]) if one else None
            if found:
                return Place(file if one is entry else layer.file, found[0])
    return Place(file, line_in_entry(entry, change) if change.after else entry[0])


def _keys(texts: Texts, layer: Layer, file: str, entry: Located) -> Iterator[tuple[str, Place]]:
    for literal in _texts(entry, "literals"):
        yield literal.text.partition("=")[0], Place(file, literal.line)
    for source in _texts(entry, "files"):
        key, equals, path = source.text.partition("=")
        path = path if equals else key
        yield (key if equals else PurePosixPath(path).name), texts.file(layer, path).place(1)
    for envs in (*_texts(entry, "envs"), *_texts(entry, "env")):
        text = texts.file(layer, envs.text)
        for number, line in enumerate(text.lines, 1):
            yield line.removeprefix("\ufeff").lstrip().partition("=")[0].rstrip("\r"), text.place(number)


def _texts(entry: Located, field: str) -> list[Located]:
    found = entry.at((field,))
    return (found[1].items or [found[1]]) if found else []
