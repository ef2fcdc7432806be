"""Structured text keeps its manner when a field in it is set."""

from __future__ import annotations

import pytest

from imbricate.documents import Quoted, Scalar, Value
from imbricate.documents.restyle import StructuredText
from imbricate.errors import DocumentError


def with_a(text: str, value: Value) -> str:
    structured = StructuredText(text)
    structured.value["a"] = value
    return structured.text()


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("b: 2\na: x\n", "y", "b: 2\na: y"),
        ("a: x # why\n\n\nb:   1", "y", "a: y # why\nb: 1"),
        ("# doc\n\n# head\na: x\n# foot\n\nb: 1\n# end", "y", "# doc\n\n# head\na: y\n# foot\n\nb: 1\n# end"),
        (
            "a: x\nl:\n  - p: 1\n    q: [1,  2]\n  # c\n  - {r:   's'}\n",
            "y",
            "a: y\nl:\n- p: 1\n  q: [1, 2]\n# c\n- {r: 's'}",
        ),
        ("a: x\nb:\n    c: 1\n    # end of b\nd: 0x1F", "y", "a: y\nb:\n  c: 1\n  # end of b\nd: 0x1F"),
        ("a: 'x'\n", Quoted("it's"), "a: 'it''s'"),
        ('a: "x"\n', Quoted("y"), 'a: "y"'),
        ("a: |\n  x\n", Quoted("y\nz\n"), "a: |\n  y\n  z"),
        ("a: >-\n  x\n", Quoted("y z"), "a: >-\n  y z"),
        ("a: x\n", 5, 'a: "5"'),
        ("a: 5\n", "x", "a: !!int x"),
        ("a: 5\n", Scalar("0x1F", 31), "a: 0x1F"),
        ("a: !!str 5\n", "x", "a: !!str x"),
        ("a: {}\n", "x", "a: x"),
        ("a: x\n", {"b": [1, {"c": "d: e"}]}, "a:\n  b:\n  - 1\n  - c: 'd: e'"),
        ("b: &b {c: 1}\na: x\nd: *b\ne:\n  <<: *b\n", "y", "b: &b {c: 1}\na: y\nd: *b\ne:\n  !!merge <<: *b"),
        ('{"b": 1e3, "a": "x"}', Quoted("<y>"), '{"a":"\\u003cy\\u003e","b":1000}'),
        ('{\n  "b": [1, {}],\n  "a": "x"\n}', Quoted("y"), '{\n  "a": "y",\n  "b": [\n    1,\n    {}\n  ]\n}'),
    ],
)
def test_a_field_is_set_and_the_rest_stays(text: str, value: Value, expected: str) -> None:
    assert with_a(text, value) == expected


def test_fields_can_be_added() -> None:
    structured = StructuredText("a: # here\n  b: 1\nl: [1]\n")
    structured.value["a"]["c"] = "x"
    structured.value["l"].append("y")
    structured.value["m"] = {"n": None}

    assert structured.text() == "a: # here\n  b: 1\n  c: x\nl: [1, y]\nm:\n  n: null"


def test_a_number_in_json_cannot_become_a_word() -> None:
    with pytest.raises(DocumentError, match="expected a value of type int in place of '1', found 'x'"):
        with_a('{"a": 1}', "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a document, found none"),
        ("a: [", "expected YAML: did not find expected node content"),
        ("a: 1\na: 2", "found the key 'a' for the second time in one map"),
        ("? [a]\n: b", "expected a scalar for a map key"),
        ("a: !!int x", "expected a !!int, found 'x'"),
        ("[" * 300, "is nested more than 200 levels deep"),
    ],
)
def test_what_is_no_structured_text(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        StructuredText(text)

    assert str(caught.value) == message
