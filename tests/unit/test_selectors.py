"""Selectors of patches and replacements: patterns of ids, and Kubernetes label selectors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.errors import PatternError, SelectorError
from imbricate.kustomization import Selector
from imbricate.resid import Gvk
from imbricate.resources import Resource
from imbricate.selectors import matches_labels, patterns_of, selects

LABELS = {"app": "web", "tier": "front", "size": "7", "empty": ""}


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "app",
        "!db",
        "app=web",
        "app==web",
        "app = web",
        "app!=db",
        "db!=x",
        "app in (web, db)",
        "app in (web)",
        "app notin (db)",
        "db notin (x)",
        "size>6",
        "size < 8",
        "empty=",
        "empty in ()",
        "empty in (,x)",
        "app=web,tier=front,!db",
        " app , tier ",
        "in",
    ],
)
def test_labels_that_fulfil(selector: str) -> None:
    assert matches_labels(selector, {**LABELS, "in": "x"})


@pytest.mark.parametrize(
    "selector",
    [
        "db",
        "!app",
        "app=db",
        "app!=web",
        "app in (db)",
        "db in (x)",
        "app notin (web, x)",
        "size>7",
        "size<7",
        "app>1",
        "db<1",
        "app=",
        "app=web,tier=back",
    ],
)
def test_labels_that_do_not(selector: str) -> None:
    assert not matches_labels(selector, LABELS)


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("app web", "an operator where 'web' stands"),
        ("=web", "a key where '=' stands"),
        ("!", "a value"),
        ("app in web", "( after in or notin"),
        ("app in", "( after in or notin"),
        ("app in (a b)", "values between ( and )"),
        ("app in (a", "values between ( and )"),
        ("app>x", "a whole number where 'x' stands"),
        ("app>", "a value"),
        ("app,", "a requirement after the comma"),
        ("app=a b", "a comma between requirements"),
        (",app", "a key where ',' stands"),
        ("app(", "an operator where '(' stands"),
    ],
)
def test_a_selector_that_cannot_be_read(selector: str, reason: str) -> None:
    with pytest.raises(SelectorError) as caught:
        matches_labels(selector, LABELS)

    assert str(caught.value) == (
        f"expected a label selector such as app=web,tier in (a,b), found {selector!r}: {reason}"
    )


def resource(**metadata: Any) -> Resource:
    return Resource({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", **metadata}})


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), True),
        (Selector(kind="Deployment"), True),
        (Selector(kind="Deploy"), False),
        (Selector(kind="Deploy.*|X"), True),
        (Selector(kind="X|Deploy"), False),
        (Selector(group="apps", version="v1"), True),
        (Selector(group="app"), False),
        (Selector(version="v."), True),
        (Selector(name="w.b"), True),
        (Selector(name="we"), False),
        (Selector(namespace="default"), True),
        (Selector(namespace="other"), False),
        (Selector(label_selector="a=b"), False),
        (Selector(annotation_selector="!a"), True),
    ],
)
def test_ids_are_patterns_of_the_whole_text(selector: Selector, *, expected: bool) -> None:
    assert selects(selector, resource()) is expected


def test_the_first_and_the_current_name_both_count_but_none_between() -> None:
    renamed = resource()
    for name in ("middle", "last"):
        renamed.remember_id()
        renamed.set_name(name)
        renamed.id = renamed.read_id()

    assert [selects(Selector(name=name), renamed) for name in ("web", "middle", "last")] == [True, False, True]


def test_labels_are_compared_as_texts() -> None:
    assert selects(Selector(label_selector="n=7,!x"), resource(labels={"n": 7}))
    assert not selects(Selector(label_selector="n"), resource(labels=["n"]))


def test_a_pattern_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(
        PatternError, match=r"^expected a regular expression, found '\*': no argument for repetition operator: \*$"
    ):
        patterns_of(Selector(namespace="*"))


WORDS = st.text("ab", min_size=1, max_size=2)
LABEL_MAPS = st.dictionaries(WORDS, WORDS, max_size=4)


@given(LABEL_MAPS, WORDS, WORDS)
def test_each_operator_and_its_opposite_split_all_labels(labels: dict[str, str], key: str, value: str) -> None:
    assert matches_labels(key, labels) != matches_labels(f"!{key}", labels)
    assert matches_labels(f"{key}={value}", labels) != matches_labels(f"{key}!={value}", labels)
    assert matches_labels(f"{key} in ({value})", labels) != matches_labels(f"{key} notin ({value})", labels)
    assert matches_labels(f"{key}={value}", labels) == matches_labels(f"{key} in ({value})", labels)


@given(LABEL_MAPS)
def test_a_selector_of_all_labels_matches(labels: dict[str, str]) -> None:
    assert matches_labels(",".join(f"{key}={value}" for key, value in labels.items()), labels)


@given(st.text(max_size=12), LABEL_MAPS)
def test_any_text_is_read_or_refused(selector: str, labels: dict[str, str]) -> None:
    with suppress(SelectorError):
        assert matches_labels(selector, labels) in {True, False}


@given(st.builds(Gvk, WORDS, WORDS, WORDS))
def test_empty_patterns_match_all_kinds(gvk: Gvk) -> None:
    assert patterns_of(Selector()).match_gvk(gvk)
