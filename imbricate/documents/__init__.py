"""Text ↔ documents: the only part of the library that knows YAML.

A document is made of dicts, lists, str, int, float, bool and None. Two classes keep what these cannot: `Scalar` the
spelling of a plain scalar (0x1F, 1.50, True), `Quoted` that a string was in quotes though it need not be.
"""

from __future__ import annotations

from imbricate.documents.config_text import read_config
from imbricate.documents.dump import dump_node
from imbricate.documents.floats import json_float_text
from imbricate.documents.folded import folded_value
from imbricate.documents.go_json import go_json
from imbricate.documents.resolve import is_string_to_v2, plain_value
from imbricate.documents.resource_text import read_resources
from imbricate.documents.scalars import Folded, Quoted, Scalar, Value, json_value, scalar_text
from imbricate.documents.write import write, write_document

__all__ = [
    "Folded",
    "Quoted",
    "Scalar",
    "Value",
    "dump_node",
    "folded_value",
    "go_json",
    "is_string_to_v2",
    "json_float_text",
    "json_value",
    "plain_value",
    "read_config",
    "read_resources",
    "scalar_text",
    "write",
    "write_document",
]
