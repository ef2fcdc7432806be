"""A configuration file from the events of a YAML parser, as go-yaml v2 reads it."""

from __future__ import annotations

from typing import Any

from imbricate.documents.compose import MERGE_KEY, MERGE_TAG, STR_TAG, Composer, Event, MergeKey
from imbricate.documents.face import after_json
from imbricate.documents.floats import single_precision_text
from imbricate.documents.resolve import config_value, tagged_value
from imbricate.documents.scalars import Value, scalar_text

_TIMESTAMP_TAG = "tag:yaml.org,2002:timestamp"
_STRING_TAGS = (None, "!", STR_TAG)


def read_document(text: str, file: str) -> Value:
    """Read the first document of a configuration file. Raises DocumentError as `read_config` does."""
    return Composer(text, file, 0, _scalar, _pairs, _items).document()


def _scalar(composer: Composer, event: Event) -> Value:
    text, tag = event.value, event.tag
    if event.style == '"':
        composer.check_escapes(event)
    if text == MERGE_KEY and tag in {None, MERGE_TAG}:
        return MergeKey(text)
    if not text.isprintable():
        text = _after_json(composer, event)
    if event.style or tag is not None:
        return text if tag in _STRING_TAGS else _tagged(composer, event)
    return config_value(text)


def _after_json(composer: Composer, event: Event) -> str:
    # Kustomize hands every field to a plugin, as YAML that it makes of JSON.
    try:
        return after_json(event.value)
    except ValueError as error:
        composer.fail(event.start_mark, str(error))


def _tagged(composer: Composer, event: Event) -> Value:
    try:
        value = tagged_value(event.tag, event.value, config=True)
    except ValueError as error:
        composer.fail(event.start_mark, str(error))
    return event.value if event.tag == _TIMESTAMP_TAG else value


def _items(composer: Composer, items: list[Any], start: Event) -> list[Value]:
    if start.flow_style:
        composer.check_flow(items)
    return [str(value) if type(value) is MergeKey else value for value, _ in items]


def _pairs(composer: Composer, items: list[Any], start: Event) -> Value:
    if start.flow_style:
        composer.check_flow(items)
    mapping: dict[str, Value] = {}
    for position in range(0, len(items), 2):
        key, event = items[position]
        value = items[position + 1][0]
        if type(key) is MergeKey:
            _merge(composer, mapping, value, event)
        else:
            mapping[_key_text(composer, key, event)] = str(value) if type(value) is MergeKey else value
    return mapping


def _merge(composer: Composer, mapping: dict[str, Value], merged: Value, event: Event) -> None:
    """Add what a merge key names; unlike in resource files it wins over the keys that stand before it."""
    for source in reversed(merged if isinstance(merged, list) else [merged]):
        if not isinstance(source, dict):
            composer.fail(event.start_mark, "expected a map or a list of maps after the merge key <<")
        mapping.update(source)


def _key_text(composer: Composer, key: Value, event: Event) -> str:
    if key is None or isinstance(key, dict | list):
        composer.fail(event.start_mark, "expected a string for a map key, found a null, a map or a list")
    if type(key) is int and key >= 2**63:
        composer.fail(event.start_mark, f"expected a string for a map key, found the number {key}; put it in quotes")
    return single_precision_text(key) if isinstance(key, float) else scalar_text(key)
