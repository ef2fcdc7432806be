"""Lists whose elements have keys."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.associative import (
    NOTHING,
    element_with,
    key_values,
    remove_elements,
    set_element,
    unify_values,
    valid_keys,
    with_rest,
)
from imbricate.errors import MergeError


def test_key_values_are_texts_and_empty_where_there_are_none() -> None:
    elements = [{"port": 80, "protocol": "TCP"}, {"port": None}, "scalar", {"port": {}}]

    assert key_values(elements, ("port", "protocol")) == [("80", "TCP"), ("", ""), ("", ""), ("", "")]


@pytest.mark.parametrize(
    ("elements", "keys", "values", "expected"),
    [
        ([{"n": "a"}, {"n": "b"}], ("n",), ("b",), {"n": "b"}),
        ([{"n": 7}], ("n",), ("7",), {"n": 7}),
        ([{"n": "a"}], ("n",), ("z",), NOTHING),
        ([{"x": "a"}, "a"], ("n",), ("a",), NOTHING),
        (["a", "b"], ("",), ("b",), "b"),
        (["a"], (), ("z",), NOTHING),
        ("no list", ("n",), ("a",), NOTHING),
        ([{"n": "a", "m": "1"}, {"n": "a", "m": "2"}], ("n", "m"), ("a", "2"), {"n": "a", "m": "2"}),
    ],
)
def test_finding(elements: Any, keys: Any, values: Any, expected: Any) -> None:
    assert element_with(elements, keys, values) == expected


def test_removing_takes_nulls_and_empty_maps_along() -> None:
    elements: list[Any] = [{"n": "a"}, None, {}, {"n": "b"}]

    remove_elements(elements, ("n",), ("a",))

    assert elements == [{"n": "b"}]


def test_setting_replaces_in_place_or_appends() -> None:
    elements: list[Any] = [{"n": "a"}, {"n": "b"}]

    set_element(elements, {"n": "a", "new": 1}, ("n",), ("a",))
    set_element(elements, {"n": "c"}, ("n",), ("c",))

    assert elements == [{"n": "a", "new": 1}, {"n": "b"}, {"n": "c"}]


def test_scalars_are_passed_over_when_a_keyed_element_is_set() -> None:
    elements: list[Any] = ["scalar"]

    set_element(elements, {"n": "a"}, ("n",), ("a",))

    assert elements == ["scalar", {"n": "a"}]


@pytest.mark.parametrize(
    ("merged", "target", "keys", "message"),
    [
        ([], ["scalar"], ("n",), "expected a list of maps with 'n', found a string in it"),
        ([{"n": "a"}], ["x"], ("",), "expected a list of scalars, found a map in it"),
    ],
)
def test_elements_of_the_wrong_kind_are_refused(merged: Any, target: Any, keys: Any, message: str) -> None:
    with pytest.raises(MergeError) as caught:
        with_rest(merged, target, keys)

    assert str(caught.value) == message


def test_an_element_without_the_key_is_appended_once_for_each_key_that_it_lacks() -> None:
    assert with_rest([{"n": "a"}], [{"x": 1}], ("n",)) == [{"x": 1}]


@pytest.mark.parametrize(
    ("rows", "row", "expected"),
    [
        ([("80", ""), ("81", "")], ("80", ""), (("port",), ("80",))),
        ([("80", "TCP"), ("81", "")], ("81", ""), (("port", "protocol"), ("81", ""))),
        ([("", "")], ("", ""), (("port", "protocol"), ("", ""))),
    ],
)
def test_keys_that_no_element_has_do_not_count(rows: Any, row: Any, expected: Any) -> None:
    assert valid_keys(rows, row, ("port", "protocol")) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("80", ""), ("80", "TCP")], [("80", "TCP"), ("80", "TCP")]),
        ([("80", "UDP"), ("80", "TCP")], [("80", "UDP"), ("80", "TCP")]),
        ([("", "TCP"), ("80", "")], [("", "TCP"), ("80", "")]),
    ],
)
def test_rows_that_agree_complete_each_other(rows: Any, expected: Any) -> None:
    unify_values(rows)

    assert rows == expected
