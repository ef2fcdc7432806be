"""The order in which objects go into a cluster: namespaces, then by sync wave, within a wave by kind.

The waves are those that Argo CD reads: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.connection import Manifest

_WAVE = "argocd.argoproj.io/sync-wave"
_HOOK = "argocd.argoproj.io/hook"
_BEFORE = "PreSync"
_FIRST = ("Namespace", "CustomResourceDefinition")
_KINDS = (
    "ResourceQuota",
    "LimitRange",
    "PriorityClass",
    "StorageClass",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "NetworkPolicy",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "Service",
)


def foundations(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Give what all else needs: namespaces and definitions of custom resources."""
    return [one for one in manifests if one["kind"] in _FIRST]


def waves(manifests: Iterable[Manifest]) -> list[list[Manifest]]:
    """Give the other objects in the order in which they are applied, those of one wave together."""
    others = sorted((one for one in manifests if one["kind"] not in _FIRST), key=_order)
    return [list(wave) for _, wave in groupby(others, key=_wave)]


def _order(manifest: Manifest) -> tuple[int, int, int, str, str]:
    before, wave = _wave(manifest)
    kind = manifest["kind"]
    rank = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return before, wave, rank, kind, manifest["metadata"]["name"]


def _wave(manifest: Manifest) -> tuple[int, int]:
    annotations = manifest["metadata"].get("annotations") or {}
    return (0 if annotations.get(_HOOK) == _BEFORE else 1), int(annotations.get(_WAVE, "0"))
