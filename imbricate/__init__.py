"""Imbricate: kustomize in Python. In process, byte for byte what `kustomize build` prints.

text = imbricate.build("overlays/prod/shop")       # str
resources = imbricate.load("overlays/prod/shop")   # ResMap, before it becomes text
chain = imbricate.explain("overlays/prod/shop", "Deployment/web", "spec.replicas")   # Explanation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from imbricate.composition import Composition, compose
    from imbricate.errors import ImbricateError
    from imbricate.provenance import Explanation, Recording, explain, record
    from imbricate.resources import ResMap

__all__ = [
    "Composition",
    "Explanation",
    "ImbricateError",
    "Recording",
    "build",
    "compose",
    "explain",
    "load",
    "record",
]

_HOMES = {
    "Composition": "imbricate.composition",
    "compose": "imbricate.composition",
    "ImbricateError": "imbricate.errors",
    "Explanation": "imbricate.provenance",
    "Recording": "imbricate.provenance",
    "explain": "imbricate.provenance",
    "record": "imbricate.provenance",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that a command pays only for what it needs."""
    if name not in _HOMES:
        raise AttributeError(f"module 'imbricate' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)


def build(path: Path | str, *, cache: Path | None = None) -> str:
    """Build the kustomization in a folder; give exactly what `kustomize build` prints.

    `cache` is a folder in which results are kept, and found while all that they read is the same; None keeps nothing.

    Raises ImbricateError, whose text is one line that names the file and field at fault.
    """
    from imbricate.composition import compose  # noqa: PLC0415
    from imbricate.options import DEFAULT  # noqa: PLC0415
    from imbricate.results import result_of  # noqa: PLC0415

    if cache is None:
        return compose(path).text
    return result_of(path, DEFAULT._replace(cache=cache)).content.decode("utf-8", "surrogatepass")


def load(path: Path | str) -> ResMap:
    """Build the kustomization in a folder; give its resources in their final order, before they become text.

    Raises ImbricateError as `build` does.
    """
    from imbricate.composition import compose  # noqa: PLC0415

    return compose(path).resources
