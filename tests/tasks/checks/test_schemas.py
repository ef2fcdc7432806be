"""Schemas of custom resources: what is made of a definition, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.checks.crds import converted, files_of, root
from tasks.checks.rules.schemas import is_built_in
from tasks.checks.validation import CUSTOM, BuiltIn, custom_validator, errors

ROOT = Path(__file__).parent.parent.parent.parent
FILES = sorted([*CUSTOM.glob("*.json"), *CUSTOM.glob("written/*.json")])

CONVERTED = {
    "texts are dropped": ({"type": "string", "description": "x", "default": "y"}, {"type": "string"}),
    "a map is closed": (
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]},
        {
            "type": "object",
            "properties": {"a": {"type": "integer", "minimum": 1}},
            "required": ["a"],
            "additionalProperties": False,
        },
    ),
    "a map that keeps what it does not know is not": (
        {"type": "object", "properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "properties": {"a": {}}},
    ),
    "a map of anything": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "a number or a text": ({"x-kubernetes-int-or-string": True, "anyOf": []}, {"type": ["integer", "string"]}),
    "what may be null": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "alternatives close nothing": (
        {"type": "object", "oneOf": [{"properties": {"a": {}}, "required": ["a"]}]},
        {"type": "object", "oneOf": [{"properties": {"a": {}}, "required": ["a"]}]},
    ),
    "a pattern that Python cannot read": ({"type": "string", "pattern": r"^\p{L}+$"}, {"type": "string"}),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_a_structural_schema_becomes_a_strict_one(name: str) -> None:
    schema, expected = CONVERTED[name]

    assert converted(schema) == expected


def test_parts_that_repeat_themselves_stand_there_once() -> None:
    part = {"type": "object", "properties": {f"field{number}": {"type": "string"} for number in range(9)}}
    made = root({"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": part, "b": part}}}})

    assert made["properties"]["spec"]["properties"] == {"a": {"$ref": "#/$defs/s1"}, "b": {"$ref": "#/$defs/s1"}}
    assert made["$defs"] == {"s1": {**part, "additionalProperties": False}}


def test_a_file_is_made_for_each_version_that_is_served(tmp_path: Path) -> None:
    versions = [
        {"name": name, "served": served, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {}}}}}
        for name, served in (("v1", True), ("v1beta1", False))
    ]
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "names": {"kind": "Thing"}, "versions": versions},
    }
    (tmp_path / "crd.yaml").write_text(f"# no object\n---\n{yaml.safe_dump(crd)}")
    source = {"module": "example.com/things", "version": "v1.0.0", "licence": "MIT", "files": ["crd.yaml"]}

    made = dict(files_of(source, tmp_path))

    assert [*made] == ["thing.example.com.v1.json"]
    assert json.loads(made["thing.example.com.v1.json"])["source"] == {
        "module": "example.com/things",
        "version": "v1.0.0",
        "licence": "MIT",
        "file": "crd.yaml",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_schema_is_one_and_says_where_it_is_from(file: Path) -> None:
    from jsonschema.validators import Draft202012Validator

    content = json.loads(file.read_text())
    kind, _, rest = file.name.removesuffix(".json").partition(".")

    Draft202012Validator.check_schema(content["schema"])
    assert content["source"].keys() in ({"module", "version", "licence", "file"}, {"written"})
    assert custom_validator("/".join(rest.rsplit(".", 1)), kind) is not None


REFUSED: dict[str, tuple[str, list[str]]] = {
    "Rollout": (
        (
            "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, "
            "spec: {strategy: {canary: {stepps: []}}}}"
        ),
        ["spec.strategy.canary.stepps: unknown field; did you mean steps?"],
    ),
    "Rollout, in its pods": (
        (
            "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: a}, spec: "
            "{template: {spec: {containers: [{name: a, imag: b}]}}}}"
        ),
        ["spec.template.spec.containers.0.imag: unknown field; did you mean image?"],
    ),
    "IngressRoute": (
        (
            "{apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: {name: a}, spec: {routes: [{match: x, "
            "kind: Rul}]}}"
        ),
        ['spec.routes.0.kind: expected Rule, found "Rul"; did you mean Rule?'],
    ),
    "VirtualService": (
        (
            "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, spec: {http: "
            "[{route: [{weight: 1}]}]}}"
        ),
        ["spec.http.0.route.0.destination: is missing, and required"],
    ),
    "Cluster": (
        "{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {name: a}, spec: {instances: three}}",
        ['spec.instances: expected integer, found "three"'],
    ),
    "metadata": (
        "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: a, lables: {}}, spec: {selfSigned: {}}}",
        ["metadata.lables: unknown field; did you mean labels?"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_operator_would_drop_is_told(name: str) -> None:
    text, expected = REFUSED[name]
    manifest: dict[str, Any] = yaml.safe_load(text)
    validator = custom_validator(manifest["apiVersion"], manifest["kind"])

    found = [f"{'.'.join(map(str, path))}: {message}" for path, message in errors(validator, manifest)]

    assert set(expected) <= set(found), found


def test_the_schemas_are_those_of_the_version_or_of_the_latest_before_it() -> None:
    assert BuiltIn.of("1.34").version == "1.34"
    assert BuiltIn.of("1.34.2").version == "1.34"
    assert float(BuiltIn.of("1.99").version) >= 1.37


@pytest.mark.parametrize(
    ("api_version", "expected"),
    [
        ("v1", True),
        ("apps/v1", True),
        ("networking.k8s.io/v1", True),
        ("gateway.networking.k8s.io/v1", False),
        ("autoscaling.k8s.io/v1", False),
        ("traefik.io/v1alpha1", False),
    ],
)
def test_built_in_is_what_every_server_has(api_version: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_built_in({"apiVersion": api_version}) == expected
