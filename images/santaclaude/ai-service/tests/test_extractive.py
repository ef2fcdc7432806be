from __future__ import annotations

from ai_service.extractive import answer

TEXT = """Which port does the queue listen on?

The queue listens on port 8004. Its messages are kept in Redis. The weather was fine. A browser renders pages.
The queue gives a message to one consumer of each group. Redis writes them to its disk."""


def test_the_question_chooses_the_sentence() -> None:
    assert answer([TEXT], 6) == "The queue listens on port 8004."


def test_the_same_question_has_the_same_answer() -> None:
    assert len({answer([TEXT], 500) for _ in range(20)}) == 1
    assert "weather" not in answer([TEXT], 500)


def test_what_was_said_before_counts() -> None:
    assert answer(["My name is Ada. I like trains.", "What is my name?"], 4) == "My name is Ada."


def test_nothing_told_is_said_so() -> None:
    assert answer(["Why?"], 100) == "I was told nothing that I could answer from."
