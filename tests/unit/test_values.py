"""What manifests are made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.documents import Quoted, Scalar
from imbricate.values import (
    EMPTY_NULL,
    copy_of,
    decoded_json,
    go_text,
    is_empty,
    is_null,
    is_quoted,
    is_scalar,
    kind_of,
    restyled,
    text_of,
    through_json,
    untagged,
)


@pytest.mark.parametrize(
    ("value", "null", "empty", "scalar", "kind"),
    [
        (None, True, True, True, "null"),
        (Scalar("~", None), True, True, True, "null"),
        (EMPTY_NULL, True, True, True, "null"),
        ({}, False, True, False, "a map"),
        ([], False, True, False, "a list"),
        ({"a": 1}, False, False, False, "a map"),
        ("", False, False, True, "a string"),
        (Quoted("x"), False, False, True, "a string"),
        (0, False, False, True, "a number"),
        (1.5, False, False, True, "a number"),
        (Scalar("0x1F", 31), False, False, True, "a number"),
        (False, False, False, True, "a boolean"),
        (Scalar("True", True), False, False, True, "a boolean"),  # noqa: FBT003 - a value, not a flag
    ],
    ids=repr,
)
def test_questions(value: Any, *, null: bool, empty: bool, scalar: bool, kind: str) -> None:
    assert (is_null(value), is_empty(value), is_scalar(value), kind_of(value)) == (null, empty, scalar, kind)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (1, "1"), (True, "true"), (None, "null"), (Scalar("1.50", 1.5), "1.50"), ({}, ""), ([1], "")],
)
def test_a_scalar_has_a_text(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "quoted"), [("a", False), (Quoted("a"), True), ("true", True), ("7", True), (7, False), (None, False)]
)
def test_a_string_stands_in_quotes_when_it_must_or_did(value: Any, *, quoted: bool) -> None:
    assert is_quoted(value) is quoted


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Quoted("a"), 7, Quoted("7")),
        ("true", "x", Quoted("x")),
        (7, Quoted("x"), "x"),
        ("a", 7, 7),
        (None, "7", "7"),
    ],
)
def test_a_value_takes_the_style_of_what_it_replaces(old: Any, new: Any, expected: Any) -> None:
    found = restyled(old, new)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("old", "text", "expected"),
    [("a", "7", 7), (Quoted("a"), "7", Quoted("7")), (None, "true", True), (7, "x", "x"), ("a", "x", "x")],
)
def test_a_bare_text_is_read_unless_quotes_stood_there(old: Any, text: str, expected: Any) -> None:
    found = untagged(old, text)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Scalar("0x1F", 31), 31),
        (1.0, 1),
        (1.5, 1.5),
        (2**53, 2**53),
        (2**53 + 1, 2**53 + 1),
        (1e6, 1000000),
        (2**64, 18446744073709551616),
        (1e21, 1e21),
        (True, True),
        (None, None),
        (Quoted("x"), "x"),
        ({"a": [Scalar("~", None), 2.0]}, {"a": [None, 2]}),
    ],
)
def test_json_forgets_spellings(value: Any, expected: Any) -> None:
    found = through_json(value)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999999, "999999"),
        (1000000, "1e+06"),
        (-4294967296, "-4.294967296e+09"),
        (2**53 + 1, "9.007199254740992e+15"),
        (1e3, "1000"),
        (0.5, "0.5"),
        (-0.0, "-0"),
        (Scalar("0.00001", 1e-5), "1e-05"),
        (True, "true"),
    ],
)
def test_numbers_without_type_are_floats(value: float, text: str) -> None:
    assert text_of(decoded_json({"a": [value]})["a"][0]) == text


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (7, "7"), (0.5, "0.5"), (1e21, "1e+21")])
def test_numbers_print_as_go_prints_them(value: float, text: str) -> None:
    assert go_text(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_a_copy_is_equal_and_shares_nothing_that_changes(value: Any) -> None:
    def containers(one: Any) -> set[int]:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return {id(one), *(found for child in inner for found in containers(child))} if not is_scalar(one) else set()

    copied = copy_of(value)

    assert copied == value
    assert not containers(copied) & containers(value)


@given(JSON)
def test_json_values_pass_through_unchanged(value: Any) -> None:
    assert through_json(value) == value
    assert through_json(through_json(value)) == through_json(value)
