"""Fields inside of a text: where it is entered, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.errors import FieldPathError
from imbricate.fieldpaths import MISSING
from imbricate.structured import set_in_text


def put(value: Any) -> Any:
    def setter(place: tuple[Any, Any]) -> None:
        container, key = place
        container[key] = value

    return setter


def refuse(_place: tuple[Any, Any]) -> None:
    raise FieldPathError("not this one")


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("b: 1", ("data", "a", "b"), "b: 2"),
        ("b: 1 # why", ("data", "a", "b"), "b: 2 # why"),
        ("b: {c: 1}", ("data", "a", "b", "c"), "b: {c: 2}"),
        ("- {n: x, v: 1}\n- {n: y, v: 1}", ("data", "a", "[n=y]", "v"), "- {n: x, v: 1}\n- {n: y, v: 2}"),
        ('{"b": 1}', ("data", "a", "b"), '{"b":2}'),
    ],
)
def test_a_field_is_set(text: str, names: tuple[str, ...], expected: str) -> None:
    manifest = {"data": {"a": text}}

    assert set_in_text(manifest, names, put(2), MISSING) is True
    assert manifest == {"data": {"a": expected}}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("b: 1", ("data", "a")),
        ("b: 1", ("data", "a", "c")),
        ("b: 1", ("data", "none", "b")),
        ("[", ("data", "a", "b")),
        (None, ("data", "a", "b")),
        ({"b": 1}, ("data", "a", "b")),
        ("b: 1", ("[none", "a", "b")),
    ],
)
def test_where_there_is_no_such_text_nothing_is_done(value: Any, names: tuple[str, ...]) -> None:
    manifest = {"data": {"a": value}}

    assert set_in_text(manifest, names, put(2), MISSING) is False
    assert manifest == {"data": {"a": value}}


def test_what_the_setter_refuses_is_left() -> None:
    manifest = {"data": {"a": "b: 1"}}

    assert set_in_text(manifest, ("data", "a", "b"), refuse, MISSING) is False
    assert manifest == {"data": {"a": "b: 1"}}


def test_what_cannot_be_written_back_is_left_without_a_word() -> None:
    manifest = {"data": {"a": '{"b": 1}'}}

    assert set_in_text(manifest, ("data", "a", "b"), put("word"), MISSING) is True
    assert manifest == {"data": {"a": '{"b": 1}'}}


def test_what_is_missing_can_be_made() -> None:
    manifest = {"data": {"a": "b: 1"}}

    assert set_in_text(manifest, ("data", "a", "c"), put(2), lambda: None) is True
    assert manifest == {"data": {"a": "b: 1\nc: 2"}}
