"""Values that must not be shown, replaced before edits are made: what comes after cannot let them through.

Masked are: all that a Secret holds; the values of variables whose name says secret, in a list of names and values or in
a ConfigMap; arguments like `--password=x`; any text with a private key or with a password inside of an address; and
what kubectl keeps of an object in an annotation.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from typing import Any

_KEY = os.urandom(32)
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)|(^|[_.-])pass($|[_.-])|pwd|secret|(?<!max[_.-])token(?!iz)|credential|(^|[_.-])dsn($|[_.-])"
    r"|(access|account|api|auth|encryption|master|private|session|shared|signing)[_.-]?key",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(r"--?([\w.-]+)[= ](.+)", re.DOTALL)
_PRIVATE_KEYS = ("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File", "AGE-SECRET-KEY-1")
_ADDRESS = re.compile(r"[\w+.-]+://[^\s/@:]*:([^\s@]+)@")
_REFERENCE = re.compile(r"\$\([\w.-]+\)|\$\{[\w.-]+\}|\{\{[^{}]*\}\}")
_SECRET_FIELDS = ("data", "stringData")
_CONTENT_FIELDS = ("data", "binaryData")
_LISTS = ("SecretList", "ConfigMapList")  # a tuple: in a schema, the property `kind` is a map, which has no hash
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LENGTHS = (0, 8, 16, 32, 64, 128, 256, 1024, 4096, 65536)


class Masked:
    """A value that is not shown: only that it is equal to another, and about how long it is.

    It holds no part of the value: equality is that of a keyed digest, whose key is gone when the process is.
    """

    __slots__ = ("_digest", "length")

    def __init__(self, value: Any, *, is_base64: bool = False) -> None:
        """Take the scalar that is not to be shown; of base64 the length counts that it stands for."""
        text = value if isinstance(value, str) else repr(value)
        data = text.encode("utf-8", "surrogatepass")
        self._digest = hmac.digest(_KEY, type(value).__name__.encode() + b"\0" + data, "sha256")
        self.length = _length_class(len(_decoded(text) if is_base64 else data))

    def __eq__(self, other: object) -> bool:
        """Compare the digests."""
        return isinstance(other, Masked) and hmac.compare_digest(self._digest, other._digest)

    def __hash__(self) -> int:
        """Hash by the digest."""
        return hash(self._digest)

    def __repr__(self) -> str:
        """Give all that may be shown."""
        return f"(masked, {self.length})"


def _length_class(length: int) -> str:
    above = -1
    for most in _LENGTHS:
        if length <= most:
            return "empty" if not most else f"{above + 1} to {most} bytes"
        above = most
    return f"more than {above} bytes"


def masked(manifest: Any) -> Any:
    """Give a manifest of plain values with everything secret in it replaced by `Masked`; the manifest is left alone."""
    if isinstance(manifest, dict):
        kind = manifest.get("kind")
        if kind in _LISTS and isinstance(manifest.get("items"), list):
            items = [{"kind": kind[:-4], **one} if isinstance(one, dict) else one for one in manifest["items"]]
            return {key: masked(items if key == "items" else value) for key, value in manifest.items()}
        return {key: _field(manifest, key, value) for key, value in manifest.items()}
    if isinstance(manifest, list):
        return _masked_list(manifest)
    return Masked(manifest) if isinstance(manifest, str) and _is_secret_text(manifest) else manifest


def _field(owner: dict[str, Any], key: str, value: Any) -> Any:
    kind = owner.get("kind")
    if kind == "Secret" and key in _SECRET_FIELDS:
        return _all_masked(value, is_base64=key == "data")
    if kind == "ConfigMap" and key in _CONTENT_FIELDS and isinstance(value, dict):
        return {name: _content(name, one, is_base64=key == "binaryData") for name, one in value.items()}
    name = owner.get("name")
    if key == "value" and isinstance(name, str) and _SECRET_NAME.search(name):
        return _all_masked(value)
    return _all_masked(value) if key == _LAST_APPLIED else masked(value)


def _content(name: str, value: Any, *, is_base64: bool) -> Any:
    decoded = _decoded(value).decode("latin-1") if is_base64 and isinstance(value, str) else value
    if _SECRET_NAME.search(name) or (isinstance(decoded, str) and _is_secret_text(decoded)):
        return _all_masked(value, is_base64=is_base64)
    return masked(value)


def _masked_list(elements: list[Any]) -> list[Any]:
    """Mask the elements of a list; in a list of arguments, the one after `--password` is its value."""
    found = []
    follows = False
    for one in elements:
        found.append(_all_masked(one) if follows and isinstance(one, str) else masked(one))
        follows = isinstance(one, str) and one.startswith("-") and "=" not in one and bool(_SECRET_NAME.search(one))
    return found


def _is_secret_text(text: str) -> bool:
    if any(mark in text for mark in _PRIVATE_KEYS):
        return True
    if "://" in text and any(not _REFERENCE.fullmatch(found.group(1)) for found in _ADDRESS.finditer(text)):
        return True
    argument = _ARGUMENT.fullmatch(text) if text.startswith("-") else None
    return argument is not None and _SECRET_NAME.search(argument.group(1)) is not None


def _all_masked(value: Any, *, is_base64: bool = False) -> Any:
    """Mask every scalar in a value; names of maps stay, they are no secret."""
    if isinstance(value, dict):
        return {key: _all_masked(one, is_base64=is_base64) for key, one in value.items()}
    if isinstance(value, list):
        return [_all_masked(one, is_base64=is_base64) for one in value]
    return Masked(value, is_base64=is_base64)


def _decoded(text: str) -> bytes:
    """Give what base64 stands for, the text itself when it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass")
