"""The history of a resource goes into annotations, to a program, and comes back."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.bookkeeping import annotated, annotations_of, restored, set_annotations
from imbricate.errors import DocumentError
from imbricate.resources import Resource

NAMES = st.text("abc-", min_size=1, max_size=5)
IDS = st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=3)
ORIGINS = st.none() | st.fixed_dictionaries({"path": NAMES})


@st.composite
def _resources(draw: st.DrawFn) -> Resource:
    resource = Resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})
    resource.previous, resource.prefixes, resource.suffixes = draw(IDS), draw(st.lists(NAMES)), draw(st.lists(NAMES))
    resource.needs_hash, resource.behavior = draw(st.booleans()), draw(st.sampled_from(["", "merge", "unspecified"]))
    resource.origin = draw(ORIGINS)
    resource.transformations = draw(st.lists(st.fixed_dictionaries({"configuredIn": NAMES}), max_size=2))
    return resource


def _facts(resource: Resource) -> tuple[Any, ...]:
    return (
        resource.manifest,
        resource.ids,
        (resource.prefixes, resource.suffixes),
        (resource.needs_hash, resource.behavior),
        (resource.origin, resource.transformations),
    )


@given(_resources(), st.dictionaries(NAMES, NAMES, max_size=2))
def test_what_goes_into_annotations_comes_out_of_them(resource: Resource, annotations: dict[str, str]) -> None:
    set_annotations(resource.manifest, dict(annotations))
    before = copy.deepcopy(resource.manifest)

    again = restored(annotated(resource), None)

    assert _facts(again) == _facts(resource)
    assert resource.manifest == before


def test_a_resource_without_history_gets_no_annotations() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}

    assert annotated(Resource(copy.deepcopy(manifest))) == manifest


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        (
            {"internal.config.kubernetes.io/previousNames": "a,b"},
            (
                "annotations of ConfigMap/c: expected as many former ids in each, "
                "found 0 in internal.config.kubernetes.io/previousNamespaces, "
                "2 in internal.config.kubernetes.io/previousNames, 0 in internal.config.kubernetes.io/previousKinds"
            ),
        ),
        ({"config.kubernetes.io/origin": "[a]"}, "annotation config.kubernetes.io/origin: expected a map"),
        (
            {"alpha.config.kubernetes.io/transformations": "a: b"},
            "annotation alpha.config.kubernetes.io/transformations: expected a list",
        ),
    ],
)
def test_a_history_that_does_not_fit_is_refused(annotations: dict[str, str], message: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "annotations": annotations}}

    with pytest.raises(DocumentError) as refused:
        restored(manifest, None)

    assert str(refused.value) == message


def test_annotations_are_texts() -> None:
    assert annotations_of({"metadata": {"annotations": {"a": 1, "b": None, "c": True}}}) == {
        "a": "1",
        "b": "null",
        "c": "true",
    }


def test_a_build_without_programs_does_not_load_what_runs_them(tmp_path: Any) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [c.yaml]\nnamePrefix: p-\n")
    (tmp_path / "c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    code = "import imbricate, sys; imbricate.build('.'); print([one for one in sys.modules if 'functions' in one])"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True)

    assert done.stdout == "[]\n"
