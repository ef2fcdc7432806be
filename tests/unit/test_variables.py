"""Vars: which object is meant, what `$(NAME)` becomes, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.decode import Where
from imbricate.errors import FieldSpecError, KustomizationError
from imbricate.fieldspecs import FieldSpec
from imbricate.kustomization import FieldReference, ObjectReference, Var
from imbricate.resources import ResMap, Resource
from imbricate.variables import mark_sources, merge_vars, resolve_vars

HERE = Where("k.yaml", "vars[0]")
SPECS = (FieldSpec("x"),)


def source(**fields: Any) -> Resource:
    return Resource({"apiVersion": "apps/v1", "kind": "S", "metadata": {"name": "s"}, **fields})


def resolved(x: Any, var: Var, *sources: Resource) -> Any:
    user = Resource({"apiVersion": "v1", "kind": "U", "metadata": {"name": "u"}, "x": x})
    resources = ResMap([*sources, user])
    variables = [(HERE, var)]
    mark_sources(resources, variables)
    unused = resolve_vars(resources, merge_vars({}, variables), SPECS)
    return user.manifest["x"], unused


def var(path: str = "v", **reference: str) -> Var:
    named = reference or {"api_version": "apps/v1", "kind": "S", "name": "s"}
    return Var("V", ObjectReference(**named), FieldReference(path))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("$(V)", "a", "a"),
        ("-$(V)-$(V)-", "a", "-a-a-"),
        ("$(V)", 5, 5),
        ("-$(V)", 5, "-5"),
        ("$(V)", True, True),
        ("-$(V)", True, "-true"),
        ("$(V)", {"a": "b"}, "$(V)"),
        ("$(W) $(V", "a", "$(W) $(V"),
        ("$$(V) $V $", "a", "$(V) $V $"),
        ("$()$(V)", "a", "$()a"),
        (["$(V)", "-"], "a", ["a", "-"]),
        ({"k": "$(V)", "n": 5, "l": ["$(V)"]}, "a", {"k": "a", "n": 5, "l": ["$(V)"]}),
        (5, "a", 5),
        (None, "a", None),
    ],
)
def test_what_a_reference_becomes(text: Any, value: Any, expected: Any) -> None:
    found, _ = resolved(text, var(), source(v=value))

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("text", "unused"), [("$(V)", []), ("text", ["V"]), ("$$(V)", ["V"])])
def test_vars_that_stand_nowhere_are_told(text: str, unused: list[str]) -> None:
    assert resolved(text, var(), source(v="a"))[1] == unused


@pytest.mark.parametrize(
    ("path", "expected"),
    [("", "s"), ("metadata.name", "s"), ("l[1].k", "b"), ("l.1.k", "b"), ("m.a\\.b", "c")],
)
def test_paths(path: str, expected: str) -> None:
    fields = {"l": [{"k": "a"}, {"k": "b"}], "m": {"a.b": "c"}}

    assert resolved("$(V)", var(path), source(**fields))[0] == expected


@pytest.mark.parametrize(
    "reference",
    [
        {"api_version": "apps/v1", "kind": "S", "name": "s"},
        {"group": "apps", "version": "v1", "kind": "S", "name": "s"},
        {"api_version": "v1", "group": "apps", "kind": "S", "name": "s"},
        {"api_version": "a/b/c", "group": "apps", "version": "v1", "kind": "S", "name": "s"},
    ],
)
def test_ways_to_say_which_object(reference: dict[str, str]) -> None:
    assert resolved("$(V)", var(**reference)._replace(fieldref=FieldReference("v")), source(v="a"))[0] == "a"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "k.yaml: vars[0].fieldref: S/s has no none"),
        ("kind.x", "k.yaml: vars[0].fieldref: S/s: kind.x: x: expected a map above it, found a string"),
    ],
)
def test_fields_that_are_not_there(path: str, message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        resolved("$(V)", var(path), source(v="a"))

    assert str(caught.value) == message


def test_objects_that_are_not_there() -> None:
    with pytest.raises(KustomizationError) as caught:
        resolved("$(V)", var(api_version="v1", kind="T", name="t"), source())

    assert str(caught.value) == "k.yaml: vars[0].objref: no resource is T 't', which var V reads"


def test_objects_that_are_there_twice() -> None:
    others = [source(metadata={"name": "s", "namespace": namespace}) for namespace in ("one", "two")]

    with pytest.raises(KustomizationError) as caught:
        resolved("$(V)", var(), *others)

    assert str(caught.value) == (
        "k.yaml: vars[0].objref: means 2 resources (S.v1.apps/s.one, S.v1.apps/s.two): expected one"
    )
    named = var(api_version="apps/v1", kind="S", name="s", namespace="two")
    assert resolved("$(V)", named._replace(fieldref=FieldReference("metadata.namespace")), *others)[0] == "two"


def test_a_name_is_taken_once() -> None:
    with pytest.raises(KustomizationError) as caught:
        merge_vars({"V": (Where("base.yaml"), var())}, [(HERE, var())])

    assert str(caught.value) == "k.yaml: vars[0].name: the var 'V' is defined already, in base.yaml"


def test_lists_must_be_of_strings() -> None:
    with pytest.raises(FieldSpecError) as caught:
        resolved(["$(V)", 5], var(), source(v="a"))

    assert str(caught.value) == "U/u: x: expected a list of strings, found a number in it"


def test_without_vars_nothing_is_looked_at() -> None:
    assert resolve_vars(ResMap([source(x=[5])]), {}, SPECS) == []
