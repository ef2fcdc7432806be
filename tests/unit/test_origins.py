"""Where objects come from, as annotations say it."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.origins import ORIGIN, TRANSFORMATIONS, annotate, of_plugin, record
from imbricate.resources import ResMap, Resource

FILE = {"path": "base/a.yaml"}
STEP = {"configuredIn": "kustomization.yaml", "configuredBy": {"apiVersion": "builtin", "kind": "PrefixTransformer"}}
STEP_TEXT = """\
configuredIn: kustomization.yaml
configuredBy:
  apiVersion: builtin
  kind: PrefixTransformer
"""


def made(metadata: Any = None, **fields: Any) -> Resource:
    return Resource({"apiVersion": "v1", "kind": "A", "metadata": metadata or {"name": "a"}, **fields})


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), {}),
        (("managedByLabel",), {}),
        (("originAnnotations",), {ORIGIN: "path: base/a.yaml\n"}),
        (("transformerAnnotations",), {TRANSFORMATIONS: "- " + STEP_TEXT.replace("\n", "\n  ").rstrip() + "\n"}),
    ],
)
def test_what_is_asked_for_is_written(wanted: tuple[str, ...], expected: dict[str, str]) -> None:
    resource = made()
    resource.origin = dict(FILE)
    resources = ResMap([resource])
    record(resources, STEP)

    annotate(resources, wanted)

    assert resource.manifest["metadata"].get("annotations", {}) == expected


def test_what_is_not_asked_for_is_taken_out() -> None:
    resource = made({"name": "a", "annotations": {ORIGIN: "old", TRANSFORMATIONS: "old", "other": "stays"}})

    annotate(ResMap([resource]), ())

    assert resource.manifest["metadata"]["annotations"] == {"other": "stays"}


def test_metadata_that_is_no_map_is_left() -> None:
    resource = made()
    resource.manifest["metadata"] = "text"
    resource.origin = dict(FILE)

    annotate(ResMap([resource]), ("originAnnotations",))

    assert resource.manifest["metadata"] == "text"


def test_an_object_without_origin_was_made_by_the_step() -> None:
    generated, read = made(), made({"name": "b"})
    read.origin = dict(FILE)

    record(ResMap([generated, read]), STEP)
    record(ResMap([generated, read]), None)

    assert (generated.origin, generated.transformations) == (STEP, [])
    assert (read.origin, read.transformations) == (FILE, [STEP])


@pytest.mark.parametrize(
    ("metadata", "configured_by"),
    [
        ({"name": "a"}, {"apiVersion": "v1", "kind": "A", "name": "a"}),
        ({"name": "a", "namespace": "ns"}, {"apiVersion": "v1", "kind": "A", "name": "a", "namespace": "ns"}),
    ],
)
def test_plugins_with_a_configuration(metadata: dict[str, str], configured_by: dict[str, str]) -> None:
    config = made(metadata)
    assert of_plugin(config) is None
    config.origin = dict(FILE)

    assert of_plugin(config) == {"configuredIn": "base/a.yaml", "configuredBy": configured_by}
