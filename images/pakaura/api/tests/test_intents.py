"""What people say to a task list, and what they want by it."""

from __future__ import annotations

import time

import pytest

from pakaura.intents import Intent, understand


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Add a task to demo Kubernetes", "demo Kubernetes"),
        ("add task: buy milk", "buy milk"),
        ('Please create a new task called "Buy milk".', "Buy milk"),
        ("can you add buy milk to my list?", "buy milk"),
        ("put call mum on the to-do list please", "call mum"),
        ("remind me to water the plants", "water the plants"),
        ("Don\N{RIGHT SINGLE QUOTATION MARK}t let me forget to pay the rent!", "pay the rent"),
        ("I need to renew my passport", "renew my passport"),
        ("todo: write the report", "write the report"),
        ("add milk", "milk"),
        ("Add a task to mark the exams as done", "mark the exams as done"),
        ("add a task to delete old photos", "delete old photos"),
        ("add task show my tasks to Bob", "show my tasks to Bob"),
    ],
)
def test_a_task_is_added_in_the_words_of_the_message(message: str, title: str) -> None:
    assert understand(message) == Intent("add", title)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Show my tasks", "open"),
        ("show me what is on my list", "open"),
        ("What's on my list?", "open"),
        ("what do I have to do", "open"),
        ("what is left?", "open"),
        ("tasks", "open"),
        ("list", "open"),
        ("Could you list my open tasks, please?", "open"),
        ("Do I have anything left to do?", "open"),
        ("show all my tasks", "all"),
        ("show completed tasks", "done"),
        ("What have I done?", "done"),
        ("which tasks are finished", "done"),
    ],
)
def test_tasks_are_listed(message: str, status: str) -> None:
    intent = understand(message)
    assert (intent.wish, intent.status) == ("list", status)


@pytest.mark.parametrize(
    ("message", "task"),
    [
        ("Mark demo Kubernetes as done", "demo Kubernetes"),
        ("mark the task 'buy milk' as completed", "buy milk"),
        ("complete task 2", "task 2"),
        ("complete the first task", "first"),
        ("I finished the report", "report"),
        ("I've just done the dishes", "dishes"),
        ("done with the dishes", "dishes"),
        ("check off buy milk", "buy milk"),
        ("tick buy milk off my list", "buy milk"),
        ("buy milk is done", "buy milk"),
        ("The report is already finished!", "report"),
    ],
)
def test_a_task_is_completed(message: str, task: str) -> None:
    assert understand(message) == Intent("complete", task)


@pytest.mark.parametrize(
    ("message", "task"),
    [
        ("reopen buy milk", "buy milk"),
        ("mark buy milk as not done", "buy milk"),
        ("buy milk isn't done yet", "buy milk"),
        ("undo buy milk", "buy milk"),
    ],
)
def test_a_task_is_opened_again(message: str, task: str) -> None:
    assert understand(message) == Intent("reopen", task)


@pytest.mark.parametrize(
    ("message", "task"),
    [
        ("Delete buy milk", "buy milk"),
        ("delete the task buy milk from my list", "buy milk"),
        ("please remove the second task", "second"),
        ("get rid of the report", "report"),
        ("forget about the dentist", "dentist"),
        ("delete task 3", "task 3"),
        ("delete", ""),
    ],
)
def test_a_task_is_deleted(message: str, task: str) -> None:
    assert understand(message) == Intent("delete", task)


def test_a_task_gets_another_title() -> None:
    assert understand("rename buy milk to Buy oat milk") == Intent("rename", "buy milk", "Buy oat milk")


@pytest.mark.parametrize(
    ("message", "wish", "status"),
    [
        ("delete all done tasks", "delete_all", "done"),
        ("clear the completed tasks", "delete_all", "done"),
        ("delete all my tasks", "delete_all", "all"),
        ("clear my list", "delete_all", "all"),
        ("mark everything as done", "complete_all", "open"),
        ("complete all my tasks", "complete_all", "open"),
    ],
)
def test_all_tasks_at_once(message: str, wish: str, status: str) -> None:
    intent = understand(message)
    assert (intent.wish, intent.status) == (wish, status)


@pytest.mark.parametrize(
    ("message", "wish"),
    [("hello", "help"), ("Help!", "help"), ("thanks", "thanks"), ("thank you very much", "thanks")]
    + [(message, "unknown") for message in ("", "...", "the weather is nice", "42", "please")],
)
def test_small_talk_changes_nothing(message: str, wish: str) -> None:
    assert understand(message).wish == wish


@pytest.mark.parametrize("part", ["mark a ", "add task ", "done ", "to ", "is is ", "(", "#1 ", "“"])
def test_no_message_takes_long(part: str) -> None:
    started = time.perf_counter()
    understand((part * 1000)[:1000])
    assert time.perf_counter() - started < 0.5
