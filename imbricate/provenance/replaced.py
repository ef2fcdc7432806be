"""Which line of a replacement made a change: that of the field path, among those of all targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.fieldpaths import split_field_path
from imbricate.provenance.texts import Place, field_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.documents.located import Located
    from imbricate.layers import Layer
    from imbricate.provenance.fields import Path
    from imbricate.provenance.texts import Texts
    from imbricate.provenance.tracing import Change


def replaced_place(texts: Texts, layer: Layer, file: str, entry: tuple[int, Located], change: Change) -> Place:
    """Find the field path in a target, a replacement or a list of them, which stands in `file` or is in files."""
    found = Place(file, entry[0])
    for shown, node in _with_files(texts, layer, file, entry[1]):
        for line, text in _field_paths(node):
            if _reaches(split_field_path(text), change.after):
                found = Place(shown, line)
    return found


def _with_files(texts: Texts, layer: Layer, file: str, node: Located) -> Iterator[tuple[str, Located]]:
    """Give the replacements, or the one target, with the file in which each stands."""
    inside = field_of(node, "replacements")
    for one in (inside[1] if inside else node).items or [node]:
        path = field_of(one, "path")
        if path is None:
            yield file, one
            continue
        text = texts.file(layer, path[1].text)
        yield from ((text.file, below) for below in text.value.items or [text.value])


def _field_paths(node: Located) -> Iterator[tuple[int, str]]:
    """Give the field paths of a replacement or a target; a target without any is about the name."""
    targets = field_of(node, "targets")
    for target in targets[1].items if targets else [node]:
        paths = field_of(target, "fieldPaths")
        if paths is None:
            yield target.line, "metadata.name"
            continue
        yield from ((one.line, one.text) for one in paths[1].items)


def _reaches(names: tuple[str, ...], path: Path) -> bool:
    """Tell whether a field path leads to a field, to what is above it, or to what was made on the way."""
    return all(isinstance(step, int) or name in {str(step), "*"} for name, step in zip(names, path, strict=False))
