"""Which of some tasks is meant by a few words: its number in the list, its title, or a part of it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pakaura.schema import Task

_ALIKE = 0.8
_FILLING = {"a", "an", "the", "my", "to", "that", "this", "of"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBER = re.compile(
    r"(?:(?:task|number|no|item)\s*)*#?\s*(?P<number>\d{1,3})(?:st|nd|rd|th)?(?:\s+(?:task|one|item))?"
)
_ORDINAL = re.compile(rf"(?P<word>{'|'.join(_ORDINALS)}|last)(?:\s+(?:task|one|item))?")


def find(words: str, tasks: Sequence[Task]) -> list[Task]:
    """Give the tasks that are meant: none, one, or those between which the words do not decide."""
    asked = _words(words)
    if not asked:
        return []
    exact = [task for task in tasks if _words(task.title) == asked]
    if exact:
        return exact[:1]
    numbered = _numbered(words, tasks)
    return [numbered] if numbered else next((found for found in _looser(asked, tasks) if found), [])


def _numbered(words: str, tasks: Sequence[Task]) -> Task | None:
    """Give the task at a place of the list; numbers count as people do."""
    text = re.sub(r"^(?:the|my)\s+", "", words.strip().casefold())
    number, ordinal = _NUMBER.fullmatch(text), _ORDINAL.fullmatch(text)
    if ordinal:
        place = len(tasks) if ordinal["word"] == "last" else _ORDINALS.index(ordinal["word"]) + 1
    else:
        place = int(number["number"]) if number else 0
    return tasks[place - 1] if 0 < place <= len(tasks) else None


def _looser(asked: list[str], tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Give what matches, from closely to loosely."""
    phrase = f" {' '.join(asked)} "
    for matches in (
        lambda title: phrase in f" {' '.join(title)} " or f" {' '.join(title)} " in phrase,
        lambda title: set(asked) <= set(title),
        lambda title: _alike(asked, title),
    ):
        yield _chosen(tasks, matches)


def _chosen(tasks: Sequence[Task], matches: Callable[[list[str]], bool]) -> list[Task]:
    titles = ((task, _words(task.title)) for task in tasks)
    return [task for task, title in titles if title and matches(title)]


def _alike(asked: list[str], title: list[str]) -> bool:
    """Tell whether it is the title but for slips of the keyboard, or each word is one of its words but for those."""
    whole = SequenceMatcher(a=" ".join(asked), b=" ".join(title), autojunk=False).ratio() >= _ALIKE
    return whole or all(get_close_matches(word, title, 1, _ALIKE) for word in asked)


def _words(text: str) -> list[str]:
    """Give the words that tell titles apart; all of them where none does."""
    words = re.findall(r"\w+", text.casefold())
    return [word for word in words if word not in _FILLING] or words
