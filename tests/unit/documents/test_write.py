"""The writer against lines that `kustomize build` was seen to print."""

from __future__ import annotations

import pytest

from imbricate.documents import (
    Quoted,
    Scalar,
    Value,
    dump_node,
    go_json,
    json_value,
    scalar_text,
    write,
    write_document,
)
from imbricate.errors import DocumentError

LOREM = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod temporum.incididunt"


@pytest.mark.parametrize(
    "text",
    [
        "it's",
        'say "hi"',
        "a,b",
        ":a",
        "\\",
        "~x",
        "http://a/b",
        "=",
        "<<",
        ".",
        "0.1.2",
        "<&>",
        "NaN",
        "-a",
        "a#b",
        "é☃",
    ],
)
def test_plain(text: str) -> None:
    assert write_document({"a": text}) == f"a: {text}\n"
    assert write_document([Quoted(text)]) == f"- {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "a: b",
        "- a",
        "a # b",
        "@a",
        "%a",
        "*a",
        "&a",
        "!a",
        "|",
        "[a]",
        "{a}",
        "#a",
        "a:",
        "?",
        "-",
        "--- a",
        " lead",
        "x ",
    ],
)
def test_single_quotes(text: str) -> None:
    assert write_document({"a": text}) == f"a: '{text}'\n"


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Y",
        "N",
        "No",
        "true",
        "null",
        "~",
        "012",
        "08",
        "1e3",
        "12e03",
        "0x1F",
        "0o17",
        "0b11",
        "+1",
        "1_000",
        "1.",
        ".5",
        ".nan",
        "1:30",
        "2001-01-01",
    ],
)
def test_double_quotes_where_yaml_1_1_would_read_another_type(text: str) -> None:
    assert write_document({text: text}) == f'"{text}": "{text}"\n'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", '""'),
        ("a\tb", '"a\\tb"'),
        ("\x01\r", '"\\x01\\r"'),
        ("\U0001f600 é", '"\\U0001F600 é"'),
        ("\ufeffbom", '"\\uFEFF\\x62\\x6F\\x6D"'),
        ("a \nb", '"a \\nb"'),
        ("a\u2028b", "'a\u2028  b'"),
        ("a\u2028 b", '"a\\L b"'),
        ("a \x85 b", "a b"),
        ("a\x85\x85b", "|-\n  a\n  b"),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\nb\n", "|\n  a\n\n  b"),
        ("a\n\n", "|+\n  a\n"),
        (" a\nb", "|2-\n   a\n  b"),
        ("\n", "|2+\n"),
        ("a\n\tb", '"a\\n\\tb"'),
    ],
)
def test_odd_strings(text: str, shown: str) -> None:
    assert write_document({"a": text}) == f"a: {shown}\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": f"{LOREM} {LOREM}"}, f"a: {LOREM}\n  {LOREM}\n"),
        ({"a": [f"{LOREM} {LOREM}"]}, f"a:\n- {LOREM}\n  {LOREM}\n"),
        ({"a": f"{LOREM} {LOREM}:"}, f"a: '{LOREM}\n  {LOREM}:'\n"),
        ({"a": f"{LOREM} it's"}, f"a: {LOREM}\n  it's\n"),
        ({"a": f"{LOREM}  two blanks"}, f"a: {LOREM}  two\n  blanks\n"),
        ({"a": f"\t{LOREM}  x"}, f'a: "\\t{LOREM}\n  \\ x"\n'),
        ({"a": f" {LOREM} "}, f"a: ' {LOREM} '\n"),
        ({"a": "x" * 100 + "  y"}, f"a: {'x' * 100}  y\n"),
    ],
)
def test_long_lines_fold_at_single_blanks(value: Value, shown: str) -> None:
    assert write_document(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        (2**64 - 1, "18446744073709551615"),
        (2**64, "1.8446744073709552e+19"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (1e19, "10000000000000000000"),
        (1e20, "1e+20"),
        (1e-8, "1e-08"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (5e-324, "5e-324"),
        ({}, "{}"),
        ([], "[]"),
        (Scalar("0x1F", 31), "31"),
        (Scalar("1.50", 1.5), "1.5"),
        (Scalar("", None), "null"),
        (Scalar("2001-01-01", "2001-01-01T00:00:00Z"), '"2001-01-01T00:00:00Z"'),
    ],
)
def test_scalars(value: Value, shown: str) -> None:
    assert write_document({"a": value}) == f"a: {shown}\n"
    assert write_document(value) == f"{shown}\n"


def test_keys_are_in_go_yamls_order_and_not_in_byte_order() -> None:
    order = [
        "-a",
        ".x",
        "_x",
        "~",
        "1",
        "2",
        "10",
        "A",
        "Ab",
        "B",
        "Z",
        "a",
        "a-b",
        "a.b",
        "a/b",
        "a_b",
        "a1",
        "a1.5",
        "a1.10",
        "a1b",
        "a01",
        "a2",
        "a10",
        "aB",
        "ab",
        "b",
    ]
    text = write_document(dict.fromkeys(sorted(order), 0))

    assert [line.split(":")[0].strip('"') for line in text.splitlines()] == order


def test_structure() -> None:
    value = {"b": [[1, [2]], {"d": 1, "c": [{}]}, []], "a": {"x": {"y": []}}}

    assert write_document(value) == 'a:\n  x:\n    "y": []\nb:\n- - 1\n  - - 2\n- c:\n  - {}\n  d: 1\n- []\n'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"k" * 129: 1}, f"? {'k' * 129}\n: 1\n"),
        ({"k" * 128: 1}, f"{'k' * 128}: 1\n"),
        ({"a\nb": [1, 2]}, "? |-\n  a\n  b\n: - 1\n  - 2\n"),
        ({"a\nb": {"c": 1, "d": 2}}, "? |-\n  a\n  b\n: c: 1\n  d: 2\n"),
    ],
)
def test_long_keys_stand_on_lines_of_their_own(value: Value, shown: str) -> None:
    assert write_document(value) == shown


def test_documents_are_joined_with_separators() -> None:
    assert write([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
    assert write([]) == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [{"b": float("inf")}]}, "a[0].b: expected a number that JSON can hold, found .inf"),
        ({"a": Scalar(".nan", float("nan"))}, "a: expected a number that JSON can hold, found .nan"),
        ({"a": {Scalar("1", 1): 2}}, "a: expected a string for a map key, found 1; put it in quotes"),
        ({"a": ["x\x7f"]}, "a[0]: found the character U+007F, which YAML cannot hold"),
        ({"a": {"k" * 1023: 1}}, "a: expected a map key of at most 1024 characters in JSON, found one of 1023"),
        ({"a\x85": 1}, "found the line break U+0085 in a map key"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_path(value: Value, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        write_document(value)

    assert str(caught.value) == message


def test_endless_nesting_is_refused() -> None:
    endless: list[Value] = []
    endless.append(endless)

    with pytest.raises(DocumentError, match="is nested too deeply"):
        write_document(endless)


def test_a_type_that_yaml_does_not_have_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="found tuple"):
        write_document({"a": (1, 2)})


@pytest.mark.parametrize(
    ("value", "json"),
    [
        ({"b": 1, "a": [None, True, "é"]}, '{"a":[null,true,"é"],"b":1}'),
        ('<a&b>\u2028\x00\b\f\n\t"\\\x7f', '"\\u003ca\\u0026b\\u003e\\u2028\\u0000\\b\\f\\n\\t\\"\\\\\x7f"'),
        ([1.0, 1.5, 1e21, 1e-7, 0.000001, 1e20], "[1,1.5,1e+21,1e-7,0.000001,100000000000000000000]"),
        ({"é": 1, "z": 2, "\U0001f600": 3, "\uffff": 4}, '{"z":2,"é":1,"\uffff":4,"\U0001f600":3}'),
        (Scalar("0x1F", 31), "31"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_go_json(value: Value, json: str) -> None:
    assert go_json(value) == json


def test_go_json_refuses_what_json_cannot_hold() -> None:
    with pytest.raises(DocumentError, match=r"expected a number that JSON can hold, found -\.inf"):
        go_json([-float("inf")])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [{"x": "y"}, ["z"]]}, "b: 1\na:\n- x: y\n- - z\n"),
        ({"a": "5", "b": "yes", "c": "", "d": "a: b"}, 'a: "5"\nb: yes\nc: ""\nd: \'a: b\'\n'),
        ({"a": LOREM, "b": "x\n\ty\n"}, f"a: {LOREM}\nb: |\n  x\n  \ty\n"),
        ({"a": Scalar("0x1F", 31), "b": None, "c": {}, "d": []}, "a: 0x1F\nb: null\nc: {}\nd: []\n"),
        ({"a": True, "b": 1.5}, "a: true\nb: 1.5\n"),
        ("x", "x\n"),
    ],
)
def test_dump_node(value: Value, text: str) -> None:
    assert dump_node(value) == text


def test_what_scalars_are_as_text_and_in_json() -> None:
    assert [scalar_text(one) for one in ("a", 5, 1.5, True, None, Scalar("~", None))] == [
        "a",
        "5",
        "1.5",
        "true",
        "null",
        "~",
    ]
    assert json_value({"a": [Scalar("0x1F", 31), Quoted("b")], Scalar("1", 1): None}) == {"a": [31, "b"], "1": None}
