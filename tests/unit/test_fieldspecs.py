"""Field specs: selection, merging of tables, and the walk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.errors import FieldSpecError
from imbricate.fieldspecs import MAPPING, SCALAR, FieldSpec, merge_field_specs, selected, split_path, visit
from imbricate.resid import Gvk

DEPLOYMENT = Gvk("apps", "v1", "Deployment")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (FieldSpec("a"), True),
        (FieldSpec("a", kind="Deployment"), True),
        (FieldSpec("a", kind="Deploy"), False),
        (FieldSpec("a", group="apps", version="v1"), True),
        (FieldSpec("a", group="batch"), False),
        (FieldSpec("a", version="v2"), False),
    ],
)
def test_empty_parts_mean_any(spec: FieldSpec, *, expected: bool) -> None:
    assert spec.selects(DEPLOYMENT) is expected
    assert selected((spec,), DEPLOYMENT) == ((spec,) if expected else ())


@pytest.mark.parametrize(
    ("path", "separator", "names"),
    [
        ("a/b", "/", ("a", "b")),
        ("/a/b", "/", ("a", "b")),
        (r"a/b\/c", "/", ("a", "b/c")),
        ("a", "/", ("a",)),
        ("", "/", ("",)),
        ("a//b", "/", ("a", "", "b")),
        (r"a.b\.c", ".", ("a", "b.c")),
    ],
)
def test_splitting(path: str, separator: str, names: tuple[str, ...]) -> None:
    assert split_path(path, separator) == names


def test_merging_adds_what_is_not_covered() -> None:
    ours = (FieldSpec("a"), FieldSpec("b", kind="K"))

    assert merge_field_specs(ours, [FieldSpec("a"), FieldSpec("b"), FieldSpec("c")]) == (*ours, FieldSpec("c"))


def test_one_place_cannot_be_made_and_not_made() -> None:
    with pytest.raises(FieldSpecError, match=r"^conflicting field specs for a/b: create is True and False$"):
        merge_field_specs((FieldSpec("a/b", create=True),), [FieldSpec("a/b")])


def found(manifest: Any, path: str, *, create: bool = False, made: Any = SCALAR) -> list[Any]:
    values = []
    visit(manifest, FieldSpec(path, create=create), lambda container, key: values.append(container[key]), made)
    return values


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b", [1]),
        ("list/x", [1, 2]),
        ("list[]/x", [1, 2]),
        ("nested/x", [1, 2]),
        ("a/nope", []),
        ("nope/b", []),
        ("null/b", []),
        ("null", [None]),
        ("a", [{"b": 1}]),
    ],
)
def test_the_walk_goes_through_lists_by_itself(path: str, expected: list[Any]) -> None:
    manifest = {"a": {"b": 1}, "list": [{"x": 1}, {"x": 2}, {}], "nested": [[{"x": 1}], [{"x": 2}]], "null": None}

    assert found(manifest, path) == expected


def test_what_is_missing_is_made_on_demand_only() -> None:
    manifest: dict[str, Any] = {"null": None}

    assert found(manifest, "a/b/c", made=MAPPING) == []
    assert manifest == {"null": None}
    assert found(manifest, "a/b/c", create=True, made=MAPPING) == [{}]
    assert found(manifest, "null/x", create=True, made=MAPPING) == [{}]
    assert manifest == {"a": {"b": {"c": {}}}, "null": {"x": {}}}


def test_a_list_is_never_made() -> None:
    manifest: dict[str, Any] = {"there": [{}], "null": None}

    assert found(manifest, "list[]/x", create=True, made=MAPPING) == []
    assert found(manifest, "there[]/x", create=True, made=MAPPING) == [{}]
    assert found(manifest, "null[]/x", create=True, made=MAPPING) == []
    assert manifest == {"there": [{"x": {}}], "null": []}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("text/x", "text/x: expected a map or a list above 'x'"),
        ("list/x", "list/x: expected a map or a list above 'x'"),
        ("a//b", "a//b: expected a field name, found an empty one"),
    ],
)
def test_paths_that_do_not_fit(path: str, message: str) -> None:
    with pytest.raises(FieldSpecError) as caught:
        found({"text": "t", "list": ["t"], "a": {}}, path)

    assert str(caught.value) == message


@given(st.lists(st.text("ab/", min_size=1, max_size=3), min_size=1, max_size=4))
def test_escaped_slashes_survive_splitting(names: list[str]) -> None:
    path = "/".join(name.replace("/", "\\/") for name in names)

    assert split_path("/" + path) == tuple(names)


SPECS = st.lists(st.builds(FieldSpec, st.sampled_from("ab"), st.just(value=True), st.sampled_from(["", "K", "L"])))


@given(SPECS, SPECS)
def test_merging_loses_no_place_and_is_stable(ours: list[FieldSpec], theirs: list[FieldSpec]) -> None:
    merged = merge_field_specs(tuple(ours), theirs)

    assert merged[: len(ours)] == tuple(ours)
    assert all(any(one.same_place(spec) for one in merged) for spec in theirs)
    assert merge_field_specs(merged, theirs) == merged
