"""Strategic merge: one rule a row, and what holds for all patches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.documents import Quoted, Scalar
from imbricate.errors import MergeError
from imbricate.merge import MISSING, strategic_merge
from imbricate.schema import BUILT_IN
from imbricate.values import copy_of

POD = {"apiVersion": "v1", "kind": "Pod"}


def merged(target: Any, patch: Any) -> Any:
    return strategic_merge(copy_of(target), copy_of(patch), BUILT_IN)


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="a scalar replaces"),
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="a new field is added"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="maps merge"),
        pytest.param({"a": 1, "b": 1}, {"a": None}, {"b": 1}, id="null deletes"),
        pytest.param({"b": 1}, {"a": None}, {"b": 1}, id="null deletes what is not there"),
        pytest.param({}, {"a": {"x": None, "y": 1}}, {"a": {"y": 1}}, id="nulls inside of new maps vanish"),
        pytest.param({}, {"a": {"x": None}}, {"a": {}}, id="a map of nulls alone stays, empty"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="a list without schema is replaced"),
        pytest.param({"a": [1]}, {"a": []}, {"a": []}, id="an empty list replaces one without schema"),
        pytest.param({"a": None}, {"a": {"x": 1}}, {"a": {"x": 1}}, id="null in the target is nothing"),
        pytest.param({"a": {"x": 1}}, {"a": {"$patch": "delete"}}, {}, id="delete a map"),
        pytest.param({"a": {"x": 1}}, {"a": {"$patch": "replace", "y": 2}}, {"a": {"y": 2}}, id="replace a map"),
        pytest.param({"a": {"x": 1}}, {"a": {"$patch": "merge", "y": 2}}, {"a": {"x": 1, "y": 2}}, id="merge a map"),
        pytest.param({}, {"a": {"$patch": "delete", "x": 1}}, {}, id="delete a map that is not there"),
        pytest.param(
            {}, {"a": {"$patch": "odd", "x": 1}}, {"a": {"$patch": "odd", "x": 1}}, id="odd word in a new map"
        ),
    ],
)
def test_merge_of_maps_and_scalars(target: Any, patch: Any, expected: Any) -> None:
    assert merged(target, patch) == expected


CONTAINERS = [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        pytest.param(
            CONTAINERS,
            [{"name": "c"}, {"name": "b", "image": "x"}],
            [{"name": "c"}, {"name": "b", "image": "x"}, {"name": "a", "image": "a"}],
            id="the patch's elements come first",
        ),
        pytest.param(CONTAINERS, [{"name": "a", "$patch": "delete"}], CONTAINERS[1:], id="delete an element"),
        pytest.param(CONTAINERS, [{"$patch": "replace"}, {"name": "z"}], [{"name": "z"}], id="replace the list"),
        pytest.param(CONTAINERS, [{"$patch": "merge"}, {"name": "b"}], CONTAINERS[::-1], id="merge the list"),
        pytest.param(CONTAINERS, [], CONTAINERS, id="an empty list changes nothing"),
        pytest.param(CONTAINERS, [None], [], id="a null element takes all others along, as in kyaml"),
        pytest.param([], [{"name": "a"}], [{"name": "a"}], id="into an empty list"),
        pytest.param([{"name": 7}], [{"name": "7", "x": 1}], [{"name": "7", "x": 1}], id="keys compare by their text"),
    ],
)
def test_merge_of_lists_with_keys(target: Any, patch: Any, expected: Any) -> None:
    found = merged({**POD, "spec": {"containers": target}}, {**POD, "spec": {"containers": patch}})

    assert found["spec"]["containers"] == expected


@pytest.mark.parametrize("removed", [None, [{"$patch": "delete"}]], ids=["null", "directive"])
def test_a_list_can_be_removed(removed: Any) -> None:
    found = merged({**POD, "spec": {"x": 1, "containers": CONTAINERS}}, {**POD, "spec": {"containers": removed}})

    assert found["spec"] == {"x": 1}


def test_scalars_merge_by_value() -> None:
    found = merged({**POD, "metadata": {"finalizers": ["a", "b"]}}, {**POD, "metadata": {"finalizers": ["c", "a"]}})

    assert found["metadata"]["finalizers"] == ["c", "a", "b"]


def test_the_schema_may_come_from_an_object_inside() -> None:
    inner = {**POD, "spec": {"containers": [{"name": "a"}]}}
    found = merged({"kind": "X", "inner": inner}, {"inner": {"spec": {"containers": [{"name": "b"}]}}})

    assert found["inner"]["spec"]["containers"] == [{"name": "b"}, {"name": "a"}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Quoted("7"), 8, Quoted("8")),
        ("abc", 9, 9),
        (7, "8", "8"),
        ("true", "x", Quoted("x")),
        ("yes", "no", "no"),
        (Scalar("1.50", 1.5), Scalar("2.50", 2.5), Scalar("2.50", 2.5)),
    ],
)
def test_a_scalar_over_a_quoted_string_stays_a_string(old: Any, new: Any, expected: Any) -> None:
    found = merged({"a": old}, {"a": new})["a"]

    assert (type(found), found) == (type(expected) if isinstance(expected, Quoted | Scalar) else type(found), expected)


@pytest.mark.parametrize("patch", [{"$patch": "delete"}, None])
def test_a_patch_may_delete_the_whole_object(patch: Any) -> None:
    assert merged({"a": 1}, patch) is MISSING


@pytest.mark.parametrize(
    ("target", "patch", "message"),
    [
        ({"a": {"b": 1}}, {"a": {"b": {"c": 1}}}, "a.b: expected a number, found a map"),
        ({"a": {"b": {}}}, {"a": {"b": "x"}}, "a.b: expected a map, found a string"),
        ({"a": [1]}, {"a": {"b": 1}}, "a: expected a list, found a map"),
        (
            {"a": {"b": 1}},
            {"a": {"$patch": "x"}},
            "a: unknown patch strategy 'x' in $patch; known: delete, merge, replace",
        ),
        ({"a": 1}, {"$patch": 1}, "the patch: unknown patch strategy '1' in $patch; known: delete, merge, replace"),
        ({"a": 1}, [], "the patch: expected a map, found a list"),
        (
            {**POD, "spec": {"containers": [{"name": "a"}]}},
            {**POD, "spec": {"containers": [{"$patch": "x"}]}},
            "spec.containers: unknown patch strategy 'x' in $patch; known: delete, merge, replace",
        ),
        (
            {**POD, "spec": {"containers": [{"name": "a", "env": {}}]}},
            {**POD, "spec": {"containers": [{"name": "a", "env": []}]}},
            "spec.containers.[a].env: expected a map, found a list",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(target: Any, patch: Any, message: str) -> None:
    with pytest.raises(MergeError) as caught:
        merged(target, patch)

    assert str(caught.value) == message


# No string that stands in quotes: what replaces one becomes a string.
SCALARS = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["x", "web"]))
KEYS = st.sampled_from("abc")
VALUES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)
MAPS = st.dictionaries(KEYS, VALUES, max_size=3)
PATCHES = st.dictionaries(
    KEYS, st.recursive(st.none() | SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3)), max_size=3
)


def _fits(target: Any, patch: Any) -> bool:
    if isinstance(target, dict) and isinstance(patch, dict):
        return all(_fits(target[key], patch[key]) for key in target.keys() & patch.keys())
    return patch is None or isinstance(target, dict) == isinstance(patch, dict)


def _reference(target: Any, patch: Any) -> Any:
    """Merge maps as RFC 7386 says, for patches that fit."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _reference(result.get(key), value)
    return result


@given(MAPS, PATCHES)
def test_on_maps_it_is_a_json_merge_patch(target: Any, patch: Any) -> None:
    if _fits(target, patch):
        assert merged(target, patch) == _reference(target, patch)
    else:
        with pytest.raises(MergeError):
            merged(target, patch)


@given(MAPS, PATCHES)
def test_twice_is_once(target: Any, patch: Any) -> None:
    if _fits(target, patch):
        once = merged(target, patch)
        assert merged(once, patch) == once


@given(MAPS)
def test_an_empty_patch_changes_nothing(target: Any) -> None:
    assert merged(target, {}) == target


NAMED = st.lists(
    st.builds(lambda name, image: {"name": name, "image": image}, st.sampled_from("abcd"), st.sampled_from("xy")),
    unique_by=lambda one: one["name"],
    max_size=4,
)


@given(NAMED, NAMED)
def test_a_keyed_list_holds_every_element_once_and_the_patch_wins(target: Any, patch: Any) -> None:
    merging = {**POD, "spec": {"containers": patch}}
    found = merged({**POD, "spec": {"containers": target}}, merging)["spec"]["containers"]

    assert [one["name"] for one in found[: len(patch)]] == [one["name"] for one in patch]
    assert {one["name"]: one for one in found} == {one["name"]: one for one in [*target, *patch]}
    assert len(found) == len({one["name"] for one in found})
