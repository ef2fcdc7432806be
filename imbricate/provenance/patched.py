"""Which line of a patch made a change: a field of a strategic merge patch, or an operation of a JSON 6902 patch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from imbricate.difference import MISSING
from imbricate.provenance.fields import value_at
from imbricate.provenance.texts import block, field_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.documents.located import Located
    from imbricate.layers import Layer
    from imbricate.provenance.texts import Place, Text, Texts
    from imbricate.provenance.tracing import Change, Step, Trace
    from imbricate.schema import Schema

_DEFAULT_KEYS = ("name",)
_IN_FILES = ("path", "paths")
_INLINE = ("patch", "patches", "jsonOp")
FIELDS_OF_PATCHES = (*_IN_FILES, *_INLINE)


def patch_texts(texts: Texts, layer: Layer, file: str, entry: Located) -> Iterator[Text]:
    """Give the patches, inline or in files, of an entry of a kustomization or of a plugin's configuration in `file`."""
    if not entry.pairs:
        yield block(file, (entry.line, entry)) or texts.file(layer, entry.text)
    for name in _IN_FILES:
        found = field_of(entry, name)
        if found:
            yield from (texts.file(layer, one.text) for one in (found[1].items or [found[1]]))
    for name in _INLINE:
        text = block(file, field_of(entry, name))
        if text:
            yield text


def patch_place(patches: list[Text], trace: Trace, step: Step, change: Change) -> Place | None:
    """Find the place in the patches that a step applied; None when it cannot be found there.

    Of several it is the one that says most of the field, and of these the last.
    """
    found = [
        (depth, number, text.place(line))
        for number, text in enumerate(patches)
        for depth, line in _lines_in(text, trace, step, change, is_alone=len(patches) == 1)
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _lines_in(text: Text, trace: Trace, step: Step, change: Change, *, is_alone: bool) -> Iterator[tuple[int, int]]:
    """Give the lines of a text that are about a field, the last first, with how much of its path they say."""
    if text.value.items:
        line = _operation_line(text.value.items, trace.version(step.number), change)
        if line:
            yield len(change.after), line
        return
    for patch in reversed(_meant(text.objects, trace, is_alone=is_alone)):
        yield _merge_line(patch, trace, step, change)


def _meant(patches: list[Located], trace: Trace, *, is_alone: bool) -> list[Located]:
    """Choose the patches for an object among several by kind and name; one alone may have a target and another name."""
    if len(patches) == 1 and is_alone:
        return patches
    names = {(one.gvk.kind, one.name) for one in (*trace.history.resource.ids, *trace.history.ids)}
    return [one for one in patches if _name_of(one) in names]


def _name_of(patch: Located) -> tuple[str, str] | None:
    kind, name = patch.at(("kind",)), patch.at(("metadata", "name"))
    return (kind[1].text, name[1].text) if kind and name else None


def _merge_line(patch: Located, trace: Trace, step: Step, change: Change) -> tuple[int, int]:
    """Go down a patch as far as it says something of the field; give how many steps that is, and the line.

    What it leaves out it did by the last that it says.
    """
    gone = change.new is MISSING
    manifest = trace.version(step.number - 1 if gone else step.number)
    path = change.before if gone else change.after
    schema: Schema | None = trace.schema
    line, node = patch.line, patch
    for position, one in enumerate(path):
        if isinstance(one, str):
            found = node.child(one)
            schema = schema.field(one) if schema is not None else None
        else:
            found = _element(node, value_at(manifest, path[:position]), one, schema)
            schema = schema.elements() if schema is not None else None
        if found is None:
            directive = node.child("$patch")
            return position, directive[0] if directive else line
        line, node = found
    return len(path), line


def _element(node: Located, elements: Any, index: int, schema: Schema | None) -> tuple[int, Located] | None:
    element = value_at(elements, (index,))
    for one in node.items:
        if _is_same(one, element, (schema.merge_keys if schema is not None else None) or _DEFAULT_KEYS):
            return one.line, one
    same_length = isinstance(elements, list) and len(node.items) == len(elements)
    return node.child(index) if same_length else None


def _is_same(node: Located, element: Any, keys: tuple[str, ...]) -> bool:
    if not isinstance(element, dict):
        return not node.pairs and not node.items and node.text == str(element)
    present = [key for key in keys if key in node.pairs]
    return bool(present) and all(node.pairs[key][1].text == str(element.get(key)) for key in present)


def _operation_line(operations: list[Located], manifest: Any, change: Change) -> int | None:
    """Find the last operation that reaches a field, and the line of the field in its value."""
    appended: Counter[tuple[str, ...]] = Counter()
    for operation in reversed(operations):
        for key in ("path", "from"):
            pointer = operation.at((key,))
            if pointer is None:
                continue
            steps = _placed(_steps(pointer[1].text), manifest, change, appended)
            for path in (change.after, change.before):
                rest = _below(steps, tuple(map(str, path)))
                if rest is not None:
                    return _line_in(operation, path[len(path) - rest :], pointer[0])
    return None


def _placed(
    steps: tuple[str, ...], manifest: Any, change: Change, appended: Counter[tuple[str, ...]]
) -> tuple[str, ...]:
    """Give the index that an operation at the end of a list, `/spec/hosts/-`, came to; `appended` counts later ones."""
    if steps[-1:] != ("-",):
        return steps
    parent = steps[:-1]
    appended[parent] += 1
    place = change.after[: len(parent)]
    elements = value_at(manifest, place) if tuple(map(str, place)) == parent else None
    return (*parent, str(len(elements) - appended[parent])) if isinstance(elements, list) else steps


def _line_in(operation: Located, rest: tuple[str | int, ...], line: int) -> int:
    found = operation.at(("value",))
    if found is None:
        return line
    line, node = found
    for step in rest:
        below = node.child(step)
        if below is None:
            return line
        line, node = below
    return line


def _below(pointer: tuple[str, ...], path: tuple[str, ...]) -> int | None:
    """Count the steps of a path below a pointer, 0 when the pointer is below the path; None: they part."""
    if any(one not in {other, "-"} for one, other in zip(pointer, path, strict=False)):
        return None
    return max(0, len(path) - len(pointer))


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
