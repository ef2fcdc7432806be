"""What the library accepts as kustomize does, and the pipeline does not: entries without effect, and plain Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition

_WITHOUT_DATA = "kubernetes.io/service-account-token"


def refusals(composition: Composition) -> list[str]:
    """Give a line for each thing that must not be rendered."""
    return [*_without_effect(composition), *_plain_secrets(composition)]


def _without_effect(composition: Composition) -> Iterator[str]:
    for file, field in composition.unmatched:
        yield f"{file}: {field}: matches nothing; remove it, or correct what it names"


def _plain_secrets(composition: Composition) -> Iterator[str]:
    for resource in composition.resources:
        if resource.gvk.kind == "Secret" and resource.gvk.group == "" and _has_data(resource.manifest):
            where = resource.source.file if resource.source else "a transformer"
            yield (
                f"{where}: Secret/{resource.name} holds data, which must not be in git; "
                "declare it as an ExternalSecret (see base/<system>/secrets)"
            )


def _has_data(manifest: dict[str, Any]) -> bool:
    return manifest.get("type") != _WITHOUT_DATA and any(manifest.get(field) for field in ("data", "stringData"))
