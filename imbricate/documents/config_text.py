"""Kustomizations and other configuration: text → JSON values, as sigs.k8s.io/yaml with go-yaml v2 reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.documents.block_text import read_block
from imbricate.documents.flow_text import Dialect
from imbricate.documents.resolve import config_value
from imbricate.documents.resource_text import decode

if TYPE_CHECKING:
    from imbricate.documents.scalars import Value


def read_config(data: bytes | str, file: str) -> Value:
    """Read the first document as JSON values; map keys become strings, of a key that stands twice the last counts.

    Raises DocumentError for what is no YAML and what JSON cannot hold.
    """
    text = decode(data, file)
    found = read_block(text, _DIALECT)
    return _read_carefully(text, file) if found is None else found


def _read_carefully(text: str, file: str = "") -> Value:
    from imbricate.documents.config_events import read_document  # noqa: PLC0415 - most builds need no PyYAML

    return read_document(text, file)


_DIALECT = Dialect(config_value, str, _read_carefully, {})
