"""The quick look at schemas agrees with the package jsonschema, which is asked only about what does not fit."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator

from tasks.checks.fitting import Fitting, UnknownKeywordError
from tasks.checks.rules.schemas import is_built_in
from tasks.checks.validation import BuiltIn, Validator, custom_validator, errors

ROOT = Path(__file__).parent.parent.parent.parent
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, 10**12, "", "a", "aa", "1", "http"),
    *([], [1], ["a", "a"], [[]], {}, {"a": 1}, {"a": "x", "b": None}, {"b": [1]}),
]
SCHEMAS: list[Any] = [
    True,
    False,
    {},
    {"description": "x", "format": "int32", "x-kubernetes-list-type": "atomic"},
    *({"type": one} for one in ("array", "boolean", "integer", "null", "number", "object", "string")),
    {"type": ["string", "null"]},
    {"enum": ["a", 1, None]},
    {"enum": [True]},
    {"enum": [0]},
    {"required": ["a"]},
    {"properties": {"a": {"type": "integer"}}},
    {"properties": {"a": {}}, "additionalProperties": False},
    {"additionalProperties": {"type": "string"}},
    {"items": {"type": "integer"}},
    {"pattern": "^a+$"},
    {"minimum": 1},
    {"maximum": 1},
    {"minLength": 1, "maxLength": 1},
    {"minItems": 1, "maxItems": 1},
    {"minProperties": 1, "maxProperties": 1},
    {"allOf": [{"type": "string"}, {"minLength": 2}]},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
    {"not": {"type": "string"}},
    {"$ref": "#/$defs/b", "$defs": {"b": {"type": "object", "additionalProperties": {"$ref": "#/$defs/b"}}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_each_keyword_means_what_it_means_to_jsonschema(schema: Any) -> None:
    expected = [Draft202012Validator(schema).is_valid(one) for one in VALUES]

    assert [Fitting(schema, {}).fits(one) for one in VALUES] == expected


@pytest.mark.parametrize(
    "schema",
    [{"prefixItems": []}, {"enum": [[1]]}, {"$ref": "#/$defs/away"}, {"$ref": "other.json#/$defs/a"}, {"$ref": "#/a"}],
    ids=str,
)
def test_what_is_not_known_is_left_to_jsonschema(schema: Any) -> None:
    with pytest.raises(UnknownKeywordError):
        Fitting(schema, {}).fits({})
    assert not Validator(schema).fits({})


def test_an_object_that_fits_needs_no_jsonschema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema.validators", None)
    validator = Validator({"type": "object"})

    assert list(errors(validator, {})) == []
    with pytest.raises(ImportError):
        list(errors(validator, []))  # type: ignore[arg-type]


def _read(system: str) -> list[tuple[dict[str, Any], Any]]:
    known = BuiltIn.of("1.34")
    text = (ROOT / "gitops/prod" / system / "manifests.yaml").read_text()
    return [
        (one, (known.validator if is_built_in(one) else custom_validator)(one["apiVersion"], one["kind"]))
        for one in yaml.load_all(text, Loader=yaml.CSafeLoader)
    ]


RENDERED = [*_read("tamma"), *_read("daa")]


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(found for step, one in steps for found in _paths(one, (*path, step)))]


PLACES = [(number, path) for number, (one, _) in enumerate(RENDERED) for path in _paths(one)]


def test_what_is_rendered_fits() -> None:
    assert [one["metadata"]["name"] for one, validator in RENDERED if not validator.fits(one)] == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(VALUES), st.sampled_from(["replace", "remove", "add"]))
def test_of_damaged_objects_it_says_what_jsonschema_says(
    place: tuple[int, tuple[Any, ...]], value: Any, way: str
) -> None:
    number, (*above, step) = place[0], place[1]
    damaged = deepcopy(RENDERED[number][0])
    parent: Any = damaged
    for one in above:
        parent = parent[one]
    if way == "remove":
        del parent[step]
    elif way == "add" and isinstance(parent, dict):
        parent["replicas"] = value
    else:
        parent[step] = value
    validator = RENDERED[number][1]

    assert validator.fits(damaged) == (next(iter(validator.errors(damaged)), None) is None)
