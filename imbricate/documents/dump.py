"""Values → text as kyaml's RNode.String() gives it (go-yaml v3's encoder): keys keep their order, nothing folds."""

from __future__ import annotations

from imbricate.documents.scalars import Scalar, Value
from imbricate.documents.write import write_document


def dump_node(value: Value) -> str:
    """Write a node with its keys in the order of the dict."""
    return value.text + "\n" if type(value) is Scalar else write_document(value)
