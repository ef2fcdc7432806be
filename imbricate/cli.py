"""The command line: `imbricate build [DIR]`, which is `kustomize build`: same flags, same bytes, same exit codes."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from imbricate.edit import add_edit, run_edit
from imbricate.errors import ImbricateError, KustomizationError
from imbricate.explain_command import add_explain, run_explain
from imbricate.flags import add_flags, add_switch, deprecations, options_of, spelled_out
from imbricate.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imbricate.composition import Composition
    from imbricate.results import Result

KUSTOMIZE_VERSION = "v5.8.2"


class _HelpFormatter(argparse.HelpFormatter):
    """As wide as the terminal. argparse makes one for each flag that is added, and would load shutil to ask."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):  # standard output is closed, or no terminal
        return 80


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all our errors."""

    commands: Mapping[str, argparse.ArgumentParser] = MappingProxyType({})

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False, formatter_class=_HelpFormatter)

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"Error: {message}\n")
        raise SystemExit(1)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of the choices (argparse's own words name no nearest one)."""
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices if choice]
        near = nearest(str(value), known)
        hint = f"; did you mean {near}?" if near else ""
        raise argparse.ArgumentError(action, f"expected one of {', '.join(known)}, found {value!r}{hint}")


def _parser(command: str = "") -> _Parser:
    """Make the parser of one command, since each takes milliseconds to make; of all for what is no command."""
    parser = _Parser(prog="imbricate", description="kustomize in Python: build, byte for byte.")
    add_switch(parser, "stack-trace", argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="imbricate")
    adds = {
        "build": _add_build,
        "edit": add_edit,
        "explain": add_explain,
        "lock": _add_lock,
        "version": _add_version,
    }
    if command in adds:
        adds[command](commands)
    else:
        for add in adds.values():
            add(commands)
        _add_help(commands)
    parser.commands = commands.choices
    return parser


def _add_help(commands: argparse._SubParsersAction[_Parser]) -> None:
    help_of = commands.add_parser("help", help="show the help of a command")
    help_of.add_argument("topic", nargs="?", choices=sorted(commands.choices), metavar="COMMAND", help="the command")


def _add_build(commands: argparse._SubParsersAction[_Parser]) -> None:
    build = commands.add_parser(
        "build",
        help="print the resources of a kustomization",
        description="Build the kustomization in DIR and print its resources as `kustomize build` does.",
    )
    add_flags(build)


def _add_lock(commands: argparse._SubParsersAction[_Parser]) -> None:
    lock = commands.add_parser(
        "lock",
        help="record which commits and files the remote entries of a kustomization stand for",
        description="Build the kustomization in DIR, write imbricate.lock instead of the resources.",
    )
    add_flags(lock)
    lock.add_argument("--update", action="store_true", help="take what the refs and URLs are now, not what was locked")


def _add_version(commands: argparse._SubParsersAction[_Parser]) -> None:
    version = commands.add_parser("version", help="print which kustomize this is like")
    version.add_argument("-o", "--output", choices=("json", "yaml"), help="print all that is known as json or yaml")
    version.add_argument("--short", action="store_true", help=argparse.SUPPRESS)
    add_switch(version, "stack-trace", argparse.SUPPRESS)


def entry_point() -> NoReturn:
    """Run as a program of its own: it looks for no garbage, and ends without taking apart what it made."""
    gc.disable()
    kept: list[Any] = []
    status = main(kept=kept)
    sys.stderr.flush()
    os._exit(status)


def main(arguments: Sequence[str] | None = None, kept: list[Any] | None = None) -> int:
    """Run a command; give its exit status: 0, or 1 with one line `Error: …` on standard error.

    What was built is added to `kept`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser(next(iter(arguments), ""))
    try:
        given = spelled_out(arguments)
    except ValueError as error:
        parser.error(str(error))
    options, unknown = parser.parse_known_args(given)
    if unknown:
        parser.error(_unexpected(unknown, _help(parser, options.command)))
    try:
        status = _run(options, parser, [] if kept is None else kept)
        sys.stdout.flush()
    except ImbricateError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    except BrokenPipeError:
        # The reader has gone, as in `imbricate build | head`. Keep Python from complaining when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(options: argparse.Namespace, parser: _Parser, kept: list[Any]) -> int:
    if options.command == "build":
        kept.append(_build(options))
        return 0
    if options.command == "lock":
        return _lock(options)
    if options.command == "edit":
        return run_edit(options.verb, options.arguments)
    if options.command == "explain":
        return run_explain(options)
    if options.command == "version":
        return _version(options)
    sys.stdout.write(_help(parser, getattr(options, "topic", None)))
    return 0


def _help(parser: _Parser, command: str | None) -> str:
    """Give the help of a command, or of all when there is none."""
    return (parser.commands[command] if command else parser).format_help()


def _unexpected(unknown: Sequence[str], help_text: str) -> str:
    flag = next((one.partition("=")[0] for one in unknown if one.startswith("-")), "")
    if not flag:
        return f"expected one argument at most, found also {unknown[0]!r}"
    near = nearest(flag, re.findall(r"--[a-z][a-z-]+", help_text))
    return f"unknown flag {flag}" + (f"; did you mean {near}?" if near else "; --help lists those there are")


def _build(options: argparse.Namespace) -> Composition | None:
    from imbricate.results import result_of  # noqa: PLC0415 - help and errors need no engine

    if not options.directory:
        raise KustomizationError("", "", "expected the folder of a kustomization, found an empty path")
    for line in deprecations(options):
        sys.stderr.write(f"{line}\n")
    asked = options_of(options)
    in_parts = bool(options.output) and Path(options.output).is_dir()
    result = result_of(options.directory, asked._replace(cache=None) if in_parts else asked)
    for warning in result.warnings:
        sys.stderr.write(f"{warning}\n")
    _emit(result, options.output)
    return result.composition


def _lock(options: argparse.Namespace) -> int:
    """Build for what is recorded on the way; a lock of its own keeps only what this kustomization names."""
    from imbricate.composition import compose  # noqa: PLC0415 - as in _build

    if options.locked or options.output:
        raise KustomizationError("", "", "imbricate lock takes neither --locked nor --output")
    if not options.lock and not Path(options.directory).is_dir():
        raise KustomizationError(
            "", "", f"{options.directory!r} is no folder to put imbricate.lock in; use --lock PATH"
        )
    found = options_of(options)
    remote = found.remote._replace(allowed=True, update=options.update, prune=options.lock is None)
    compose(options.directory, found._replace(remote=remote))
    return 0


def _version(options: argparse.Namespace) -> int:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only for this command

    try:
        own = version("imbricate")
    except PackageNotFoundError:  # a checkout that is not installed
        own = "unknown"
    found = {"version": KUSTOMIZE_VERSION, "imbricate": own}
    if options.output == "json":
        import json  # noqa: PLC0415 - only for this command

        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    elif options.output == "yaml":
        sys.stdout.write("".join(f"{name}: {text}\n" for name, text in found.items()))
    else:
        sys.stdout.write(f"{KUSTOMIZE_VERSION} (imbricate {found['imbricate']})\n")
    return 0


def _emit(result: Result, output: str | None) -> None:
    if not output:
        sys.stdout.flush()
        sys.stdout.buffer.write(result.content)
        sys.stdout.buffer.flush()
        return
    from imbricate.write import write_each, write_file  # noqa: PLC0415 - only for files

    if result.composition and Path(output).is_dir():
        write_each(result.composition.resources, Path(output))
    else:
        write_file(Path(output), result.content)
