"""The command line: `imbricate build [DIR]`, which is `kustomize build`: same flags, same bytes, same exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from imbricate.errors import ImbricateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbricate.composition import Composition
    from imbricate.options import BuildOptions

RESTRICTORS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all our errors."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"Error: {message}\n")
        raise SystemExit(1)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="imbricate", description="kustomize in Python: build, byte for byte.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_build(commands)
    return parser


def _add_build(commands: argparse._SubParsersAction[_Parser]) -> None:
    build = commands.add_parser(
        "build",
        help="print the resources of a kustomization",
        description="Build the kustomization in DIR and print its resources as `kustomize build` does.",
        allow_abbrev=False,
    )
    build.add_argument("directory", nargs="?", default=".", metavar="DIR", help="folder of the kustomization (.)")
    build.add_argument("-o", "--output", metavar="PATH", help="write to this file; in a folder, one file a resource")
    build.add_argument(
        "--load-restrictor",
        choices=RESTRICTORS,
        default=RESTRICTORS[0],
        help="LoadRestrictionsNone: files may lie outside of the folder of the kustomization that names them",
    )
    build.add_argument(
        "--reorder",
        choices=("legacy", "none"),
        default="legacy",
        help="legacy: sort the output by kind; none: keep the order of the input (sortOptions is the newer way)",
    )

    build.add_argument("--enable-helm", action="store_true", help="run helm for helmCharts")
    build.add_argument("--helm-command", metavar="PATH", default="helm", help="the helm to run (helm)")
    build.add_argument(
        "--helm-api-versions", metavar="VERSION", action="append", default=[], help="an API version that charts may use"
    )
    build.add_argument("--helm-kube-version", metavar="VERSION", default="", help="the Kubernetes version for charts")
    build.add_argument("--helm-debug", action="store_true", help="make helm say more when it fails")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit status: 0, or 1 with one line `Error: …` on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return _build(options)
    except ImbricateError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    except BrokenPipeError:
        # The reader has gone, as in `imbricate build | head`. Keep Python from complaining when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _build(options: argparse.Namespace) -> int:
    from imbricate.composition import compose  # noqa: PLC0415 - help and errors need no engine

    composition = compose(options.directory, _build_options(options))
    for warning in composition.warnings:
        sys.stderr.write(f"{warning}\n")
    _emit(composition, options.output)
    return 0


def _build_options(options: argparse.Namespace) -> BuildOptions:
    from imbricate.options import BuildOptions, HelmOptions  # noqa: PLC0415

    helm = HelmOptions(
        options.enable_helm,
        options.helm_command,
        tuple(options.helm_api_versions),
        options.helm_kube_version,
        options.helm_debug,
    )
    return BuildOptions(options.load_restrictor == RESTRICTORS[0], options.reorder == "legacy", helm)


def _emit(composition: Composition, output: str | None) -> None:
    from imbricate.write import write_each, write_file  # noqa: PLC0415

    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(composition.text.encode("utf-8", "surrogatepass"))
        sys.stdout.buffer.flush()
    elif Path(output).is_dir():
        write_each(composition.resources, Path(output))
    else:
        write_file(Path(output), composition.text)
