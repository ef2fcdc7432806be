"""Which line of a patch made a change: a field of a strategic merge patch, or an operation of a JSON 6902 patch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from imbricate.difference import MISSING
from imbricate.provenance.fields import value_at

if TYPE_CHECKING:
    from imbricate.documents.located import Located
    from imbricate.provenance.texts import Place, Text, Texts
    from imbricate.provenance.tracing import Change, Step, Trace
    from imbricate.schema import Schema

_DEFAULT_KEYS = ("name",)


def patch_place(texts: Texts, trace: Trace, step: Step, change: Change) -> Place | None:
    """Find the place in a patch, inline or in a file; None when it cannot be found there."""
    text = _text_of(texts, step)
    if text is None:
        return None
    if text.value.items:
        line = _operation_line(text.value.items, trace.version(step.number), change)
    else:
        patch = _meant(text.objects, trace)
        line = _merge_line(patch, trace, step, change) if patch else None
    return text.place(line) if line else None


def _text_of(texts: Texts, step: Step) -> Text | None:
    layer, field = step.cause.layer, step.cause.field
    entry = texts.entry(layer, field)
    if entry is None:
        return None
    if not entry[1].pairs:
        return texts.inline(layer, field) or texts.file(layer, entry[1].text)
    if "path" in entry[1].pairs:
        return texts.file(layer, entry[1].pairs["path"][1].text)
    return texts.inline(layer, f"{field}.patch")


def _meant(patches: list[Located], trace: Trace) -> Located | None:
    """Choose the patch for an object among several by kind and name; one alone may have a target and another name."""
    if len(patches) == 1:
        return patches[0]
    names = {(one.gvk.kind, one.name) for one in (*trace.history.resource.ids, *trace.history.ids)}
    for patch in patches:
        kind, name = patch.at(("kind",)), patch.at(("metadata", "name"))
        if kind and name and (kind[1].text, name[1].text) in names:
            return patch
    return None


def _merge_line(patch: Located, trace: Trace, step: Step, change: Change) -> int | None:
    """Go down a patch as far as it says something of the field; what it leaves out it did by the last that it says."""
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
            return directive[0] if directive else line
        line, node = found
    return line


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
