"""The older plugins: executables in a plugin home, found by the apiVersion and kind of their configuration.

In: a configuration in a file, named by the first argument, and the resources as YAML documents on standard input. Out:
resources as YAML documents (kustomize: execplugin). Plugins that are Go object code are refused.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.bookkeeping import annotated
from imbricate.decode import Shape, text
from imbricate.documents import read_config, write, write_document
from imbricate.errors import LoadError
from imbricate.folder import display
from imbricate.functions import returned
from imbricate.functions.process import Command, run

if TYPE_CHECKING:
    from imbricate.decode import Where
    from imbricate.folder import Folder
    from imbricate.resources import ResMap, Resource

# What Linux takes for one variable of the environment; kustomize leaves a longer one out.
_LONGEST_VARIABLE = 131071


class _Arguments(NamedTuple):
    args_one_liner: str = ""
    args_from_file: str = ""


_ARGUMENTS = Shape(_Arguments, {"argsOneLiner": text, "argsFromFile": text})


class ExecPlugin:
    """An executable, ready to run in the folder of the kustomization that names it."""

    warning = ""

    def __init__(self, config: Resource, folder: Folder, where: Where) -> None:
        """Find the program. Raises KustomizationError when there is none, or its configuration does not fit."""
        self.where = where
        self._folder = folder
        self._program = _program_of(config, where)
        self._config = write_document(annotated(config))
        self._arguments = self._read_arguments()

    def generate(self) -> list[Resource]:
        """Run it without input."""
        printed = returned.manifests_of(self._run(b""), self.where)
        return returned.generated(returned.resources_of(printed, self.where), self.where)

    def transform(self, resources: ResMap) -> None:
        """Run it over all resources: what it prints takes their place."""
        returned.take(resources, self._returned(resources), self.where)

    def validate(self, resources: ResMap) -> None:
        """Run it over all resources, which it must leave as they are."""
        returned.check_unchanged(resources, self._returned(resources), self.where)

    def _returned(self, resources: ResMap) -> list[Resource]:
        request = write(returned.identified(resource) for resource in resources)
        printed = returned.manifests_of(self._run(request.encode("utf-8", "surrogatepass")), self.where)
        return returned.resources_of(map(returned.without_id, printed), self.where)

    def _run(self, request: bytes) -> bytes:
        with tempfile.NamedTemporaryFile(prefix="imbricate-plugin-") as config:
            config.write(self._config.encode("utf-8", "surrogatepass"))
            config.flush()
            argv = (str(self._program), config.name, *self._arguments)
            return run(Command(argv, self._folder.root, self._environment(), is_quiet=True), request, self.where)

    def _environment(self) -> dict[str, str]:
        found = {
            "KUSTOMIZE_PLUGIN_CONFIG_STRING": self._config,
            "KUSTOMIZE_PLUGIN_CONFIG_ROOT": str(self._folder.root),
        }
        return {
            name: value for name, value in found.items() if len(os.fsencode(f"{name}={value}")) <= _LONGEST_VARIABLE
        }

    def _read_arguments(self) -> list[str]:
        lenient = self.where._replace(lenient=True, converts=True)
        found = _ARGUMENTS(read_config(self._config, self.where.file), lenient)
        arguments = _words(found.args_one_liner, self.where.at("argsOneLiner"))
        if found.args_from_file:
            try:
                lines = self._folder.read(found.args_from_file).decode("utf-8", "surrogateescape").split("\n")
            except LoadError as error:
                place = self.where.at("argsFromFile")
                raise error.at(place.file, place.field) from None
            arguments += [line.lstrip(" ") for line in lines if line.strip(" ")]
        return arguments


def _program_of(config: Resource, where: Where) -> Path:
    group, version, kind = config.original_id.gvk
    home = _plugin_home(where)
    program = Path(os.path.normpath(home / group / version / kind.lower() / kind))
    shown = display(program)
    if not program.is_relative_to(home):
        raise where.error(f"its apiVersion and kind lead out of the plugin home, to {shown}")
    if program.with_name(f"{kind}.so").exists() and not program.exists():
        raise where.error(f"is a Go plugin ({shown}.so), which only the kustomize that it was built with can load")
    if not program.is_file():
        raise where.error(f"is no built-in plugin and no function, and there is no program {shown}")
    if not os.access(program, os.X_OK):
        raise where.error(f"{shown} is not executable; chmod +x makes it so")
    return program


def _plugin_home(where: Where) -> Path:
    """Give the first that exists of the folders where kustomize looks (kustomize: konfig.DefaultAbsPluginHome)."""
    home = os.environ.get("HOME") or "~"
    named = (("KUSTOMIZE_PLUGIN_HOME", ""), ("XDG_CONFIG_HOME", "kustomize/plugin"))
    tried = [Path(os.environ[variable], below) for variable, below in named if os.environ.get(variable)]
    tried += [Path(home, ".config/kustomize/plugin"), Path(home, "kustomize/plugin")]
    for folder in tried:
        if folder.exists():
            return folder.resolve()
    places = ", ".join(map(str, tried))
    raise where.error(f"there is no plugin home; tried {places}; name one in KUSTOMIZE_PLUGIN_HOME")


def _words(line: str, where: Where) -> list[str]:
    """Split a line into words as kustomize does: quotes group, a backslash escapes, # ends it, empty words go."""
    words: list[str] = []
    word, quote, is_escaped = "", "", False
    for sign in line:
        if is_escaped:
            word, is_escaped = word + sign, False
        elif sign == "\\" and quote != "'":
            is_escaped = True
        elif quote or sign in "'\"":
            word, quote = (word, "") if sign == quote else (word, sign) if not quote else (word + sign, quote)
        elif sign == "#":
            break
        elif sign.isspace():
            words, word = [*words, word], ""
        else:
            word += sign
    if quote:
        raise where.error(f"expected the closing {quote}, found the end of the line")
    return [one for one in (*words, word) if one]
