"""Resource files and strategic merge patches: text → documents, as kyaml's kio.ByteReader splits and reads them."""

from __future__ import annotations

import re

from imbricate.documents.block_text import read_block
from imbricate.documents.flow_text import Dialect
from imbricate.documents.resolve import plain_value, quoted_value
from imbricate.documents.scalars import Scalar, Value
from imbricate.errors import DocumentError

_SEPARATOR = re.compile(r"\n---.*\n")


def read_resources(data: bytes | str, file: str, *, takes_first: bool = False) -> list[Value]:
    """Read every document of a resource file; an empty one is a None.

    `takes_first`: of a key that stands twice in a map, the first counts, as it does in a strategic merge patch.

    Raises DocumentError for what is no YAML, for a key that stands twice in a map, and for a text that grows or nests
    out of proportion.
    """
    text = decode(data, file).replace("\r\n", "\n")
    documents = [
        _read_document(part, file, line, takes_first=takes_first) for part, line in split_documents(text, file)
    ]
    return [None if type(one) is Scalar and one.value is None else one for one in documents]


def decode(data: bytes | str, file: str) -> str:
    """Decode UTF-8. Raises DocumentError that names the place of the first byte that is none."""
    try:
        if isinstance(data, str):
            data.encode()
            return data
        return data.decode()
    except UnicodeEncodeError as error:
        line = data.count("\n", 0, error.start) + 1 if isinstance(data, str) else None
        raise DocumentError(file, line, None, "expected whole characters, found a lone surrogate") from None
    except UnicodeDecodeError as error:
        data = bytes(error.object)
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise DocumentError(file, line, column, f"expected UTF-8 text, found byte 0x{data[error.start]:02x}") from None


def split_documents(text: str, file: str) -> list[tuple[str, int]]:
    """Give the documents of a file, each with the number of lines before it. Raises DocumentError."""
    parts = []
    start = line = 0
    for found in _SEPARATOR.finditer(text):
        after = found[0][4:].strip()
        if after and not after.startswith("#"):
            at = text.count("\n", 0, found.start()) + 2
            raise DocumentError(
                file, at, 4, f"expected nothing but a comment after the document separator ---, found {after!r}"
            )
        parts.append((text[start : found.start()] + "\n", line))
        line += text.count("\n", start, found.end())
        start = found.end()
    parts.append((text[start:], line))
    return parts


def _read_document(text: str, file: str, first_line: int, *, takes_first: bool) -> Value:
    found = read_block(text, _DIALECT)
    return _read_carefully(text, file, first_line, takes_first=takes_first) if found is None else found


def _read_carefully(text: str, file: str = "", first_line: int = 0, *, takes_first: bool = False) -> Value:
    from imbricate.documents.resource_events import read_document  # noqa: PLC0415 - most builds need no PyYAML

    return read_document(text, file, first_line, takes_first=takes_first)


_DIALECT = Dialect(plain_value, quoted_value, _read_carefully, {})
