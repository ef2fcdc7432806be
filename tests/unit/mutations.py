"""Damaged cases: what a slip of the hand, a bad merge or an attacker makes of the files of a conformance case.

Each mutation changes one file; which, where and how come from the seed alone, so that a failure can be made again.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests.conformance.harness import case_files, read_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VALUE = re.compile(rb"^(?P<lead>[ -]*[\w.$/-]+:)(?: +(?P<value>\S[^\n]*))?$", re.MULTILINE)
_VALUES = (
    *(b"1", b"-1", b"1.5", b"9223372036854775808", b"true", b"null", b"~", b'""', b"''", b"''''", b"[]", b"{}"),
    *(
        b"[1, a]",
        b"{a: b}",
        b"[[]]",
        b"[null]",
        b"{a: null}",
        b"text",
        b'"text"',
        b"!!str 1",
        b"&a x",
        b"*a",
        b"|",
        b">-",
    ),
    *(b"0x10", b"2001-01-01", b".inf", b"../..", b"/", b".", b"\xc3\xa9", b"a=b", b"$(A)", b"*", b"(", b"%", b"@"),
)


class Mutant(NamedTuple):
    """A damaged case: what was done to it, and its files."""

    label: str
    flags: tuple[str, ...]
    files: dict[str, bytes]

    def write(self, folder: Path) -> Path:
        """Write the files below a folder; give the folder."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 4))):
        at = chance.randrange(len(changed))
        changed[at] = chance.choice((changed[at] ^ 1 << chance.randrange(8), *b"\0\t\n :-#&*!|>'\"%@`{}[],"))
    return bytes(changed)


def _line(change: Callable[[list[bytes], int, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def run(content: bytes, chance: random.Random) -> bytes:
        lines = content.splitlines(keepends=True)
        change(lines, chance.randrange(len(lines)), chance)
        return b"".join(lines)

    return run


def _delete(lines: list[bytes], at: int, chance: random.Random) -> None:
    del lines[at : at + chance.choice((1, 1, 2, 5))]


def _duplicate(lines: list[bytes], at: int, chance: random.Random) -> None:
    count = chance.choice((1, 1, 3))
    lines[at:at] = lines[at : at + count]


def _swap_lines(lines: list[bytes], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[bytes], at: int, chance: random.Random) -> None:
    more = chance.choice((b" ", b"  ", b"\t", b"- ", b""))
    lines[at] = more + lines[at] if more else lines[at].removeprefix(b"  ")


def _swap_value(content: bytes, chance: random.Random) -> bytes:
    fields = list(_VALUE.finditer(content))
    if not fields:
        return content + b"a: b\n"
    field = chance.choice(fields)
    return content[: field.start()] + field["lead"] + b" " + chance.choice(_VALUES) + content[field.end() :]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes changed": _flip,
    "lines deleted": _line(_delete),
    "lines doubled": _line(_duplicate),
    "lines swapped": _line(_swap_lines),
    "indentation changed": _line(_indent),
    "value swapped": _swap_value,
    "cut short": _truncate,
}


@cache
def _paths() -> list[Path]:
    return [path for path in case_files() if "--enable-" not in path.read_text(encoding="utf-8")]


def mutant(seed: int) -> Mutant:
    """Damage one case. Cases that run programs are left out: a damaged path could name another program."""
    chance = random.Random(seed)  # noqa: S311 - made again from the seed, no secret
    path = chance.choice(_paths())
    case = read_case(path.read_text(encoding="utf-8"))
    files = {name: content.encode() for name, content in case.files.items()}
    name = chance.choice(sorted(name for name, content in files.items() if content))
    kind = chance.choice(list(KINDS))
    files[name] = KINDS[kind](files[name], chance)
    return Mutant(f"seed {seed}: {path.stem}: {name}: {kind}", case.flags, files)
