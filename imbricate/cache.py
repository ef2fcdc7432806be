"""Documents that were read before: kept in the user's cache folder, found again by the content of their files.

In: the contents of files. Out: what reading them gave. An entry that is missing, damaged, of another version or not our
own is as good as none: the files are read again. What holds a Secret is never kept.
"""

from __future__ import annotations

import io
import pickle
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from imbricate.cache_folder import CacheFolder, installation
from imbricate.documents.scalars import Folded, Quoted, Scalar, empty_in_flow
from imbricate.manifests import Manifests, read_manifests
from imbricate.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Documents = list[list[dict[str, Any]]]

MOST_BYTES = 256 * 1024 * 1024
_DIGEST_BYTES = 32
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MAKERS = {made.__name__: made for made in (Folded, Quoted, Scalar, empty_in_flow)}


class _Unpickler(pickle.Unpickler):
    """Makes the built-in types and our scalars, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if module != Scalar.__module__ or name not in _MAKERS:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a cache of documents")
        return _MAKERS[name]


class DocumentCache:
    """A folder of entries, safe for builds at the same time: an entry is put in place whole, and never changed."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """Take the folder, which is made when it is first written to, and how much it may hold."""
        self._entries = CacheFolder(folder, most_bytes)

    def load(self, contents: Sequence[bytes]) -> tuple[str, Documents | None]:
        """Find what reading these files gave before. Gives the key for `store`, and the documents or None."""
        key = _key_of(contents)
        payload = self._entries.load(key)
        try:
            return key, None if payload is None else _Unpickler(io.BytesIO(payload)).load()
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, IndexError):
            return key, None

    def store(self, key: str, documents: Documents) -> None:
        """Keep what was read, if it may be kept. A folder that cannot be written is no error."""
        if not any(holds_secret(one) for found in documents for one in found):
            self._entries.store(key, pickle.dumps(documents, 5))


class Batch:
    """The files of one layer, read together: all from the cache, or else all anew, and kept."""

    def __init__(self, cache: DocumentCache, contents: Mapping[str, bytes]) -> None:
        """Take the content of each file by its path as written."""
        self._cache = cache
        self._key, known = cache.load(list(contents.values()))
        self._is_known = known is not None
        self._found: dict[str, Manifests | None] = dict.fromkeys(contents)
        if known is not None:
            self._found = dict(zip(contents, map(Manifests, known), strict=False))

    def read(self, path: str, content: bytes, file: str) -> Manifests:
        """Give the objects of a file, for the caller to own. Raises DocumentError as `read_manifests` does."""
        found = self._found.get(path)
        if self._is_known and found is not None:
            self._found[path] = None
            return found
        found = read_manifests(content, file)
        if path in self._found:
            self._found[path] = found
        return found

    def keep(self) -> None:
        """Store what was read anew; call it before anything is changed."""
        found = [one for one in self._found.values() if one is not None]
        if not self._is_known and len(found) == len(self._found) and not any(one.described for one in found):
            self._cache.store(self._key, [list(one) for one in found])


def holds_secret(manifest: dict[str, Any]) -> bool:
    """Tell whether an object is a Secret with anything in it; many are made empty, for a controller to fill."""
    if manifest.get("kind") != "Secret":
        return False
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    former = isinstance(annotations, dict) and _LAST_APPLIED in annotations
    return former or not all(is_empty(manifest.get(field)) for field in ("data", "stringData"))


def _key_of(contents: Sequence[bytes]) -> str:
    digest = blake2b(installation().encode(), digest_size=_DIGEST_BYTES)
    for content in contents:
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
