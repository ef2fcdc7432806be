"""Kustomizations and other configuration: text → JSON values, as sigs.k8s.io/yaml with go-yaml v2 reads them."""

from __future__ import annotations

from typing import Any

from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import StreamEndEvent

from imbricate.documents.compose import MERGE, PARSER, Composer
from imbricate.documents.resolve import config_value
from imbricate.documents.resource_text import decode
from imbricate.documents.scalars import Value, scalar_text


def read_config(data: bytes | str, file: str) -> Value:
    """Read the first document as JSON values; map keys become strings, of a key that stands twice the last counts.

    Raises DocumentError for what is no YAML and what JSON cannot hold.
    """
    parser = PARSER(decode(data, file))
    composer = Composer(file, 0, _scalar, _pairs)
    try:
        parser.get_event()
        event = parser.get_event()
        return None if type(event) is StreamEndEvent else composer.compose(parser)
    except MarkedYAMLError as error:
        composer.fail(error.problem_mark or error.context_mark, f"expected YAML: {error.problem}")
    except YAMLError as error:
        composer.fail(None, f"expected YAML: {error}")
    finally:
        parser.dispose()


def _scalar(event: Any) -> Value:
    if event.style or event.tag not in (None, "!"):
        return event.value
    return MERGE if event.value == "<<" else config_value(event.value)


def _pairs(composer: Composer, items: list[Any], start: Any) -> Value:
    mapping: dict[str, Value] = {}
    for position in range(0, len(items), 2):
        key, event = items[position]
        value = items[position + 1][0]
        if key is MERGE:
            for source in reversed(value if isinstance(value, list) else [value]):
                if not isinstance(source, dict):
                    composer.fail(event.start_mark, "expected a map or a list of maps after the merge key <<")
                mapping.update(source)
        elif key is None or isinstance(key, dict | list):
            composer.fail(event.start_mark, "expected a string for a map key, found a null, a map or a list")
        else:
            mapping[scalar_text(key)] = value
    return mapping
