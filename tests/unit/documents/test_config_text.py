"""`read_config` against what sigs.k8s.io/yaml with go-yaml v2 makes of the same text."""

from __future__ import annotations

import pytest

from imbricate.documents import Value, read_config
from imbricate.errors import DocumentError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("N", False),
        ("y", True),
        ("TRUE", True),
        ("'yes'", "yes"),
        ("~", None),
        ("", None),
        ("012", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("0o-7", "0o-7"),
        ("0b-1", -1),
        ("1_000", 1000),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("2001-01-01", "2001-01-01"),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!float 5", 5.0),
        ("!!binary YWJj", "abc"),
        ("<<", "<<"),
        ("{1: a, 1.5: b, true: c, 0.1: d}", {"1": "a", "1.5": "b", "true": "c", "0.1": "d"}),
        ("{1e300: a, -1e300: b}", {".inf": "a", "-.inf": "b"}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("[<<, a]", ["<<", "a"]),
        ("&x [1]\nw: *x", [1]),
    ],
)
def test_what_a_value_means(text: str, value: Value) -> None:
    found = read_config(f"v: {text}\n", "k.yaml")["v"]

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("q: 3\n  <<: *b", {"q": 2, "x": 1}),
        ("<<: *b\n  q: 3", {"x": 1, "q": 3}),
        ("<<: [*b, {q: 5, z: 6}]", {"x": 1, "q": 2, "z": 6}),
    ],
)
def test_a_merge_key_wins_over_what_stands_before_it(text: str, merged: Value) -> None:
    assert read_config(f"b: &b {{x: 1, q: 2}}\nv:\n  {text}\n", "k.yaml")["v"] == merged


def test_only_the_first_document_counts() -> None:
    assert read_config("a: 1\n---\nb: 2\n", "k.yaml") == {"a": 1}
    assert read_config("# nothing\n", "k.yaml") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {~: 1}\n", "k.yaml:1:5: expected a string for a map key, found a null, a map or a list"),
        ("18446744073709551615: 1\n", "k.yaml:1:1: expected a string for a map key, found the number 184467"),
        ("a: {'<<': 1}\n", "k.yaml:1:5: expected a map or a list of maps after the merge key <<"),
        ("a: !!bool 5\n", "k.yaml:1:4: expected a !!bool, found '5'"),
        ("%YAML 1.2\n---\na: 1\n", "k.yaml:1:1: expected %YAML 1.1, found %YAML 1.2"),
        ("a: [b?c]\n", "k.yaml:1:5: found 'b?c' within [] or {}"),
        ('a: "\\ud800"\n', "k.yaml:1:7: expected YAML: found invalid Unicode character escape code"),
        ('a: "\\/"\n', "k.yaml:1:4: found the escape \\/"),
        ("a: [\n", "k.yaml:2:1: expected YAML: "),
        ("b: é\na: é\x07\n", "k.yaml:2:5: expected text, found the character U+0007"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_config(text, "k.yaml")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
