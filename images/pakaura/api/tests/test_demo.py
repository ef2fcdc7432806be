"""The demo assistant at work on a task list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pakaura.actions import Actions
from pakaura.assistants import DemoAssistant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import TaskListInMemory


@pytest.fixture
def say(tasks: TaskListInMemory) -> Callable[[str], str]:
    def ask(message: str) -> str:
        return asyncio.run(DemoAssistant().answer(message, [], Actions(tasks))).text

    return ask


def test_a_task_from_its_beginning_to_its_end(say: Callable[[str], str]) -> None:
    assert say("Add a task to demo Kubernetes") == 'Added "demo Kubernetes".'
    assert say("Show my tasks") == "Still to do:\n1. demo Kubernetes"
    assert say("Mark demo Kubernetes as done") == 'Done: "demo Kubernetes".'
    assert say("show my tasks") == "Nothing is left to do."
    assert say("show all tasks") == "All tasks:\n1. ✓ demo Kubernetes"
    assert say("demo Kubernetes is not done") == '"demo Kubernetes" is open again.'
    assert say("delete demo Kubernetes") == 'Deleted "demo Kubernetes".'
    assert say("show all tasks") == "There are no tasks."


def test_numbers_are_those_of_the_list_that_was_shown(say: Callable[[str], str]) -> None:
    for title in ("first thing", "milk", "bread"):
        say(f"add {title}")
    say("complete 1")
    assert say("tasks") == "Still to do:\n1. milk\n2. bread"
    assert say("delete task 2") == 'Deleted "bread".'


def test_it_asks_when_it_cannot_decide(say: Callable[[str], str]) -> None:
    say("add buy milk")
    say("add buy oat milk")
    assert say("delete milk") == "Which of these do you mean?\n• buy milk\n• buy oat milk"
    assert say("delete") == "Which task do you mean?"
    assert say("complete the dishes").startswith('I found no such task: "dishes"')
    assert say("add a task") == "What should the task be called?"


def test_what_is_done_is_not_done_again(say: Callable[[str], str]) -> None:
    say("add buy milk")
    say("complete buy milk")
    assert say("complete buy milk") == '"buy milk" is done already.'


def test_all_at_once(say: Callable[[str], str], tasks: TaskListInMemory) -> None:
    say("add a")
    say("add b")
    assert say("complete everything") == "Done: 2 tasks."
    say("add c")
    assert say("delete all done tasks") == "Deleted 2 tasks."
    assert [task.title for task in tasks.tasks] == ["c"]


def test_a_task_is_renamed(say: Callable[[str], str]) -> None:
    say("add buy milk")
    assert say("rename buy milk to buy oat milk") == '"buy milk" is now "buy oat milk".'


def test_titles_have_a_limit(say: Callable[[str], str], tasks: TaskListInMemory) -> None:
    assert "200 characters" in say(f"add {'x' * 201}")
    assert tasks.tasks == []


def test_small_talk_gets_help(say: Callable[[str], str]) -> None:
    assert "add a task to buy milk" in say("hello")
    assert say("the weather is nice").startswith("I did not understand that.")
    assert say("thank you!") == "You are welcome."
