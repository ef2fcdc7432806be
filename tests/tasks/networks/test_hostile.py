"""Objects that no API server would take: they are for the schemas to find, and nothing here fails on them."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbricate.documents import json_value
from imbricate.manifests import read_manifests
from tasks.networks.evaluate import evaluate
from tasks.networks.layers import layers_of, merged
from tasks.networks.unit import findings_of
from tasks.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent.parent
FILE = ROOT / "gitops/prod/pakaura/manifests.yaml"
OBJECTS: list[dict[str, Any]] = [json_value(one) for one in read_manifests(FILE.read_bytes(), str(FILE))]
JUNK = st.sampled_from([None, 0, True, "x", [], {}, [None], ["x"], {"x": None}, "\u00e9" * 300])


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    before = Path.cwd()
    os.chdir(ROOT)
    yield
    os.chdir(before)


def _fields(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(found for key, child in below for found in _fields(child, (*path, key)))]


PLACES = [(index, path) for index, one in enumerate(OBJECTS) for path in _fields(one, ()) if path != ("kind",)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), JUNK, st.booleans())
def test_any_field_may_be_away_or_anything(place: tuple[int, tuple[str | int, ...]], junk: Any, is_away: bool) -> None:  # noqa: FBT001
    index, path = place
    objects = [*OBJECTS[:index], deepcopy(OBJECTS[index]), *OBJECTS[index + 1 :]]
    parent: Any = objects[index]
    for step in path[:-1]:
        parent = parent[step]
    if is_away and isinstance(parent, dict):
        del parent[path[-1]]
    else:
        parent[path[-1]] = junk

    found = findings_of(Unit("prod", "pakaura"), objects)

    assert all(one.message and (one.manifest is not None or one.file) for one in found)


def test_what_cannot_be_evaluated_is_a_finding_of_its_own() -> None:
    objects = deepcopy(OBJECTS)
    deployment = next(one for one in objects if one["kind"] == "Deployment")
    del deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]

    (finding,) = findings_of(Unit("prod", "pakaura"), objects)

    assert finding.message == "the networks cannot be evaluated: an object does not fit its schema"
    assert evaluate(OBJECTS, merged(layers_of(Path("overlays/prod/pakaura")))) == []
