"""The order of the output: as it came, or by kind (kustomize: SortOrderTransformer).

The rank of kinds is kustomize's default list; a kind that is not in it stands between the first and the last ones.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from imbricate.errors import KustomizationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from imbricate.kustomization import SortOptions
    from imbricate.resources import Resource

FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def _ranks(first: Sequence[str], last: Sequence[str]) -> dict[str, int]:
    return {
        **{kind: index - len(first) for index, kind in enumerate(first)},
        **{kind: index + 1 for index, kind in enumerate(last)},
    }


_DEFAULT_RANKS = _ranks(FIRST, LAST)


def gvk_order(one: Sequence[str], other: Sequence[str]) -> int:
    """Compare two (kind, group, version), as field specs are kept in order."""
    left, right = (_gvk_key(kind, group, version) for kind, group, version in (one, other))
    return (left > right) - (left < right)


def _gvk_key(kind: str, group: str, version: str) -> tuple[int, str]:
    return _DEFAULT_RANKS.get(kind, 0), _gvk_text(group, version, kind)


def _gvk_text(group: str, version: str, kind: str) -> str:
    return f"{group or '~G'}_{version or '~V'}_{kind or '~K'}"


def legacy_order(resources: Iterable[Resource], options: SortOptions | None = None) -> list[Resource]:
    """Give resources by the rank of their kind, then by group, version and kind, then by namespace and name."""
    chosen = options.legacy_sort_options if options else None
    ranks = _ranks(chosen.order_first, chosen.order_last) if chosen else _DEFAULT_RANKS
    return sorted(resources, key=_sort_key(ranks))


def _sort_key(ranks: Mapping[str, int]) -> Callable[[Resource], tuple[Any, ...]]:
    def key(resource: Resource) -> tuple[Any, ...]:
        (group, version, kind), name, namespace = resource.id
        # Two kinds Namespace, one of the core group, compare the other way round.
        gvk = _gvk_text(group, version, kind)
        ordered = _Reversed((gvk, group)) if kind == "Namespace" else gvk
        return (
            ranks.get(kind, 0),
            ordered,
            f"{kind or '[noKind]'}.{version or '[noVer]'}.{group or '[noGrp]'}|{namespace or '~X'}|{name or '~N'}",
        )

    return key


def _compare_namespaces(one: tuple[str, str], other: tuple[str, str]) -> int:
    ascending = (one[0] > other[0]) - (one[0] < other[0])
    return -ascending if not one[1] or not other[1] else ascending


_Reversed = cmp_to_key(_compare_namespaces)


def check_options(options: SortOptions, file: str) -> None:
    """Raise KustomizationError when sortOptions contradict themselves."""
    if options.order not in {"fifo", "legacy"}:
        raise KustomizationError(file, "sortOptions.order", f"expected fifo or legacy, found {options.order!r}")
    if options.order == "fifo" and options.legacy_sort_options is not None:
        raise KustomizationError(file, "sortOptions.legacySortOptions", "needs order: legacy, found fifo")
