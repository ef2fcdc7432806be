"""The registry of every field that a kustomization file may hold, and how each is read.

In: the value that `documents.read_config` gives. Out: `Kustomization`. The fields are those of kustomize's
api/types/kustomization.go; `KUSTOMIZATION.fields` is what the loader and the documentation share.
"""

from __future__ import annotations

from typing import Any

from imbricate.decode import Shape, Where, any_map, boolean, integer, list_of, optional_text, text, text_map
from imbricate.fieldspecs import FieldSpec
from imbricate.kustomization import (
    FieldOptions,
    FieldReference,
    GeneratorArgs,
    GeneratorOptions,
    HelmChart,
    HelmChartArgs,
    HelmGlobals,
    Image,
    Kustomization,
    Label,
    LegacySortOptions,
    Metadata,
    ObjectReference,
    Patch,
    PatchOptions,
    Replacement,
    Replica,
    Selector,
    SortOptions,
    SourceSelector,
    TargetSelector,
    Var,
)

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
API_VERSIONS = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "Component": "kustomize.config.k8s.io/v1alpha1",
}

_OPTIONS = Shape(
    GeneratorOptions,
    {"labels": text_map, "annotations": text_map, "disableNameSuffixHash": boolean, "immutable": boolean},
)
_GENERATOR_FIELDS = {
    "namespace": text,
    "name": text,
    "behavior": text,
    "literals": list_of(text),
    "files": list_of(text),
    "envs": list_of(text),
    "env": text,
    "options": _OPTIONS.optional,
}
CONFIG_MAP_ARGS = Shape(GeneratorArgs, _GENERATOR_FIELDS)
SECRET_ARGS = Shape(GeneratorArgs, {**_GENERATOR_FIELDS, "type": text})
_ID_FIELDS = {"group": text, "version": text, "kind": text, "name": text, "namespace": text}
SELECTOR = Shape(Selector, {**_ID_FIELDS, "annotationSelector": text, "labelSelector": text})
PATCH_OPTIONS = Shape(PatchOptions, {"allowNameChange": boolean, "allowKindChange": boolean})
PATCH = Shape(Patch, {"path": text, "patch": text, "target": SELECTOR.optional, "options": PATCH_OPTIONS.optional})
FIELD_SPEC = Shape(FieldSpec, {"group": text, "version": text, "kind": text, "path": text, "create": boolean})
LABEL = Shape(
    Label,
    {
        "pairs": text_map,
        "includeSelectors": boolean,
        "includeTemplates": boolean,
        "includeVolumeClaimTemplates": boolean,
        "fields": list_of(FIELD_SPEC),
    },
    fields="field_specs",
)
IMAGE = Shape(Image, {"name": text, "newName": text, "tagSuffix": text, "newTag": text, "digest": text})
REPLICA = Shape(Replica, {"name": text, "count": integer})
_FIELD_OPTIONS = Shape(FieldOptions, {"delimiter": text, "index": integer, "encoding": text, "create": boolean})
_SOURCE = Shape(SourceSelector, {**_ID_FIELDS, "fieldPath": text, "options": _FIELD_OPTIONS.optional})
_TARGET = Shape(
    TargetSelector,
    {
        "select": SELECTOR.optional,
        "reject": list_of(SELECTOR.optional),
        "fieldPaths": list_of(text),
        "options": _FIELD_OPTIONS.optional,
    },
)
_REPLACEMENT_FIELDS = {
    "source": _SOURCE.optional,
    "targets": list_of(_TARGET.optional),
    "sourceValue": optional_text,
}
REPLACEMENT_IN_FILE = Shape(Replacement, _REPLACEMENT_FIELDS)
REPLACEMENT = Shape(Replacement, {"path": text, **_REPLACEMENT_FIELDS})
_VAR = Shape(
    Var,
    {
        "name": text,
        "objref": Shape(ObjectReference, {"apiVersion": text, **_ID_FIELDS}),
        "fieldref": Shape(FieldReference, {"fieldPath": text}),
    },
)
SORT_OPTIONS = Shape(
    SortOptions,
    {
        "order": text,
        "legacySortOptions": Shape(
            LegacySortOptions, {"orderFirst": list_of(text), "orderLast": list_of(text)}
        ).optional,
    },
)
_HELM_GLOBALS = {"chartHome": text, "configHome": text}
HELM_CHART_FIELDS = {
    "name": text,
    "version": text,
    "repo": text,
    "releaseName": text,
    "namespace": text,
    "additionalValuesFiles": list_of(text),
    "valuesFile": text,
    "valuesInline": any_map,
    "valuesMerge": text,
    "includeCRDs": boolean,
    "skipHooks": boolean,
    "apiVersions": list_of(text),
    "kubeVersion": text,
    "nameTemplate": text,
    "skipTests": boolean,
    "debug": boolean,
    "devel": boolean,
}
_HELM_CHART = Shape(HelmChart, HELM_CHART_FIELDS, includeCRDs="include_crds")
_HELM_CHART_ARGS = Shape(
    HelmChartArgs,
    {
        **dict.fromkeys(("chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin"), text),
        **dict.fromkeys(("helmHome", "values", "valuesMerge", "releaseName", "releaseNamespace"), text),
        "valuesLocal": any_map,
        "extraArgs": list_of(text),
    },
)
METADATA = Shape(Metadata, {"name": text, "namespace": text, "labels": text_map, "annotations": text_map})

KUSTOMIZATION = Shape(
    Kustomization,
    {
        "apiVersion": text,
        "kind": text,
        "metadata": METADATA.optional,
        "openapi": text_map,
        "namePrefix": text,
        "nameSuffix": text,
        "namespace": text,
        "commonLabels": text_map,
        "labels": list_of(LABEL),
        "commonAnnotations": text_map,
        "patchesStrategicMerge": list_of(text),
        "patchesJson6902": list_of(PATCH),
        "patches": list_of(PATCH),
        "images": list_of(IMAGE),
        "imageTags": list_of(IMAGE),
        "replacements": list_of(REPLACEMENT),
        "replicas": list_of(REPLICA),
        "vars": list_of(_VAR),
        "sortOptions": SORT_OPTIONS.optional,
        "resources": list_of(text),
        "components": list_of(text),
        "crds": list_of(text),
        "bases": list_of(text),
        "configMapGenerator": list_of(CONFIG_MAP_ARGS),
        "secretGenerator": list_of(SECRET_ARGS),
        "helmGlobals": Shape(HelmGlobals, _HELM_GLOBALS).optional,
        "helmCharts": list_of(_HELM_CHART),
        "helmChartInflationGenerator": list_of(_HELM_CHART_ARGS),
        "generatorOptions": _OPTIONS.optional,
        "configurations": list_of(text),
        "generators": list_of(text),
        "transformers": list_of(text),
        "validators": list_of(text),
        "buildMetadata": list_of(text),
    },
)


def from_value(value: Any, file: str) -> Kustomization:
    """Read a kustomization from the value of its file.

    Raises KustomizationError for a field that is unknown or does not fit, a file that sets nothing, and an apiVersion
    or kind that is not kustomize's.
    """
    where = Where(file)
    kustomization = KUSTOMIZATION(value, where)
    if kustomization.is_empty:
        raise where.error("the kustomization is empty: expected at least one field such as resources")
    kind = kustomization.kind or "Kustomization"
    if kind not in API_VERSIONS:
        raise where.at("kind").error(f"expected Kustomization or Component, found {kind!r}")
    expected = API_VERSIONS[kind]
    if kustomization.api_version not in ("", expected):
        raise where.at("apiVersion").error(f"expected {expected} for a {kind}, found {kustomization.api_version!r}")
    return kustomization._replace(kind=kind, api_version=expected)
