"""`read_resources` against what go-yaml v3 and kyaml make of the same text, case by case."""

from __future__ import annotations

import pytest
import yaml

from imbricate.documents import Quoted, Scalar, Value, read_resources, write
from imbricate.documents.scalars import EMPTY_IN_FLOW
from imbricate.errors import DocumentError


def value_of(text: str) -> Value:
    (document,) = read_resources(f"v: {text}\n", "r.yaml")
    return document["v"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("-0", Scalar("-0", 0)),
        ("+5", Scalar("+5", 5)),
        ("012", Scalar("012", 10)),
        ("08", Scalar("08", 8.0)),
        ("0x1F", Scalar("0x1F", 31)),
        ("0o17", Scalar("0o17", 15)),
        ("0o-7", Scalar("0o-7", -7)),
        ("0b11", Scalar("0b11", 3)),
        ("1_000", Scalar("1_000", 1000)),
        ("9223372036854775808", 9223372036854775808),
        ("18446744073709551616", Scalar("18446744073709551616", 18446744073709551616.0)),
        ("0x10000000000000000", "0x10000000000000000"),
        ("1.5", 1.5),
        ("1.50", Scalar("1.50", 1.5)),
        ("1.0", Scalar("1.0", 1.0)),
        ("1e3", Scalar("1e3", 1000.0)),
        ("1e400", "1e400"),
        (".5_0", Scalar(".5_0", 0.5)),
        (".5__0", ".5__0"),
        (".inf", float("inf")),
        ("true", True),
        ("TRUE", Scalar("TRUE", True)),  # noqa: FBT003 - a value
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("on", "on"),
        ("null", None),
        ("~", Scalar("~", None)),
        ("", Scalar("", None)),
        ("1:30", "1:30"),
        ("2001-01-01", Scalar("2001-01-01", "2001-01-01T00:00:00Z")),
        ("2001-1-1", Scalar("2001-1-1", "2001-01-01T00:00:00Z")),
        ("2001-02-30", "2001-02-30"),
        ("1900-02-29", "1900-02-29"),
        ("2001-01-01 1:2:3.50", Scalar("2001-01-01 1:2:3.50", "2001-01-01T01:02:03.5Z")),
        ("2001-01-01T00:00:00+05:30", Scalar("2001-01-01T00:00:00+05:30", "2001-01-01T00:00:00+05:30")),
        ("2001-01-01T00:00:00", "2001-01-01T00:00:00"),
        ("2001-01-01T24:00:00Z", "2001-01-01T24:00:00Z"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("!!int '5'", 5),
        ("!!binary YWJj", "abc"),
        ("!!binary /w==", "\ufffd"),
        ("!own 5", "5"),
        ("<<", "<<"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">\n  a\n  b\n", "a b\n"),
        ("[a, 'b', {c: 1}]", ["a", "b", {"c": 1}]),
        ("[2001-01-01T1:2:3Z]", ["2001-01-01T1:2:3Z"]),
        ("{a: , b}", {"a": EMPTY_IN_FLOW, "b": EMPTY_IN_FLOW}),
    ],
)
def test_what_a_scalar_means(text: str, value: Value) -> None:
    found = value_of(text)

    assert found == value
    assert type(found) is type(value) or isinstance(found, Quoted)


def test_a_quoted_string_is_told_from_a_plain_one() -> None:
    assert type(value_of("abc")) is str
    assert type(value_of("'abc'")) is Quoted
    assert type(value_of("'5'")) is str


def test_breaks_before_indented_lines_of_a_folded_scalar_multiply_as_in_kustomize() -> None:
    value = value_of(">\n  a\n  b\n\n   c\n  d\n")

    assert value == "a b\n\n c\nd\n"
    assert write([value]) == "|\na b\n\n\n c\nd\n"


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", [None]),
        ("# nothing\n", [None]),
        ("null\n---\n~\n---\n", [None, None, None]),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n---   # and\nb: 2\n---", [{"a": 1}, {"b": 2}]),
        ("--- {a: 1}\n", [{"a": 1}]),
        ("a: 1\n...\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: |\r\n  x\r\n  y\r\n", [{"a": "x\ny\n"}]),
        ("\ufeffa: 1\n", [{"a": 1}]),
        ('{"a": [1, "b", null]}', [{"a": [1, "b", None]}]),
        ("- 1\n- 2\n", [[1, 2]]),
        ("5: 1\n1.50: 2\n", [{"5": 1, "1.50": 2}]),
    ],
)
def test_documents_are_split_as_kyaml_splits_them(text: str, documents: list[Value]) -> None:
    assert read_resources(text, "r.yaml") == documents


def test_separators_split_even_a_block_scalar() -> None:
    assert read_resources("a: |\n  x\n---\nb: 1\n", "r.yaml") == [{"a": "x\n"}, {"b": 1}]


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("<<: *b\n  y: 3", {"y": 3, "x": 1}),
        ("y: 3\n  <<: *b", {"y": 3, "x": 1}),
        ("<<: [*b, {y: 5, z: 6}]", {"y": 2, "z": 6, "x": 1}),
        ("<<: []\n  a: 1", {"a": 1}),
        ("'<<': 2\n  a: 1", {"a": 1}),
    ],
)
def test_merge_keys(text: str, merged: Value) -> None:
    (document,) = read_resources(f"b: &b {{x: 1, y: 2}}\nv:\n  {text}\n", "r.yaml")

    assert document["v"] == merged


def test_an_alias_is_a_copy() -> None:
    (document,) = read_resources("a: &a {x: [1]}\nb: *a\nc: {<<: *a}\n", "r.yaml")
    document["a"]["x"].append(2)

    assert document["b"] == {"x": [1]}
    assert document["c"] == {"x": [1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "r.yaml:2:1: found the key 'a' for the second time in one map"),
        ("a: 1\n---\nb:\n  c: 1\n  'c': 2\n", "r.yaml:5:3: found the key 'c' for the second time in one map"),
        ("a: *x\n", "r.yaml:1:4: found the alias *x, expected an anchor &x before it"),
        ("a: &x [*x]\n", "r.yaml:1:8: found the alias *x inside of what &x names"),
        ("a: {<<: 5}\n", "r.yaml:1:5: expected a map or a list of maps after the merge key <<"),
        ("b: &b {}\na:\n  <<: *b\n  <<: *b\n", "r.yaml:4:3: found a second merge key << in one map"),
        ("? [a]\n: 1\n", "r.yaml:1:3: expected a string for a map key, found a map or a list"),
        ("a: !!int x\n", "r.yaml:1:4: expected a !!int, found 'x'"),
        ("a: !!binary '*'\n", "r.yaml:1:4: expected base64 after the tag !!binary, found '*'"),
        ('a: "\\/"\n', "r.yaml:1:4: found the escape \\/, which YAML 1.1 does not have; expected a bare /"),
        ('a: "\\ud800"\n', "r.yaml:1:7: expected YAML: found invalid Unicode character escape code"),
        ("a: 1\n---\nb: \x07\n", "r.yaml:3:4: expected text, found the character U+0007"),
        ("a: 1\n---\nb: \ufffe\n", "r.yaml:3:4: expected text, found the character U+FFFE"),
        ("a: [b?c]\n", "r.yaml:1:5: found 'b?c' within [] or {}; expected quotes around a text with a ?"),
        ("a: 1\n--- b\n", "r.yaml:2:4: expected nothing but a comment after the document separator ---, found 'b'"),
        ("a: [1\n", "r.yaml:2:1: expected YAML: did not find expected ',' or ']'"),
        ("\n\na: b: c\n", "r.yaml:3:5: expected YAML: mapping values are not allowed in this context"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_resources(text, "r.yaml")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused_at_their_place() -> None:
    with pytest.raises(DocumentError, match=r"^r\.yaml:2:4: expected UTF-8 text, found byte 0xff$"):
        read_resources(b"a: 1\nb: \xff\n", "r.yaml")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"^r\.yaml:1: expected whole characters, found a lone surrogate$"):
        read_resources("a: \ud800\n", "r.yaml")


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CBaseLoader")


@pytest.mark.usefixtures("without_libyaml")
def test_without_libyaml_the_values_are_the_same() -> None:
    assert read_resources("a: &a [1, 0x1F, 'x', {b: ~}]\n---\nc: |\n  d\n", "r.yaml") == [
        {"a": [1, Scalar("0x1F", 31), "x", {"b": Scalar("~", None)}]},
        {"c": "d\n"},
    ]


@pytest.mark.usefixtures("without_libyaml")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a: "\\ud800"\n', "r.yaml:1:4: expected the escape of a whole character, found one of a surrogate"),
        ("a: é\x07\n", "r.yaml:1:5: expected text, found the character U+0007"),
        ("a: [\n", "r.yaml:2:1: expected YAML: "),
    ],
)
def test_without_libyaml_the_same_is_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_resources(text, "r.yaml")

    assert str(caught.value).startswith(message)


def test_a_quoted_string_is_a_text_like_any_other() -> None:
    assert read_resources(Quoted("a: 1\n"), "r.yaml") == [{"a": 1}]


def test_an_empty_value_within_braces_is_a_null_again_where_it_is_merged_into_a_block() -> None:
    (document,) = read_resources("b: &b {x: , y: 1}\nv:\n  <<: *b\nw: {<<: *b}\n", "r.yaml")

    assert document["b"]["x"] is document["w"]["x"] is EMPTY_IN_FLOW
    assert document["v"]["x"] is not EMPTY_IN_FLOW
    assert write([document]) == 'b:\n  x: ""\n  "y": 1\nv:\n  x: null\n  "y": 1\nw:\n  x: ""\n  "y": 1\n'
