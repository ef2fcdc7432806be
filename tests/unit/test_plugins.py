"""The built-in plugins, configured by objects: each does what its field does, and says what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate.errors import ImbricateError
from tests.conformance.harness import build

if TYPE_CHECKING:
    from pathlib import Path

ANY = "fieldSpecs: [{path: metadata/labels, create: true}]"


def built(folder: Path, field: str, config: str) -> str:
    (folder / "a.yaml").write_text("{apiVersion: v1, kind: A, metadata: {name: a}, image: 'i:1', replicas: 1}\n")
    (folder / "p.json").write_text('[{"op": "add", "path": "/x", "value": 1}]')
    (folder / "t.yaml").write_text("targets: [{fieldPath: metadata/name}]\n")
    text = f'resources: [a.yaml]\n{field}:\n- "{{apiVersion: builtin, metadata: {{name: x}}, {config}}}"\n'
    (folder / "kustomization.yaml").write_text(text)
    return build(folder)


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (f"kind: LabelTransformer, labels: {{a: b}}, {ANY}", "    a: b"),
        (
            "kind: AnnotationsTransformer, annotations: {a: 5}, fieldSpecs: [{path: metadata/notes, create: true}]",
            '    a: "5"',
        ),
        ("kind: PrefixTransformer, prefix: p-, fieldSpecs: [{path: metadata/name}]", "  name: p-a"),
        ("kind: SuffixTransformer, suffix: -s, fieldSpecs: [{path: metadata/name}]", "  name: a-s"),
        (
            "kind: PrefixSuffixTransformer, prefix: p-, suffix: -s, fieldSpecs: [{path: metadata/name}]",
            "  name: p-a-s",
        ),
        ("namespace: passed over, kind: NamespaceTransformer, fieldSpecs: []", "  name: a"),
        ("kind: ImageTagTransformer, imageTag: {name: i, newTag: '2'}, fieldSpecs: [{path: image}]", "image: i:2"),
        ("kind: ReplicaCountTransformer, replica: {name: a, count: 3}, fieldSpecs: [{path: replicas}]", "replicas: 3"),
        ("kind: PatchTransformer, patch: '- {op: add, path: /x, value: 1}', target: {kind: A}", "x: 1"),
        (
            "kind: PatchStrategicMergeTransformer, patches: '{apiVersion: v1, kind: A, metadata: {name: a}, x: 1}'",
            "x: 1",
        ),
        ("kind: PatchJson6902Transformer, path: p.json, target: {kind: A, name: a}", "x: 1"),
        (
            (
                "kind: ReplacementTransformer, replacements: [{sourceValue: new, targets: [{select: {kind: A}, "
                "fieldPaths: [image]}]}]"
            ),
            "image: new",
        ),
        ("kind: ValueAddTransformer, value: v, targets: [{fieldPath: metadata/name}]", "  name: v"),
        ("kind: ValueAddTransformer, value: v, targetFilePath: t.yaml", "  name: v"),
        ("kind: HashTransformer", "  name: a"),
    ],
)
def test_transformers(tmp_path: Path, config: str, line: str) -> None:
    assert line in built(tmp_path, "transformers", config).splitlines()


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        ("kind: ConfigMapGenerator, literals: [a=b], options: {disableNameSuffixHash: true}", ["  a: b", "  name: x"]),
        ("kind: SecretGenerator, name: s, literals: [a=b], options: {disableNameSuffixHash: true}", ["  a: Yg=="]),
        (
            (
                "kind: IAMPolicyGenerator, cloud: gke, kubernetesService: {name: k, namespace: ns}, "
                "serviceAccount: {name: g, projectId: p}"
            ),
            ["    iam.gke.io/gcp-service-account: g@p.iam.gserviceaccount.com", "  name: k", "  namespace: ns"],
        ),
    ],
)
def test_generators(tmp_path: Path, config: str, lines: list[str]) -> None:
    assert set(lines) <= set(built(tmp_path, "generators", config).splitlines())


def refused(tmp_path: Path, field: str, config: str) -> Any:
    with pytest.raises(ImbricateError) as caught:
        built(tmp_path, field, config)
    return str(caught.value).removeprefix("kustomization.yaml: ")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("kind: LabelTransformer, labels: [a]", "LabelTransformer/x.labels: expected a map, found a list"),
        (
            "kind: PrefixTransformer, prefix: p-",
            "PrefixTransformer/x.fieldSpecs: expected at least one field spec, found none",
        ),
        (
            "kind: NamespaceTransformer, setRoleBindingSubjects: some",
            (
                "NamespaceTransformer/x.setRoleBindingSubjects: expected one of defaultOnly, allServiceAccounts, none, "
                "found 'some'"
            ),
        ),
        (
            "kind: ReplicaCountTransformer, replica: {name: b, count: 3}",
            "ReplicaCountTransformer/x.replica.name: no resource is called 'b'",
        ),
        (
            "kind: PatchStrategicMergeTransformer",
            "PatchStrategicMergeTransformer/x: expected paths or patches, found neither",
        ),
        ("kind: PatchJson6902Transformer", "PatchJson6902Transformer/x.target.name: expected the name of a resource"),
        (
            "kind: PatchJson6902Transformer, target: {kind: A, name: a}, jsonOp: '[]'",
            "PatchJson6902Transformer/x: the patch holds no operation",
        ),
        ("kind: ValueAddTransformer", "ValueAddTransformer/x.targets: expected at least one target"),
        (
            "kind: ValueAddTransformer, targets: [{}]",
            "ValueAddTransformer/x.targets[0].fieldPath: expected a field path",
        ),
        (
            "kind: ValueAddTransformer, targets: [{fieldPath: a, filePathPosition: -1}]",
            "ValueAddTransformer/x.targets[0].filePathPosition: expected no negative number",
        ),
    ],
)
def test_configurations_that_do_not_fit(tmp_path: Path, config: str, message: str) -> None:
    assert refused(tmp_path, "transformers", config) == message


@pytest.mark.parametrize(
    ("field", "config", "message"),
    [
        (
            "generators",
            "kind: IAMPolicyGenerator, cloud: other",
            "IAMPolicyGenerator/x.cloud: expected gke, found 'other'",
        ),
        (
            "generators",
            "kind: ConfigMapGenerator, literals: [a]",
            "ConfigMapGenerator/x.literals[0]: expected key=value",
        ),
        (
            "generators",
            "kind: Nothing",
            "Nothing/x: there is no built-in generator Nothing; there are ConfigMapGenerator",
        ),
        (
            "transformers",
            "kind: Nothing",
            "Nothing/x: there is no built-in transformer Nothing; there are AnnotationsTr",
        ),
        (
            "validators",
            f"kind: LabelTransformer, labels: {{a: b}}, {ANY}",
            "LabelTransformer/x: a validator must not cha",
        ),
    ],
)
def test_roles(tmp_path: Path, field: str, config: str, message: str) -> None:
    assert refused(tmp_path, field, config).startswith(message)
