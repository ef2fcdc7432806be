"""JSON 6902 patches: RFC 6902 against the jsonpatch library, and the leniencies of kustomize."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbricate.errors import JsonPatchError
from imbricate.json6902 import apply_operations
from imbricate.values import copy_of

DOCUMENT = {"a": {"b": [1, 2, 3]}, "c": "text", "m/n": 1, "t~u": 2, "null": None}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param([{"op": "add", "path": "/a/b/1", "value": 9}], {"a": {"b": [1, 9, 2, 3]}}, id="insert"),
        pytest.param([{"op": "add", "path": "/a/b/-", "value": 9}], {"a": {"b": [1, 2, 3, 9]}}, id="append"),
        pytest.param([{"op": "add", "path": "/a/b/3", "value": 9}], {"a": {"b": [1, 2, 3, 9]}}, id="at the end"),
        pytest.param([{"op": "add", "path": "/a/x"}], {"a": {"b": [1, 2, 3], "x": None}}, id="without value"),
        pytest.param([{"op": "remove", "path": "/a/b/-1"}], {"a": {"b": [1, 2]}}, id="negative index"),
        pytest.param(
            [{"op": "replace", "path": "/a/x", "value": 1}], {"a": {"b": [1, 2, 3], "x": 1}}, id="replace adds"
        ),
        pytest.param([{"op": "replace", "path": "", "value": {"n": 1}}], {"n": 1}, id="replace the document"),
        pytest.param([{"op": "move", "from": "/a/b", "path": "/b"}], {"a": {}, "b": [1, 2, 3]}, id="move"),
        pytest.param(
            [{"op": "copy", "from": "/a/b", "path": "/a/c"}, {"op": "remove", "path": "/a/b/0"}],
            {"a": {"b": [2, 3], "c": [1, 2, 3]}},
            id="a copy is one of its own",
        ),
        pytest.param(
            [{"op": "test", "path": "", "value": {"a": {"b": [1, 2, 3]}}}], {"a": {"b": [1, 2, 3]}}, id="test"
        ),
    ],
)
def test_operations(operations: Any, expected: Any) -> None:
    assert apply_operations({"a": {"b": [1, 2, 3]}}, operations) == expected


def test_names_may_hold_slashes_and_tildes() -> None:
    operations = [{"op": "remove", "path": "/m~1n"}, {"op": "replace", "path": "/t~0u", "value": 3}]

    assert apply_operations(copy_of(DOCUMENT), operations) == {
        "a": {"b": [1, 2, 3]},
        "c": "text",
        "t~u": 3,
        "null": None,
    }


def test_values_of_the_patch_are_not_shared_with_the_document() -> None:
    operations = [{"op": "add", "path": "/x", "value": {"y": 1}}]
    first = apply_operations({}, operations)
    first["x"]["y"] = 2

    assert apply_operations({}, operations) == {"x": {"y": 1}}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "set", "path": "/a"}, "op: expected one of add, remove, replace, move, copy, test, found 'set'"),
        ({"path": "/a"}, "op: expected one of add, remove, replace, move, copy, test, found None"),
        ({"op": ["add"], "path": "/a"}, "op: expected one of add, remove, replace, move, copy, test, found ['add']"),
        ({"op": "add", "path": 7}, "add 7: path: expected a JSON pointer, found 7"),
        ({"op": "add"}, "add : path: expected a JSON pointer, found None"),
        ({"op": "move", "path": "/a"}, "move /a: from: expected a JSON pointer, found None"),
        ({"op": "add", "path": "a"}, "add a: the document has no such path; a pointer starts with /"),
        ({"op": "add", "path": "/x/y", "value": 1}, "add /x/y: the document has no /x"),
        ({"op": "add", "path": "/c/y/z", "value": 1}, "add /c/y/z: the document has no /c"),
        ({"op": "add", "path": "/null/y", "value": 1}, "add /null/y: the document has no /null"),
        ({"op": "add", "path": "/a/b/9", "value": 1}, "add /a/b/9: index 9 is outside of a list of 4"),
        ({"op": "replace", "path": "/a/b/3", "value": 1}, "replace /a/b/3: index 3 is outside of a list of 3"),
        ({"op": "remove", "path": "/a/b/x"}, "remove /a/b/x: expected a list index, found 'x'"),
        ({"op": "remove", "path": "/a/b/-"}, "remove /a/b/-: expected a list index, found '-'"),
        ({"op": "remove", "path": "/nope"}, "remove /nope: there is no 'nope' to remove"),
        ({"op": "test", "path": "/c", "value": 1}, "test /c: expected 1, found 'text'"),
        ({"op": "test", "path": "/nope", "value": 1}, "test /nope: expected 1, found None"),
        (
            {"op": "replace", "path": "", "value": 1},
            "replace : value: expected a map or a list to replace the whole document",
        ),
    ],
)
def test_what_does_not_apply(operation: Any, message: str) -> None:
    with pytest.raises(JsonPatchError) as caught:
        apply_operations(copy_of(DOCUMENT), [operation])

    assert str(caught.value) == f"operation 0: {message}"


@pytest.mark.parametrize(
    ("value", "wanted", "same"), [(1, True, False), (1, 1.0, False), (True, True, True), ([1], [1, 2], False)]
)
def test_test_tells_types_apart(value: Any, wanted: Any, *, same: bool) -> None:
    operations = [{"op": "test", "path": "/v", "value": wanted}]
    if same:
        assert apply_operations({"v": value}, operations) == {"v": value}
    else:
        with pytest.raises(JsonPatchError):
            apply_operations({"v": value}, operations)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "x", "a/b", "~"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c/d", "~1"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "c/d"]), VALUES), st.dictionaries(st.sampled_from(["a", "b"]), VALUES)
)
def test_the_difference_of_two_documents_turns_one_into_the_other(one: Any, other: Any) -> None:
    operations = jsonpatch.make_patch(one, other).patch

    assert apply_operations(copy_of(one), operations) == jsonpatch.apply_patch(one, operations) == other
