"""Resources → files. A file is whole or untouched: temporary file in the same folder, fsync, rename."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from imbricate.documents import write_document
from imbricate.errors import WriteError

if TYPE_CHECKING:
    from imbricate.resources import ResMap, Resource

TEMPORARY = ".imbricate-"


def write_file(path: Path, text: str | bytes) -> bool:
    """Write a file unless it holds just this text; tell whether it was written. Raises WriteError."""
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        _replace(path, content)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from None
    return True


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_each(resources: ResMap, folder: Path) -> None:
    """Write one file a resource, named group_version_kind_name.yaml as `kustomize build --output FOLDER` does.

    The namespace comes first where there are several. Raises WriteError.
    """
    namespaces = {resource.id.effective_namespace for resource in resources if not resource.id.is_cluster_scoped}
    for resource in resources:
        name = _file_name(resource)
        if len(namespaces) > 1 and not resource.id.is_cluster_scoped:
            name = f"{resource.id.effective_namespace.lower()}_{name}"
        write_file(folder / name, write_document(resource.manifest))


def _file_name(resource: Resource) -> str:
    gvk = "_".join(part for part in resource.gvk if part)
    return f"{gvk.lower()}_{resource.name.lower()}.yaml".replace("/", "_")
