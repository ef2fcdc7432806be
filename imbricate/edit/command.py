"""The arguments of `imbricate edit` → one change of the kustomization in the working folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from imbricate.edit import subcommands as do
from imbricate.edit.file import find, read
from imbricate.errors import EditError
from imbricate.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from imbricate.edit.subcommands import Run

    Flags = Callable[[argparse.ArgumentParser], None]

ONE, ANY, NONE = "one", "any", "none"
VERBS = ("set", "add", "remove", "fix")


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all our errors."""

    def error(self, message: str) -> NoReturn:
        raise EditError(f"{self.prog.removeprefix('imbricate edit ')}: {message}")


class Command(NamedTuple):
    """One subcommand: what it does, for the help; its arguments and how many it takes; the edit; its flags."""

    help: str
    metavar: str
    takes: str
    run: Run
    flags: Flags = lambda _: None


def _no_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-verify", action="store_true", help="add the paths as they are, there or not")


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--force", action="store_true", help="overwrite what is there")


def _label(parser: argparse.ArgumentParser) -> None:
    _force(parser)
    parser.add_argument("--without-selector", action="store_true", help="to labels, which leaves selectors alone")
    parser.add_argument("--include-templates", action="store_true", help="also to templates; needs --without-selector")


def _ignore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-i", "--ignore-non-existence", action="store_true", help="a key that is not there is no error")


def _patch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--path", default="", help="file of the patch")
    parser.add_argument("--patch", default="", help="text of the patch")
    for flag in do.TARGET_FLAGS:
        parser.add_argument(f"--{flag}", default="", help=f"{flag.replace('-', ' ')} of the targets")


def _namespace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--namespace", default="", help="namespace of the entry; default means the same as none")


def _literals(parser: argparse.ArgumentParser) -> None:
    _namespace(parser)
    parser.add_argument("--from-literal", action="append", default=[], metavar="KEY=VALUE", help="a key and its value")


def _sources(parser: argparse.ArgumentParser) -> None:
    _literals(parser)
    parser.add_argument("--from-file", action="append", default=[], metavar="[KEY=]PATTERN", help="files")
    parser.add_argument("--from-env-file", default="", metavar="PATH", help="a file of lines KEY=VALUE")
    parser.add_argument("--disableNameSuffixHash", action="store_true", help="add no hash to the name")


def _config_map(parser: argparse.ArgumentParser) -> None:
    _sources(parser)
    parser.add_argument("--behavior", default="", metavar="create|merge|replace", help="what to do with one in a base")


def _secret(parser: argparse.ArgumentParser) -> None:
    _sources(parser)
    parser.add_argument("--type", default="Opaque", help="type of a new entry (Opaque)")


def _changes(parser: argparse.ArgumentParser) -> None:
    _literals(parser)
    parser.add_argument("--new-namespace", default="", help="the namespace that it gets")


COMMANDS: dict[str, dict[str, Command]] = {
    "set": {
        "image": Command("name, tag or digest of images", "NAME[=NEW][:TAG][@DIGEST]", ANY, do.set_image),
        "namespace": Command("namespace", "NAMESPACE", ONE, do.set_value("namespace")),
        "nameprefix": Command("namePrefix", "PREFIX", ONE, do.set_value("namePrefix")),
        "namesuffix": Command("nameSuffix", "SUFFIX", ONE, do.set_value("nameSuffix")),
        "replicas": Command("replica counts", "NAME=COUNT", ANY, do.set_replicas),
        "label": Command("commonLabels", "KEY:VALUE", ANY, do.set_pairs("label")),
        "annotation": Command("commonAnnotations", "KEY:VALUE", ANY, do.set_pairs("annotation")),
        "configmap": Command(
            "literals or namespace of a ConfigMap", "NAME", ONE, do.set_generator("configmap"), _changes
        ),
        "secret": Command("literals or namespace of a Secret", "NAME", ONE, do.set_generator("secret"), _changes),
        "buildmetadata": Command("buildMetadata", "OPTION,...", ONE, do.set_build_metadata),
    },
    "add": {
        "resource": Command("files or folders to resources", "PATTERN", ANY, do.add_existing("resources"), _no_verify),
        "component": Command("folders to components", "PATTERN", ANY, do.add_existing("components")),
        "base": Command("folders to resources", "PATH,...", ONE, do.add_base),
        "patch": Command("an entry to patches", "", NONE, do.add_patch, _patch),
        "configmap": Command("to configMapGenerator", "NAME", ONE, do.add_generator("configmap"), _config_map),
        "secret": Command("to secretGenerator", "NAME", ONE, do.add_generator("secret"), _secret),
        "label": Command("to commonLabels or labels", "KEY:VALUE", ANY, do.add_label, _label),
        "annotation": Command("to commonAnnotations", "KEY:VALUE", ANY, do.add_pairs("annotation"), _force),
        "generator": Command("files to generators", "PATTERN", ANY, do.add_matching("generators")),
        "transformer": Command("files to transformers", "PATTERN", ANY, do.add_matching("transformers")),
        "configuration": Command("files to configurations", "PATTERN", ANY, do.add_matching("configurations")),
        "buildmetadata": Command("to buildMetadata", "OPTION,...", ONE, do.add_build_metadata),
    },
    "remove": {
        "resource": Command("from resources", "PATTERN", ANY, do.remove_paths("resources")),
        "component": Command("from components", "PATTERN", ANY, do.remove_paths("components")),
        "patch": Command("an entry from patches", "", NONE, do.remove_patch, _patch),
        "configmap": Command("from configMapGenerator", "NAME,...", ONE, do.remove_generator("configmap"), _namespace),
        "secret": Command("from secretGenerator", "NAME,...", ONE, do.remove_generator("secret"), _namespace),
        "label": Command("from commonLabels", "KEY,...", ONE, do.remove_pairs("label"), _ignore),
        "annotation": Command("from commonAnnotations", "KEY,...", ONE, do.remove_pairs("annotation"), _ignore),
        "transformer": Command("from transformers", "PATTERN", ANY, do.remove_paths("transformers")),
        "buildmetadata": Command("from buildMetadata", "OPTION,...", ONE, do.remove_build_metadata),
    },
}


def run(verb: str, arguments: Sequence[str]) -> int:
    """Do one edit in the working folder; give the exit status. Raises ImbricateError, and then nothing is changed."""
    if verb == "fix":
        return _fix(arguments)
    name = arguments[0] if arguments else ""
    if not verb or name in {"", "-h", "--help"}:
        sys.stdout.write(_listing([_one_of(verb, VERBS, "edit: unknown verb")] if verb else COMMANDS))
        return 0
    verb = _one_of(verb, VERBS, "edit: unknown verb")
    command = COMMANDS[verb][_one_of(name, COMMANDS[verb], f"edit {verb}: unknown field")]
    options = _parse(f"{verb} {name}", command, arguments[1:])
    edited = read(find(Path()))
    change = command.run(edited, options)
    for note in change.notes if change else ():
        sys.stderr.write(f"{note}\n")
    if change is None or change.is_made:
        edited.save()
    return 0


def _one_of(name: str, known: Iterable[str], problem: str) -> str:
    """Give the name back. Raises EditError with the nearest one if it is not known."""
    names = list(known)
    if name in names:
        return name
    near = nearest(name, names)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(names)}"
    raise EditError(f"{problem} {name!r}; {hint}")


def _listing(verbs: Iterable[str]) -> str:
    commands = {f"{verb} {name} {one.metavar}": one.help for verb in verbs for name, one in COMMANDS[verb].items()}
    width = max(map(len, commands))
    return "".join(f"imbricate edit {usage:{width}}  {text}\n" for usage, text in commands.items())


def _parse(name: str, command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    """Read arguments and flags in any order; what follows `--` is no flag."""
    parser = _Parser(prog=f"imbricate edit {name}", description=f"{name}: {command.help}", allow_abbrev=False)
    parser.add_argument("arguments", nargs="*", metavar=command.metavar or "nothing")
    command.flags(parser)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, unknown = parser.parse_known_intermixed_args(arguments[:end])
    if unknown:
        parser.error(_unknown(unknown, parser))
    options.arguments += arguments[end + 1 :]
    found = len(options.arguments)
    if (
        (command.takes == ONE and found != 1)
        or (command.takes == ANY and not found)
        or (command.takes == NONE and found)
    ):
        wanted = {ONE: f"one {command.metavar}", ANY: f"{command.metavar} ...", NONE: "flags only"}[command.takes]
        parser.error(f"expected {wanted}, found {found} arguments")
    return options


def _unknown(arguments: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """Name the unknown flag, without its value: that may be secret."""
    flag = next((one for one in arguments if one.startswith("-")), "").partition("=")[0]
    if not flag:
        return f"expected flags only, found {arguments[0]!r}"
    flag = flag if flag.startswith("--") else flag[:2]
    near = nearest(flag, parser._option_string_actions)  # noqa: SLF001 - there is no public list
    return f"unknown flag {flag}; {f'did you mean {near}?' if near else '--help lists those there are'}"


def _fix(arguments: Sequence[str]) -> int:
    from imbricate.edit.fix import fix  # noqa: PLC0415 - it needs the engine, the other edits do not

    parser = _Parser(prog="imbricate edit fix", description="Replace deprecated fields.", allow_abbrev=False)
    parser.add_argument("--vars", action="store_true", help="also vars; rewrites the resource files that use one")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_unknown(unknown, parser))
    for line in fix(Path(), convert_vars=options.vars):
        sys.stdout.write(f"{line}\n")
    return 0
