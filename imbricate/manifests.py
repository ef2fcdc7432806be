"""From the text of a resource file or a patch to manifests: bad ones refused, lists opened.

The rules are those of kustomize's api/resource/factory.go: an object has a kind, and a metadata.name unless its kind
ends in List; a kind that ends in List and has items is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imbricate.documents import Quoted, read_resources
from imbricate.errors import DocumentError
from imbricate.values import is_empty, is_null, kind_of, text_of, through_json

if TYPE_CHECKING:
    from collections.abc import Sequence


class Manifests(list[dict[str, Any]]):
    """The objects of a file; `described` holds values in them that a comment gives a schema, each with that schema."""

    described: Sequence[tuple[Any, dict[str, Any]]] = ()


def read_manifests(data: bytes | str, file: str, *, takes_first: bool = False) -> Manifests:
    """Read the objects of a file; `takes_first` is about keys that stand twice, as in `read_resources`.

    Raises DocumentError for text that is no YAML, or an object without kind or name.
    """
    documents = read_resources(data, file, takes_first=takes_first)
    found = Manifests(_objects_of(documents, file))
    if "#" in data if isinstance(data, str) else b"#" in data:
        text = data if isinstance(data, str) else data.decode()
        found.described = _described(text, documents) if _SCHEMA_COMMENT.search(text) else ()
    return found


_SCHEMA_COMMENT = re.compile(r"# *\{.*\}")


def _described(text: str, documents: list[Any]) -> list[tuple[Any, dict[str, Any]]]:
    from imbricate.documents.schema_comments import schema_comments  # noqa: PLC0415 - rare

    found = []
    for comment in schema_comments(text):
        value = documents[comment.document] if comment.document < len(documents) else None
        for step in comment.path:
            if isinstance(value, dict):
                value = value.get(step)
            else:
                value = value[int(step)] if isinstance(value, list) else None
        found.append((value, comment.schema))
    return found


def _objects_of(documents: list[Any], file: str) -> list[dict[str, Any]]:
    if len(documents) == 1:
        documents = _unwrapped(documents[0], file)
    pending = [document for document in documents if not is_empty(document)]
    manifests = []
    for document in pending:
        _check(document, file)
    while pending:
        document = pending.pop(0)
        if "items" not in document or not text_of(document.get("kind")).endswith("List"):
            manifests.append(document)
            continue
        items = document["items"]
        if isinstance(items, list):
            pending += _opened(items, file)
        elif not is_null(items):
            raise DocumentError(
                file, None, None, f"items of {_named(document)}: expected a list, found {kind_of(items)}"
            )
    return manifests


def _unwrapped(document: Any, file: str) -> list[Any]:
    """Open a List that is alone in its file, without empty documents: its items stay as written (kyaml: ByteReader)."""
    if not isinstance(document, dict) or text_of(document.get("kind", "")) not in {"List", "ResourceList"}:
        return [document]
    if "items" not in document and "functionConfig" not in document:
        return [document]
    items = document.get("items", [])
    if not isinstance(items, list) and not is_null(items):
        raise DocumentError(file, None, None, f"items of {_named(document)}: expected a list, found {kind_of(items)}")
    return items if isinstance(items, list) else []


def _opened(items: list[Any], file: str) -> list[dict[str, Any]]:
    """Kustomize writes each item as JSON and reads it again, so that all its strings are quoted."""
    opened = [_read_from_json(item) for item in items if not is_empty(item)]
    for item in opened:
        _check(item, file)
    return opened


def _read_from_json(value: Any) -> Any:
    """Give a value as its JSON reads; strings are quoted there."""
    if isinstance(value, dict):
        return {key: _read_from_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_read_from_json(child) for child in value]
    value = value if isinstance(value, str) else through_json(value)
    return Quoted(value) if isinstance(value, str) else value


def _check(document: Any, file: str) -> None:
    if not isinstance(document, dict):
        raise DocumentError(
            file, None, None, f"expected an object with kind and metadata.name, found {kind_of(document)}"
        )
    kind = document.get("kind")
    if is_empty(kind) or not text_of(kind):
        raise DocumentError(file, None, None, f"{_named(document)} has no kind")
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not text_of(kind).endswith("List") and (is_empty(name) or not text_of(name)):
        raise DocumentError(file, None, None, f"{_named(document)} has no metadata.name")


def _named(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    name = _text(metadata.get("name")) if isinstance(metadata, dict) else ""
    kind = _text(document.get("kind"))
    if name:
        return f"{kind or 'object'} {name!r}"
    return f"an object of kind {kind}" if kind else "an object of no kind"


def _text(value: Any) -> str:
    return "" if is_empty(value) else text_of(value)
