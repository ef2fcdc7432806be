"""What a user allows and asks of a build, beyond what the kustomization says: the flags of `kustomize build`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class HelmOptions(NamedTuple):
    """Whether and how helm may be run for `helmCharts`."""

    enabled: bool = False
    command: str = "helm"
    api_versions: tuple[str, ...] = ()
    kube_version: str = ""
    debug: bool = False


class PluginOptions(NamedTuple):
    """Whether generators, transformers and validators may be programs, and what such a program may have.

    `exec_enabled` allows executables beside containers; `network`, `mounts`, `env` and `as_current_user` are about
    containers, `env` about executables, too.
    """

    enabled: bool = False
    exec_enabled: bool = False
    network: bool = False
    mounts: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    as_current_user: bool = False


class RemoteOptions(NamedTuple):
    """Whether bases and files may come from git repositories and URLs, and which of their versions.

    `locked` refuses what the lock does not have; `update` resolves all anew; `prune` drops entries that were not used;
    `lock` is the lock file or its folder, else it lies beside the outermost kustomization; `cache` is the folder of
    what was fetched, else it is that of the user.
    """

    allowed: bool = False
    locked: bool = False
    update: bool = False
    prune: bool = False
    lock: Path | None = None
    cache: Path | None = None


class BuildOptions(NamedTuple):
    """The options of a build; the defaults are those of `kustomize build`.

    `root_only` keeps files in or below the folder of the kustomization that names them; `reorder` sorts the output by
    kind unless the kustomization has `sortOptions`; `managed_by` adds the label of `managedByLabel`; `cache` is the
    folder in which documents and results are kept from one build to the next.
    """

    root_only: bool = True
    reorder: bool = True
    helm: HelmOptions = HelmOptions()
    plugins: PluginOptions = PluginOptions()
    managed_by: bool = False
    remote: RemoteOptions = RemoteOptions()
    cache: Path | None = None


DEFAULT = BuildOptions()


def user_cache(name: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Give our folder of a name in the user's cache folder (XDG Base Directory), None when there is none."""
    base = environment.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        home = environment.get("HOME", "")
        base = f"{home}/.cache" if home.startswith("/") else ""
    return Path(base) / "imbricate" / name if base else None
