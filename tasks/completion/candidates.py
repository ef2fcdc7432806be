"""A command line so far → what its last word can become.

A candidate is the whole word; one that ends in `=` wants a value.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROOT = Path(__file__).parent.parent.parent


def candidates(line: str) -> list[str]:
    """Give what the last word of a line can become; nothing in a folder that has other tasks."""
    words = [*line.split(), ""] if line[-1:].isspace() else line.split()
    if len(words) < 2:
        return []
    program, *before, word = words
    if Path(program).name == "imbricate":
        from tasks.completion.imbricate_words import words_of  # noqa: PLC0415 - one of two is needed

        return _beginning(word, words_of(before, word))
    if not _ROOT.samefile(Path.cwd()):
        return []
    from tasks.completion.doit_words import words_of as words_of_doit  # noqa: PLC0415 - as above

    return _beginning(word, words_of_doit(before, word))


def _beginning(word: str, known: Iterable[str]) -> list[str]:
    return sorted({one for one in known if one.startswith(word)})
