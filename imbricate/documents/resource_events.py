"""One document of a resource file from the events of a YAML parser, as go-yaml v3 reads it."""

from __future__ import annotations

from typing import Any

from imbricate.documents.compose import MERGE_KEY, MERGE_TAG, STR_TAG, Composer, Event, MergeKey
from imbricate.documents.folded import folded_value
from imbricate.documents.resolve import plain_value, quoted_value, tagged_value
from imbricate.documents.scalars import EMPTY_IN_FLOW, Quoted, Scalar, Value, scalar_text

_EMPTY_NULL = Scalar("", None)


def read_document(text: str, file: str, first_line: int, *, takes_first: bool = False) -> Value:
    """Read one document of a resource file. Raises DocumentError as `read_resources` does."""
    composer = Composer(text, file, first_line, _scalar, _pairs, _items)
    composer.takes_first = takes_first
    return _with_string_keys(composer.document())


def _scalar(composer: Composer, event: Event) -> Value:
    text, tag = event.value, event.tag
    if tag is not None and tag != "!":
        return _tagged(composer, event)
    if event.style:
        return _quoted(composer, event)
    return MergeKey(text) if text == "<<" else plain_value(text)


def _quoted(composer: Composer, event: Event) -> Value:
    text = event.value
    if event.style == '"':
        composer.check_escapes(event)
    elif event.style == ">":
        return folded_value(text)
    return quoted_value(text)


def _tagged(composer: Composer, event: Event) -> Value:
    if event.tag == MERGE_TAG:
        return MergeKey(event.value)
    if event.tag == STR_TAG:
        return _quoted(composer, event)
    try:
        return tagged_value(event.tag, event.value)
    except ValueError as error:
        composer.fail(event.start_mark, str(error))


def _items(composer: Composer, items: list[Any], start: Event) -> list[Value]:
    if start.flow_style:
        composer.check_flow(items)
        return [_in_flow(value) for value, _ in items]
    return [_as_value(value) if type(value) is MergeKey else value for value, _ in items]


def _as_value(value: Value) -> Value:
    return Quoted(value) if type(value) is MergeKey else value


def _in_flow(value: Value) -> Value:
    # kustomize writes what it has read and reads it again; in between, these get quotes.
    if type(value) is Scalar and value.text == "":
        return EMPTY_IN_FLOW
    if type(value) is Scalar and isinstance(value.value, str) and ":" in value.text:
        return value.text
    return _as_value(value)


def _pairs(composer: Composer, items: list[Any], start: Event) -> Value:
    mapping: dict[Any, Value] = {}
    merged = None
    texts = set()
    to_value = _in_flow if start.flow_style else _as_value
    if start.flow_style:
        composer.check_flow(items)
    for position in range(0, len(items), 2):
        key, event = items[position]
        value = items[position + 1][0]
        if type(key) is MergeKey:
            if merged is not None:
                composer.fail(event.start_mark, "found a second merge key << in one map")
            merged = value, event
            continue
        if type(key) is not str:
            key = _odd_key(composer, key, event)
        if key == MERGE_KEY:
            continue
        text = key if type(key) is str else key.text
        if text not in texts:
            texts.add(text)
            mapping[key] = to_value(value)
        elif not composer.takes_first:
            composer.fail(event.start_mark, f"found the key {text!r} for the second time in one map")
    if merged is not None:
        _merge(composer, mapping, *merged, start)
    return mapping


def _odd_key(composer: Composer, key: Value, event: Event) -> Value:
    if isinstance(key, dict | list):
        composer.fail(event.start_mark, "expected a string for a map key, found a map or a list")
    if isinstance(key, str):
        return str(key)
    if type(key) is Scalar:
        return key if key.text else ""
    return Scalar(scalar_text(key), key)


def _merge(composer: Composer, mapping: dict[Any, Value], merged: Value, event: Event, start: Event) -> None:
    sources = merged if isinstance(merged, list) else [merged]
    added: dict[Any, Value] = {}
    for source in reversed(sources):
        if not isinstance(source, dict):
            composer.fail(event.start_mark, "expected a map or a list of maps after the merge key <<")
        added.update(source)
    for key, value in added.items():
        # Merged into a block map, what is empty within braces is a null again.
        is_null = value is EMPTY_IN_FLOW and not start.flow_style
        mapping.setdefault(key, _EMPTY_NULL if is_null else value)


def _with_string_keys(value: Value) -> Value:
    """Give a document as kustomize has it: its own keys may be numbers, spelled as they are."""
    if not isinstance(value, dict) or all(type(key) is str for key in value):
        return value
    return {key if type(key) is str or key.value is None else key.text: child for key, child in value.items()}
