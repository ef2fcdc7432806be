"""The flags of `imbricate build`: those of `kustomize build`, under the same names.

In: a parser to add them to, and what it read. Out: `BuildOptions`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbricate.options import BuildOptions

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")
_MANAGED_BY_VARIABLE = "KUSTOMIZE_ENABLE_MANAGEDBY_LABEL"
_REMOTE_VARIABLE = "IMBRICATE_ALLOW_REMOTE"
_SWITCHES = {
    "enable-helm": "run helm for helmCharts",
    "helm-debug": "make helm say more when it fails",
    "enable-alpha-plugins": "run generators, transformers and validators that are programs: functions in containers, "
    "and executables of the plugin home; implies --enable-helm",
    "enable-exec": "with --enable-alpha-plugins: run functions that are executables; not for configurations of others",
    "network": "let functions that ask for it use the network",
    "as-current-user": "run functions in containers as you, not as nobody",
    "enable-managedby-label": argparse.SUPPRESS,
    "stack-trace": argparse.SUPPRESS,
    "allow-remote": "fetch bases and files from git repositories and URLs, as IMBRICATE_ALLOW_REMOTE=1 does; "
    "imbricate.lock records and keeps what they were",
    "no-cache": "read all files anew, and keep nothing of them",
    "locked": "refuse remote entries that imbricate.lock does not have, and leave it as it is",
}
_TRUE, _FALSE = {"1", "t", "T", "true", "TRUE", "True"}, {"0", "f", "F", "false", "FALSE", "False"}
_DEPRECATED = {
    "enable_managedby_label": ("--enable-managedby-label", "managedByLabel in buildMetadata"),
    "reorder": ("--reorder", "sortOptions in the kustomization"),
}


def add_flags(build: argparse.ArgumentParser) -> None:
    """Add the folder and all flags."""
    build.add_argument("directory", nargs="?", default=".", metavar="DIR", help="folder of the kustomization (.)")
    build.add_argument("-o", "--output", metavar="PATH", help="write to this file; in a folder, one file a resource")
    build.add_argument(
        "--load-restrictor",
        choices=(*RESTRICTORS, ""),
        metavar="RESTRICTOR",
        default=RESTRICTORS[0],
        help="LoadRestrictionsNone: files may lie outside of the folder of the kustomization that names them",
    )
    build.add_argument("--reorder", choices=("legacy", "none"), help=argparse.SUPPRESS)
    _add_texts(build)
    for name, text in _SWITCHES.items():
        add_switch(build, name, text)


def _add_texts(build: argparse.ArgumentParser) -> None:
    build.add_argument("--helm-command", metavar="PATH", default="helm", help="the helm to run (helm)")
    build.add_argument(
        "--helm-api-versions", metavar="VERSION", action="append", default=[], help="an API version that charts may use"
    )
    build.add_argument("--helm-kube-version", metavar="VERSION", default="", help="the Kubernetes version for charts")
    build.add_argument(
        "--mount", metavar="MOUNT", action="append", default=[], help="type=bind,src=…,dst=…[,rw=true] for containers"
    )
    build.add_argument(
        "-e", "--env", metavar="NAME=VALUE", action="append", default=[], help="a variable for functions"
    )
    build.add_argument(
        "--lock", metavar="PATH", help="imbricate.lock, or its folder (the folder of the kustomization that is built)"
    )
    build.add_argument("--network-name", metavar="NAME", default="bridge", help="has no effect, as in kustomize")


def add_switch(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    """Add a flag that is on or off; its second spelling is what `spelled_out` makes of `--name=false`."""
    parser.add_argument(f"--{name}", action="store_true", default=False, help=text)
    parser.add_argument(
        f"--{name}:off", dest=name.replace("-", "_"), action="store_false", default=False, help=argparse.SUPPRESS
    )


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """Give arguments in which `--network=true` is `--network`: argparse knows no switch with a value.

    Raises ValueError for a value that is neither true nor false.
    """
    given = list(arguments)
    for position, argument in enumerate(given):
        if argument == "--":
            break
        name, has_value, value = argument.partition("=")
        if has_value and name[:2] == "--" and name[2:] in _SWITCHES:
            if value not in _TRUE | _FALSE:
                raise ValueError(f"argument {name}: expected true or false, found {value!r}")
            given[position] = name if value in _TRUE else f"{name}:off"
    return given


def deprecations(flags: argparse.Namespace) -> list[str]:
    """Give a line for each flag in use that kustomize would rather not have."""
    used = (line for name, line in _DEPRECATED.items() if getattr(flags, name))
    return [f"# Warning: {flag} is deprecated; use {instead}" for flag, instead in used]


def options_of(flags: argparse.Namespace) -> BuildOptions:
    """Make the options of a build of what was read."""
    from imbricate.options import BuildOptions, HelmOptions, PluginOptions, RemoteOptions, user_cache  # noqa: PLC0415 - help needs none

    helm = HelmOptions(
        flags.enable_helm or flags.enable_alpha_plugins,
        flags.helm_command,
        tuple(flags.helm_api_versions),
        flags.helm_kube_version,
        flags.helm_debug,
    )
    plugins = PluginOptions(
        flags.enable_alpha_plugins,
        flags.enable_exec,
        flags.network,
        tuple(flags.mount),
        tuple(flags.env),
        flags.as_current_user,
    )
    remote = RemoteOptions(
        flags.allow_remote or os.environ.get(_REMOTE_VARIABLE, "") in _TRUE,
        flags.locked,
        lock=Path(flags.lock) if flags.lock else None,
    )
    return BuildOptions(
        root_only=flags.load_restrictor != RESTRICTORS[1],
        reorder=flags.reorder != "none",
        helm=helm,
        plugins=plugins,
        managed_by=flags.enable_managedby_label or os.environ.get(_MANAGED_BY_VARIABLE) == "on",
        remote=remote,
        cache=None if flags.no_cache else user_cache("builds"),
    )
