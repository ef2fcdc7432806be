"""The registry of the distribution project, on this machine."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.gitops_consumers.processes import Process, free_port, waited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
_CONFIG = "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\nhttp: {{addr: '{host}'}}\n"


@contextmanager
def running(program: Path, folder: Path) -> Iterator[str]:
    """Give a registry's address for as long as the context lasts."""
    host = f"127.0.0.1:{free_port()}"
    (folder / "config.yaml").write_text(_CONFIG.format(folder=folder / "data", host=host))
    process = Process([program, "serve", folder / "config.yaml"], folder)
    try:
        waited(lambda: fetched(f"http://{host}/v2/") is not None, "registry")
        yield host
    finally:
        process.stop()


def fetched(url: str) -> bytes:
    """Give what stands at an address."""
    asked = urllib.request.Request(url, headers=_ACCEPT)  # noqa: S310 - http
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
        return bytes(answer.read())


def artifact_of(host: str, repository: str, tag: str) -> dict[str, Any]:
    """Give the manifest that a tag stands for."""
    found: dict[str, Any] = json.loads(fetched(f"http://{host}/v2/{repository}/manifests/{tag}"))
    return found
