"""Ids of objects: group, version, kind, name and namespace (kyaml: resid).

The namespace counts as effective: none is `default`, and cluster-scoped kinds have none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from imbricate.schema import is_cluster_scoped

CLUSTER = "_non_namespaceable_"
DEFAULT_NAMESPACE = "default"


class Gvk(NamedTuple):
    """Group, version and kind of an object."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """Give `group/version`, or the version alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        """Give Kind.version.group as kustomize prints it."""
        return f"{self.kind or '[noKind]'}.{self.version or '[noVer]'}.{self.group or '[noGrp]'}"


@lru_cache(maxsize=4096)
def gvk_of(api_version: str, kind: str) -> Gvk:
    """Split an apiVersion at its first slash."""
    group, slash, version = api_version.partition("/")
    return Gvk(group, version, kind) if slash else Gvk("", group, kind)


@lru_cache(maxsize=4096)
def _is_cluster_scoped(gvk: Gvk) -> bool:
    return is_cluster_scoped(gvk.api_version, gvk.kind)


class ResId(NamedTuple):
    """What names an object: group, version, kind, name and the namespace as written."""

    gvk: Gvk
    name: str
    namespace: str

    @property
    def effective_namespace(self) -> str:
        """Give the namespace that counts for equality."""
        return CLUSTER if _is_cluster_scoped(self.gvk) else self.namespace or DEFAULT_NAMESPACE

    @property
    def key(self) -> Key:
        """Give what equal ids have in common: kind, name and effective namespace."""
        return self.gvk, self.name, self.effective_namespace

    @property
    def is_cluster_scoped(self) -> bool:
        """Tell whether the kind is certainly cluster-scoped; an unknown kind is not."""
        return _is_cluster_scoped(self.gvk)

    def __str__(self) -> str:
        """Give Kind.version.group/name.namespace as kustomize prints it."""
        return f"{self.gvk}/{self.name or '[noName]'}.{self.namespace or '[noNs]'}"


# What equal ids have in common: group, version and kind; name; effective namespace.
Key = tuple[Gvk, str, str]
