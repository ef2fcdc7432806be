"""The suffix that makes a generated object's name follow its content (kustomize: api/hasher)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.documents import go_json
from imbricate.values import is_null, text_of

if TYPE_CHECKING:
    from imbricate.resources import ResMap, Resource

_LETTERS = str.maketrans("013ae", "ghkmt")
_LENGTH = 10


def add_hashes(resources: ResMap) -> None:
    """Append the suffix to the names of the objects that ask for it."""
    for resource in resources:
        if resource.needs_hash:
            suffix = content_hash(resource)
            resource.remember_id()
            resource.set_name(f"{resource.name}-{suffix}")
            resources.rekey(resource)


def content_hash(resource: Resource) -> str:
    """Give the ten characters for a resource: of a ConfigMap's or Secret's data, else of the whole object."""
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL

    manifest = resource.manifest
    kind = resource.gvk.kind
    if kind == "ConfigMap":
        content = _content(manifest, kind, "binaryData")
    elif kind == "Secret":
        content = {**_content(manifest, kind, "stringData"), "type": text_of(manifest.get("type", ""))}
    else:
        content = manifest
    return sha256(go_json(content).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH].translate(_LETTERS)


def _content(manifest: dict[str, Any], kind: str, second: str) -> dict[str, Any]:
    # The name in what is hashed is always empty: kustomize looks for a field called `metadata/name`.
    data = manifest.get("data", "")
    content = {"kind": kind, "name": "", "data": text_of(data) if is_null(data) or isinstance(data, str) else data}
    if isinstance(manifest.get(second), dict):
        content[second] = manifest[second]
    return content
