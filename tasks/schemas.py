"""The schemas of the built-in kinds: what the API server of an environment would refuse or warn about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate import Composition

_BUILT_IN_GROUPS = frozenset({"", "apps", "autoscaling", "batch", "policy", "extensions"})


def violations(composition: Composition, version: str) -> Iterator[str]:
    """Give a line for each object of a built-in kind that does not fit its schema, unknown fields included."""
    try:
        import kubernetes_validate  # noqa: PLC0415 - an extra: without it there are no schemas to check by
    except ImportError:
        return
    for resource in composition.resources:
        if resource.gvk.group not in _BUILT_IN_GROUPS and not resource.gvk.group.endswith(".k8s.io"):
            continue
        try:
            kubernetes_validate.validate(resource.manifest, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            yield f"{resource}: Kubernetes {version} has no kind {resource.gvk}"
        except kubernetes_validate.ValidationError as error:
            path = ".".join(str(part) for part in error.path)
            yield f"{resource} {path}: {' '.join(error.message.split())}"
