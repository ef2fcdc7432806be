"""What a user allows and asks of a build, beyond what the kustomization says: the flags of `kustomize build`."""

from __future__ import annotations

from typing import NamedTuple


class HelmOptions(NamedTuple):
    """Whether and how helm may be run for `helmCharts`."""

    enabled: bool = False
    command: str = "helm"
    api_versions: tuple[str, ...] = ()
    kube_version: str = ""
    debug: bool = False


class BuildOptions(NamedTuple):
    """The options of a build; the defaults are those of `kustomize build`.

    `root_only` keeps files in or below the folder of the kustomization that names them; `reorder` sorts the output by
    kind unless the kustomization has `sortOptions`.
    """

    root_only: bool = True
    reorder: bool = True
    helm: HelmOptions = HelmOptions()


DEFAULT = BuildOptions()
