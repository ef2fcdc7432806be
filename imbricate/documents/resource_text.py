"""Resource files and strategic merge patches: text → documents, as kyaml's kio.ByteReader and go-yaml v3 read them."""

from __future__ import annotations

import re
from typing import Any

from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import DocumentStartEvent, StreamEndEvent

from imbricate.documents.compose import MERGE, PARSER, Composer
from imbricate.documents.resolve import plain_value
from imbricate.documents.scalars import Quoted, Scalar, Value, scalar_text
from imbricate.errors import DocumentError

MERGE_KEY = "<<"
_SEPARATOR = re.compile(r"\n---.*\n")


def read_resources(data: bytes | str, file: str) -> list[Value]:
    """Read every document of a resource file; empty ones are left out.

    Raises DocumentError for what is no YAML, for a key that stands twice in a map, and for a text that grows or nests
    out of proportion.
    """
    text = decode(data, file).replace("\r\n", "\n")
    documents = []
    for part, first_line in _split(text, file):
        value = _read_document(part, file, first_line)
        if value is not None and not (type(value) is Scalar and value.value is None):
            documents.append(value)
    return documents


def decode(data: bytes | str, file: str) -> str:
    """Decode UTF-8. Raises DocumentError that names the place of the first byte that is none."""
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise DocumentError(file, line, column, f"expected UTF-8 text, found byte 0x{data[error.start]:02x}") from None


def _split(text: str, file: str) -> list[tuple[str, int]]:
    parts = []
    start = line = 0
    for found in _SEPARATOR.finditer(text):
        after = found[0][4:].strip()
        if after and not after.startswith("#"):
            at = text.count("\n", 0, found.start()) + 2
            raise DocumentError(file, at, 4, f"expected nothing but a comment after the document separator ---, found {after!r}")
        parts.append((text[start : found.start()] + "\n", line))
        line += text.count("\n", start, found.end())
        start = found.end()
    parts.append((text[start:], line))
    return parts


def _read_document(text: str, file: str, first_line: int) -> Value:
    parser = PARSER(text)
    composer = Composer(file, first_line, _scalar, _pairs)
    try:
        parser.get_event()
        event = parser.get_event()
        if type(event) is StreamEndEvent:
            return None
        assert type(event) is DocumentStartEvent  # noqa: S101
        return composer.compose(parser)
    except MarkedYAMLError as error:
        composer.fail(error.problem_mark or error.context_mark, f"expected YAML: {error.problem}")
    except YAMLError as error:
        composer.fail(None, f"expected YAML: {error}")
    finally:
        parser.dispose()


def _scalar(event: Any) -> Value:
    value = event.value
    if event.style is None or event.style == "":
        if event.tag is None or event.tag == "!":
            return MERGE if value == "<<" else plain_value(value)
    elif event.tag is None or event.tag == "!":
        return Quoted(value) if isinstance(plain_value(value), str) else value
    return value


def _pairs(composer: Composer, items: list[Any], start: Any) -> Value:
    mapping: dict[Any, Value] = {}
    merged = None
    for position in range(0, len(items), 2):
        key, event = items[position]
        value = items[position + 1][0]
        if key is MERGE:
            if merged is not None:
                composer.fail(event.start_mark, "found a second merge key << in one map")
            merged = value, event
            continue
        if type(key) is Quoted:
            key = str(key)
        if key == MERGE_KEY:
            continue
        if isinstance(key, dict | list):
            composer.fail(event.start_mark, "expected a string for a map key, found a map or a list")
        if key in mapping:
            composer.fail(event.start_mark, f"found the key {scalar_text(key)!r} for the second time in one map")
        mapping[key] = value
    if merged is not None:
        _merge(composer, mapping, *merged)
    return mapping


def _merge(composer: Composer, mapping: dict[Any, Value], merged: Value, event: Any) -> None:
    sources = merged if isinstance(merged, list) else [merged]
    added: dict[Any, Value] = {}
    for source in reversed(sources):
        if not isinstance(source, dict):
            composer.fail(event.start_mark, "expected a map or a list of maps after the merge key <<")
        added.update(source)
    for key, value in added.items():
        mapping.setdefault(key, value)
