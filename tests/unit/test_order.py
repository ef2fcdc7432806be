"""The order of the output: total, stable, and by rank of kind."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.errors import KustomizationError
from imbricate.kustomization import LegacySortOptions, SortOptions
from imbricate.order import FIRST, LAST, check_options, gvk_order, legacy_order
from imbricate.resources import Resource


def resource(api_version: str, kind: str, name: str = "n", namespace: str = "") -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Resource({"apiVersion": api_version, "kind": kind, "metadata": metadata})


def in_order(*resources: Resource, options: SortOptions | None = None) -> list[str]:
    return [str(one.id) for one in legacy_order(resources, options)]


def test_known_kinds_come_first_and_webhooks_last() -> None:
    kinds = [*LAST, "Thing", *reversed(FIRST)]

    assert [one.gvk.kind for one in legacy_order(resource("v1", kind) for kind in kinds)] == [*FIRST, "Thing", *LAST]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(resource("apps/v1", "B"), resource("v1", "A"), id="the core group comes last"),
        pytest.param(resource("a/v1", "A"), resource("b/v1", "A"), id="groups by name"),
        pytest.param(resource("a/v1", "A"), resource("a/v2", "A"), id="versions by name"),
        pytest.param(resource("v1", "A", namespace="b"), resource("v1", "A", "a"), id="a namespace before none"),
        pytest.param(resource("v1", "A", "b", "x"), resource("v1", "A", "a", "y"), id="namespaces before names"),
        pytest.param(resource("v1", "A", "a"), resource("v1", "A", "b"), id="names"),
        pytest.param(resource("v1", "Namespace"), resource("example.com/v1", "Namespace"), id="core Namespaces first"),
    ],
)
def test_two_resources(first: Resource, second: Resource) -> None:
    assert in_order(second, first) == in_order(first, second) == [str(first.id), str(second.id)]


def test_own_ranks_stand_instead_of_the_default_ones() -> None:
    options = SortOptions("legacy", LegacySortOptions(("Z", "Secret"), ("Namespace", "A")))
    resources = [resource("v1", kind) for kind in ("Namespace", "ConfigMap", "A", "Secret", "Z")]

    assert [one.gvk.kind for one in legacy_order(resources, options)] == ["Z", "Secret", "ConfigMap", "Namespace", "A"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SortOptions("lifo"), "k.yaml: sortOptions.order: expected fifo or legacy, found 'lifo'"),
        (SortOptions(""), "k.yaml: sortOptions.order: expected fifo or legacy, found ''"),
        (
            SortOptions("fifo", LegacySortOptions()),
            "k.yaml: sortOptions.legacySortOptions: needs order: legacy, found fifo",
        ),
    ],
)
def test_options_that_contradict_themselves(options: SortOptions, message: str) -> None:
    with pytest.raises(KustomizationError) as caught:
        check_options(options, "k.yaml")

    assert str(caught.value) == message


@pytest.mark.parametrize("options", [SortOptions("fifo"), SortOptions("legacy", LegacySortOptions(("A",)))])
def test_options_that_do_not(options: SortOptions) -> None:
    check_options(options, "k.yaml")


GROUPS = st.sampled_from(["v1", "apps/v1", "example.com/v1"])
KINDS = st.sampled_from(["Namespace", "ConfigMap", "Thing", *LAST])
WORDS = st.sampled_from(["", "a", "b"])
RESOURCES = st.lists(
    st.builds(resource, GROUPS, KINDS, st.sampled_from("ab"), WORDS), max_size=8, unique_by=lambda one: one.id
)


@given(RESOURCES, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_input(resources: list[Resource], random: st.DrawFn) -> None:
    shuffled = list(resources)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert in_order(*shuffled) == in_order(*resources)
    assert in_order(*legacy_order(resources)) == in_order(*resources)
    assert sorted(in_order(*resources)) == sorted(str(one.id) for one in resources)


GVKS = st.tuples(st.sampled_from(["", "Namespace", "Service", "Thing"]), st.sampled_from(["", "a"]), WORDS)


@given(st.lists(GVKS, min_size=3, max_size=3))
def test_the_order_of_field_specs_is_total(gvks: list[tuple[str, str, str]]) -> None:
    for one, other in itertools.permutations(gvks, 2):
        assert gvk_order(one, other) == -gvk_order(other, one)
    for one, two, three in itertools.permutations(gvks):
        if gvk_order(one, two) <= 0 and gvk_order(two, three) <= 0:
            assert gvk_order(one, three) <= 0
