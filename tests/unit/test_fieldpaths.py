"""Field paths of replacements and vars: splitting, looking up, finding and making places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.errors import FieldPathError
from imbricate.fieldpaths import MISSING, find_places, look_up, split_field_path


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("metadata.name", ("metadata", "name")),
        (".metadata.name", ("metadata", "name")),
        (r"metadata.labels.a\.b/c", ("metadata", "labels", "a.b/c")),
        ("spec.[name=a.b].image", ("spec", "[name=a.b]", "image")),
        ("spec.[a.b].c", ("spec", "a.b", "c")),
        ("spec.0.x", ("spec", "0", "x")),
        ("spec.*.x", ("spec", "*", "x")),
        ("[open.x", ("open.x",)),
        ("spec.[a.b", ("spec", "a.b")),
        ("", ("",)),
    ],
)
def test_splitting(path: str, names: tuple[str, ...]) -> None:
    assert split_field_path(path) == names


VALUE = {
    "a": {"b": [{"name": "x", "v": 1}, {"name": "y", "v": 2}, "plain"]},
    "null": None,
    "text": "t",
    "numbers": [10, 20],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b.0.v", 1),
        ("a.b.[name=y].v", 2),
        ("a.b.[=plain]", "plain"),
        ("a.b.-", "plain"),
        ("numbers.1", 20),
        ("null", None),
        ("a.nope", MISSING),
        ("nope.deeper", MISSING),
        ("null.deeper", MISSING),
        ("null.0", MISSING),
        ("a.b.9", MISSING),
        ("a.b.[name=z]", MISSING),
        ("a. .b.0.v", 1),
    ],
)
def test_looking_up(path: str, expected: Any) -> None:
    assert look_up(VALUE, split_field_path(path)) == expected


def test_the_last_element_of_an_empty_list_is_missing() -> None:
    assert look_up({"a": []}, ("a", "-")) is MISSING


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.*", "* is not allowed here"),
        ("a.0", "0: expected a list, found a map"),
        ("a.b.x", "x: expected a map above it, found a list"),
        ("text.x", "x: expected a map above it, found a string"),
        ("a.b.-1", "-1: a list index cannot be negative"),
        ("a.[name=x]", "[name=x]: expected a list, found a map"),
        ("text.[name=x]", "[name=x]: expected a list, found a string"),
    ],
)
def test_looking_up_what_does_not_fit(path: str, message: str) -> None:
    with pytest.raises(FieldPathError) as caught:
        look_up(VALUE, split_field_path(path))

    assert str(caught.value) == message


def test_an_element_needs_an_equals_sign() -> None:
    with pytest.raises(FieldPathError, match=r"^\[name\]: expected \[field=value\]$"):
        look_up({"a": []}, ("a", "[name]"))


def values_at(root: Any, path: str, made: Any = MISSING) -> list[Any]:
    return [container[key] for container, key in find_places(root, split_field_path(path), made)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b.0.v", [1]),
        ("a.b.[name=x|y].v", [1, 2]),
        ("a.b.[name=.].v", [1, 2]),
        ("a.b.[=plain]", ["plain"]),
        ("numbers.*", [10, 20]),
        ("numbers.[=0]", [10, 20]),
        ("a.nope", []),
        ("a.nope.more", []),
        ("null.more", []),
        ("null.*", []),
        ("a.b.[name=z].v", []),
    ],
)
def test_finding_places(path: str, expected: list[Any]) -> None:
    assert values_at(VALUE, path) == expected


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("x.y.z", {"x": {"y": {"z": "made"}}}),
        ("list.0", {"list": ["made"]}),
        ("list.[name=a].v", {"list": [{"name": "a", "v": "made"}]}),
        ("list.[=word]", {"list": ["word"]}),
        ("list.0.x", {"list": [{"x": "made"}]}),
    ],
)
def test_making_places(path: str, result: Any) -> None:
    root: dict[str, Any] = {}

    assert len(find_places(root, split_field_path(path), lambda: "made")) == 1
    assert root == result


def test_what_is_made_below_null_is_lost() -> None:
    root = {"null": None}

    assert values_at(root, "null.x", lambda: 1) == [None]
    assert root == {"null": None}


@pytest.mark.parametrize(
    ("path", "made", "message"),
    [
        ("text.x", MISSING, "x: expected a map above it, found a string"),
        ("numbers.x", MISSING, "x: expected a map above it, found a list"),
        ("numbers.0.x", MISSING, "x: expected a map above it, found a number"),
        ("numbers.2", MISSING, "index 2 is outside of a list of 2"),
        ("numbers.3", dict, "index 3 is outside of a list of 2"),
        ("a.*", MISSING, "*: expected a list, found a map"),
        (
            "a.b.[name=(].v",
            MISSING,
            "[name=(]: expected a regular expression, found '(': missing ): (",
        ),
        ("numbers.[name=^$].v", dict, "[name=^$]: cannot make an element that matches this pattern"),
    ],
)
def test_places_that_do_not_fit(path: str, made: Any, message: str) -> None:
    from imbricate.values import copy_of

    with pytest.raises(FieldPathError) as caught:
        find_places(copy_of(VALUE), split_field_path(path), made)

    assert str(caught.value) == message


NAMES = st.text("ab./\\", min_size=1, max_size=4).filter(lambda name: not name.endswith("\\"))


@given(st.lists(NAMES.filter(lambda name: "\\" not in name), min_size=2, max_size=4))
def test_escaped_dots_survive_splitting(names: list[str]) -> None:
    path = ".".join(name.replace(".", "\\.") for name in names)

    assert split_field_path(path) == tuple(names)


@given(
    st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8)
)
def test_a_place_found_is_what_looking_up_finds(root: Any) -> None:
    def paths(value: Any, before: tuple[str, ...]) -> list[tuple[str, ...]]:
        if not isinstance(value, dict):
            return []
        return [path for key, one in value.items() for path in ((*before, key), *paths(one, (*before, key)))]

    for path in paths(root, ()):
        ((container, key),) = find_places(root, path)
        assert container[key] is look_up(root, path)
