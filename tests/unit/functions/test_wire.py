"""What passes between a build and a function: paths, and what a function must not print."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.decode import Where
from imbricate.documents.rewritten import Ordered, Single, rewrite
from imbricate.errors import DocumentError, ImbricateError, KustomizationError
from imbricate.functions.returned import manifests_of, take
from imbricate.functions.wire import received, request_of
from imbricate.resources import ResMap, Resource, Source

WHERE = Where("fn.yaml", "Fn/fn")
LEGACY, INTERNAL = "config.kubernetes.io/path", "internal.config.kubernetes.io/path"
MIGRATION = "internal.config.kubernetes.io/annotations-migration-resource-id"


def _config_map(name: str = "c", **annotations: str) -> dict[str, Any]:
    named = {name.replace("__", "/"): text for name, text in annotations.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "annotations": named}}


def _with_paths(internal: str, legacy: str, **more: str) -> dict[str, Any]:
    manifest = _config_map()
    manifest["metadata"]["annotations"] = {INTERNAL: internal, LEGACY: legacy, **more}
    return manifest


@pytest.mark.parametrize(
    ("printed", "path"),
    [
        pytest.param(_config_map(), "configmap_c.yaml", id="none"),
        pytest.param(_with_paths("", "new.yaml"), "new.yaml", id="one"),
        pytest.param(_with_paths("old.yaml", "old.yaml", **{MIGRATION: "0"}), "old.yaml", id="unchanged"),
        pytest.param(_with_paths("new.yaml", "old.yaml", **{MIGRATION: "0"}), "new.yaml", id="the internal one"),
        pytest.param(_with_paths("old.yaml", "new.yaml", **{MIGRATION: "0"}), "new.yaml", id="the legacy one"),
        pytest.param(_with_paths("new.yaml", "new.yaml", **{MIGRATION: "0"}), "new.yaml", id="both"),
        pytest.param(_with_paths("a.yaml", "a.yaml", **{MIGRATION: "7"}), "a.yaml", id="of an unknown item"),
    ],
)
def test_the_path_that_a_function_changed_counts(printed: dict[str, Any], path: str) -> None:
    found = received(printed, [_with_paths("old.yaml", "old.yaml")], WHERE)

    assert found["metadata"]["annotations"] == {INTERNAL: path, LEGACY: path}


def test_two_new_paths_are_refused() -> None:
    with pytest.raises(KustomizationError) as refused:
        received(_with_paths("a.yaml", "b.yaml", **{MIGRATION: "0"}), [_with_paths("old.yaml", "old.yaml")], WHERE)

    assert str(refused.value) == (
        "fn.yaml: Fn/fn: printed ConfigMap/c with the paths 'a.yaml' and 'b.yaml' in annotations"
    )


def test_an_item_with_two_paths_is_not_given_to_a_function() -> None:
    with pytest.raises(KustomizationError) as refused:
        request_of([_with_paths("a.yaml", "b.yaml")], _config_map("config"), WHERE)

    assert str(refused.value) == (
        "fn.yaml: Fn/fn: cannot be given ConfigMap/c: it has the paths 'a.yaml' and 'b.yaml' in annotations"
    )


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            b"{kind: A, metadata: {name: a, annotations: [b]}}",
            "fn.yaml: Fn/fn: output: annotations of A: expected a map, found a list",
        ),
        (b"\xff", "fn.yaml: Fn/fn: output:1:1: expected UTF-8 text, found byte 0xff"),
    ],
)
def test_an_output_is_refused_with_its_place(output: bytes, message: str) -> None:
    with pytest.raises(ImbricateError) as refused:
        manifests_of(output, WHERE)

    assert str(refused.value) == message


def test_a_null_for_annotations_is_as_good_as_none() -> None:
    (manifest,) = manifests_of(b"{kind: A, metadata: {name: a, annotations: ~}}", WHERE)

    assert received(manifest, [], WHERE)["metadata"]["annotations"] == {INTERNAL: "a_a.yaml", LEGACY: "a_a.yaml"}


def test_an_id_of_several_resources_cannot_be_changed() -> None:
    resources = ResMap([Resource(_config_map("a"), Source("a.yaml")), Resource(_config_map("b"), Source("b.yaml"))])
    for resource in resources:
        resource.set_name("same")
        resources.rekey(resource)

    with pytest.raises(KustomizationError) as refused:
        take(resources, [Resource(_config_map("same"))], WHERE)

    assert str(refused.value) == "fn.yaml: Fn/fn: ConfigMap.v1.[noGrp]/same.[noNs] means 2 resources"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Ordered(b=1, a=Single("it's")), "b: 1\na: 'it''s'\n"),
        ({"b": [{"d": [], "c": {}}], "a": "x" * 90 + " y"}, f"a: {'x' * 90} y\nb:\n- c: {{}}\n  d: []\n"),
        ({"k" * 129: [1]}, f"? {'k' * 129}\n: - 1\n"),
        ({"a\nb": None}, "? |-\n  a\n  b\n: null\n"),
        ({"a": "<<", "b": "one\u2028two"}, "a: !!merge <<\nb: 'one\u2028  two'\n"),
    ],
)
def test_text_for_a_function_is_as_kyaml_writes_it(value: dict[str, Any], text: str) -> None:
    assert rewrite(value) == text


def test_what_cannot_be_printed_is_refused_with_its_place() -> None:
    with pytest.raises(DocumentError) as refused:
        rewrite({"a": {"b": float("inf")}})

    assert str(refused.value) == "a.b: expected a number that JSON can hold, found .inf"
