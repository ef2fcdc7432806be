"""Reading JSON values into tuples: what fits, and the exact place of what does not."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from imbricate.decode import (
    Shape,
    Where,
    any_map,
    anything,
    boolean,
    integer,
    list_of,
    optional_text,
    snake_case,
    text,
    text_map,
)
from imbricate.errors import KustomizationError

HERE = Where("k.yaml", "field")
CONVERTING = HERE._replace(converts=True)


class Part(NamedTuple):
    name: str = ""
    big_count: int = 0
    flag: bool = False


class Whole(NamedTuple):
    parts: tuple[Part, ...] = ()
    one: Part | None = None
    renamed: str = ""


PART = Shape(Part, {"name": text, "bigCount": integer, "flag": boolean})
WHOLE = Shape(Whole, {"parts": list_of(PART), "one": PART.optional, "oddName": text}, oddName="renamed")


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, "x", "x"),
        (text, None, ""),
        (optional_text, None, None),
        (optional_text, "", ""),
        (boolean, True, True),
        (boolean, None, False),
        (integer, 7, 7),
        (integer, 7.0, 7),
        (integer, None, 0),
        (integer, -(2**63) + 1, -(2**63) + 1),
        (list_of(text), None, ()),
        (list_of(text), ["a", None], ("a", "")),
        (text_map, {"a": "b", "c": None}, {"a": "b", "c": ""}),
        (text_map, None, {}),
        (any_map, None, {}),
        (any_map, {"a": [1]}, {"a": [1]}),
        (anything, [1], [1]),
        (PART, None, Part()),
        (PART.optional, None, None),
        (PART, {"NAME": "x", "bigcount": 2, "flag": None}, Part("x", 2)),
        (WHOLE, {"parts": [{"name": "a"}, None], "oddName": "r"}, Whole((Part("a"), Part()), None, "r")),
    ],
)
def test_what_fits(read: Any, value: Any, expected: Any) -> None:
    assert read(value, HERE) == expected


@pytest.mark.parametrize(("value", "expected"), [(7, "7"), (True, "true"), (0.5, "0.5"), ("x", "x")])
def test_some_files_take_numbers_and_booleans_for_strings(value: Any, expected: str) -> None:
    assert text(value, CONVERTING) == expected


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (text, 7, "field: expected a string, found a number: 7"),
        (text, {}, "field: expected a string, found a map"),
        (text, [], "field: expected a string, found a list"),
        (optional_text, 7, "field: expected a string, found a number: 7"),
        (boolean, "yes", "field: expected true or false, found a string: 'yes'"),
        (integer, "7", "field: expected a whole number, found a string: '7'"),
        (integer, 7.5, "field: expected a whole number, found a number: 7.5"),
        (integer, 2**63, "field: expected a whole number, found a number: 9223372036854775808"),
        (integer, float("nan"), "field: expected a whole number, found a number: nan"),
        (list_of(text), "a", "field: expected a list, found a string: 'a'"),
        (list_of(text), ["a", 1], "field[1]: expected a string, found a number: 1"),
        (text_map, [], "field: expected a map, found a list"),
        (text_map, {"a": 1}, "field.a: expected a string, found a number: 1"),
        (any_map, "x", "field: expected a map, found a string: 'x'"),
        (PART, [], "field: expected a map, found a list"),
        (PART, {"nam": "x"}, "field.nam: unknown field; did you mean name?"),
        (PART, {"zzz": "x"}, "field.zzz: unknown field; known are bigCount, flag, name"),
        (WHOLE, {"parts": [{}, {"flag": 1}]}, "field.parts[1].flag: expected true or false, found a number: 1"),
    ],
)
def test_what_does_not(read: Any, value: Any, message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        read(value, HERE)

    assert str(caught.value) == f"k.yaml: {message}"


def test_lenient_reading_passes_over_unknown_fields() -> None:
    assert PART({"nope": 1, "name": "x"}, HERE._replace(lenient=True)) == Part("x")


def test_places() -> None:
    where = Where("k.yaml").at("patches").item(2).at("target")

    assert where.field == "patches[2].target"
    assert str(where.error("expected more")) == "k.yaml: patches[2].target: expected more"


@pytest.mark.parametrize(
    ("name", "python"), [("namePrefix", "name_prefix"), ("patchesJson6902", "patches_json6902"), ("kind", "kind")]
)
def test_names_in_python(name: str, python: str) -> None:
    assert snake_case(name) == python
