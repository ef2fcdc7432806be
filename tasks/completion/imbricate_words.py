"""The words of `imbricate`: commands, flags, values of flags; a folder is left to the shell."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from imbricate.cli import _parser
from imbricate.edit.command import COMMANDS, VERBS
from imbricate.flags import RESTRICTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FLAG = re.compile(r"--[a-z][A-Za-z-]+")
_EDIT = "edit"


def words_of(before: Sequence[str], word: str) -> Iterable[str]:
    """Give what can follow the words before the last one."""
    commands = _parser().commands
    if not before or before == ["help"]:
        return commands
    command = before[0]
    if before[-1] == "--load-restrictor":
        return RESTRICTORS
    if command == "version" and before[-1] in {"-o", "--output"}:
        return ("json", "yaml")
    if command == _EDIT:
        return _words_of_edit(before[1:], word)
    if command not in commands or not word.startswith("-"):
        return ()
    return _FLAG.findall(commands[command].format_help())


def _words_of_edit(before: Sequence[str], word: str) -> Iterable[str]:
    if not before:
        return VERBS
    fields = COMMANDS.get(before[0], {})
    if len(before) == 1:
        return fields
    if before[1] not in fields or not word.startswith("-"):
        return ()
    parser = argparse.ArgumentParser()
    fields[before[1]].flags(parser)
    return _FLAG.findall(parser.format_help())
