"""Which task somebody means."""

from __future__ import annotations

import pytest

from pakaura.finding import find
from pakaura.schema import Task

TASKS = [
    Task(title=title) for title in ("Buy milk", "Buy oat milk", "Call the dentist", "demo Kubernetes", "Read 1984")
]


def found(words: str) -> list[str]:
    return [task.title for task in find(words, TASKS)]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("buy milk", "Buy milk"),
        ("demo kubernetes!", "demo Kubernetes"),
        ("dentist", "Call the dentist"),
        ("calling the dentist", "Call the dentist"),
        ("to demo the Kubernetes", "demo Kubernetes"),
        ("kubernets demo", "demo Kubernetes"),
        ("demo kuberntes", "demo Kubernetes"),
        ("2", "Buy oat milk"),
        ("task 3", "Call the dentist"),
        ("number 4", "demo Kubernetes"),
        ("#1", "Buy milk"),
        ("the second one", "Buy oat milk"),
        ("last", "Read 1984"),
        ("1984", "Read 1984"),
    ],
)
def test_a_task_is_found_by_number_or_by_words(words: str, title: str) -> None:
    assert found(words) == [title]


def test_several_are_found_where_the_words_do_not_decide() -> None:
    assert found("milk") == ["Buy milk", "Buy oat milk"]


@pytest.mark.parametrize("words", ["", "?!", "0", "6", "wash the car"])
def test_nothing_is_found_that_is_not_there(words: str) -> None:
    assert found(words) == []


def test_of_two_with_the_same_title_the_older_is_meant() -> None:
    same = [Task(title="Buy milk"), Task(title="buy milk")]
    assert find("buy milk", same) == same[:1]
