"""A model without a provider: the same answer to the same question, made of sentences that it was told.

A sentence is worth what its words are worth: those of the question most, then those which the text often says.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"\w{3,}")
_FREQUENT = frozenset(
    re.findall(r"\w+", "and are but for from has have how its not she that the they this was what who with you")
)
_SENTENCES = 3
_OF_THE_QUESTION = 20


def answer(said: Sequence[str], max_words: int) -> str:
    """Answer the last thing that was said from all that was said."""
    sentences = [sentence.strip() for text in said for sentence in _SENTENCE.findall(text) if sentence.strip()]
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    told = [sentence for sentence in dict.fromkeys(sentences) if not sentence.endswith("?")]
    if not told:
        return "I was told nothing that I could answer from."
    asked = {word for question in questions[-1:] for word in _words(question)}
    frequency = Counter(word for sentence in told for word in _words(sentence))
    best = sorted(range(len(told)), key=lambda index: (-_worth(told[index], asked, frequency), index))[:_SENTENCES]
    return " ".join(" ".join(told[index] for index in sorted(best)).split()[:max_words])


def _worth(sentence: str, asked: set[str], frequency: Counter[str]) -> float:
    words = _words(sentence)
    worth = sum(frequency[word] + (_OF_THE_QUESTION if word in asked else 0) for word in set(words))
    return worth / (len(words) + 3)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _FREQUENT]
