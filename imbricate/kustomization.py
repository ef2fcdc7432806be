"""A kustomization file as typed tuples, and the registry of every field that it may hold.

In: the value that `documents.read_config` gives. Out: `Kustomization`. The fields are those of kustomize's
api/types/kustomization.go; `SHAPE.fields` is the registry that the loader and the documentation share.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from imbricate.decode import Shape, Where, any_map, boolean, integer, list_of, optional_text, text, text_map
from imbricate.fieldspecs import FieldSpec

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
API_VERSIONS = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "Component": "kustomize.config.k8s.io/v1alpha1",
}


class GeneratorOptions(NamedTuple):
    """Labels, annotations and behaviour of generated objects."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    disable_name_suffix_hash: bool = False
    immutable: bool = False

    def under(self, common: GeneratorOptions | None) -> GeneratorOptions:
        """Complete these options from those of the whole kustomization; a flag that is set there stays set."""
        if common is None:
            return self
        return GeneratorOptions(
            {**(common.labels or {}), **(self.labels or {})},
            {**(common.annotations or {}), **(self.annotations or {})},
            self.disable_name_suffix_hash or common.disable_name_suffix_hash,
            self.immutable or common.immutable,
        )


class GeneratorArgs(NamedTuple):
    """One entry of configMapGenerator or secretGenerator."""

    name: str = ""
    namespace: str = ""
    behavior: str = ""
    literals: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    envs: tuple[str, ...] = ()
    env: str = ""
    options: GeneratorOptions | None = None
    type: str = ""

    @property
    def env_sources(self) -> tuple[str, ...]:
        """Give the env files, the deprecated single one last."""
        return (*self.envs, self.env) if self.env else self.envs


class Selector(NamedTuple):
    """Which resources are meant. In patches and replacement targets the id parts are regular expressions."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    annotation_selector: str = ""
    label_selector: str = ""


class PatchOptions(NamedTuple):
    """What a strategic merge patch may change beyond the content."""

    allow_name_change: bool = False
    allow_kind_change: bool = False


class Patch(NamedTuple):
    """One entry of patches or patchesJson6902."""

    path: str = ""
    patch: str = ""
    target: Selector | None = None
    options: PatchOptions | None = None


class Label(NamedTuple):
    """One entry of labels."""

    pairs: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    include_selectors: bool = False
    include_templates: bool = False
    include_volume_claim_templates: bool = False
    field_specs: tuple[FieldSpec, ...] = ()


class Image(NamedTuple):
    """One entry of images."""

    name: str = ""
    new_name: str = ""
    tag_suffix: str = ""
    new_tag: str = ""
    digest: str = ""


class Replica(NamedTuple):
    """One entry of replicas."""

    name: str = ""
    count: int = 0


class FieldOptions(NamedTuple):
    """How a replacement reads or writes a field."""

    delimiter: str = ""
    index: int = 0
    encoding: str = ""
    create: bool = False


class SourceSelector(NamedTuple):
    """The one object and field that a replacement copies from; ids are exact."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    field_path: str = ""
    options: FieldOptions | None = None


class TargetSelector(NamedTuple):
    """The objects and fields that a replacement writes to."""

    select: Selector | None = None
    reject: tuple[Selector | None, ...] = ()
    field_paths: tuple[str, ...] = ()
    options: FieldOptions | None = None


class Replacement(NamedTuple):
    """One entry of replacements: here, or in the file at `path`."""

    path: str = ""
    source: SourceSelector | None = None
    targets: tuple[TargetSelector | None, ...] | None = None
    source_value: str | None = None


class ObjectReference(NamedTuple):
    """The object that a var reads from."""

    api_version: str = ""
    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""


class FieldReference(NamedTuple):
    """The field that a var reads."""

    field_path: str = ""


class Var(NamedTuple):
    """One entry of vars."""

    name: str = ""
    objref: ObjectReference = ObjectReference()
    fieldref: FieldReference = FieldReference()


class LegacySortOptions(NamedTuple):
    """Kinds that come first and last in the output."""

    order_first: tuple[str, ...] = ()
    order_last: tuple[str, ...] = ()


class SortOptions(NamedTuple):
    """The order of the output: fifo or legacy."""

    order: str = ""
    legacy_sort_options: LegacySortOptions | None = None


class HelmGlobals(NamedTuple):
    """Where helm finds its charts and its configuration."""

    chart_home: str = ""
    config_home: str = ""


class HelmChart(NamedTuple):
    """One entry of helmCharts."""

    name: str = ""
    version: str = ""
    repo: str = ""
    release_name: str = ""
    namespace: str = ""
    additional_values_files: tuple[str, ...] = ()
    values_file: str = ""
    values_inline: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    values_merge: str = ""
    include_crds: bool = False
    skip_hooks: bool = False
    api_versions: tuple[str, ...] = ()
    kube_version: str = ""
    name_template: str = ""
    skip_tests: bool = False
    debug: bool = False
    devel: bool = False


class HelmChartArgs(NamedTuple):
    """One entry of the deprecated helmChartInflationGenerator."""

    chart_name: str = ""
    chart_version: str = ""
    chart_repo_url: str = ""
    chart_home: str = ""
    chart_repo_name: str = ""
    helm_bin: str = ""
    helm_home: str = ""
    values: str = ""
    values_local: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    values_merge: str = ""
    release_name: str = ""
    release_namespace: str = ""
    extra_args: tuple[str, ...] = ()


class Metadata(NamedTuple):
    """The metadata of a kustomization or of a plugin's configuration."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    annotations: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


class Kustomization(NamedTuple):
    """A kustomization or component, as its file says it."""

    api_version: str = ""
    kind: str = ""
    metadata: Metadata | None = None
    openapi: dict[str, str] | None = None
    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    common_labels: dict[str, str] | None = None
    labels: tuple[Label, ...] | None = None
    common_annotations: dict[str, str] | None = None
    patches_strategic_merge: tuple[str, ...] | None = None
    patches_json6902: tuple[Patch, ...] | None = None
    patches: tuple[Patch, ...] | None = None
    images: tuple[Image, ...] | None = None
    image_tags: tuple[Image, ...] | None = None
    replacements: tuple[Replacement, ...] | None = None
    replicas: tuple[Replica, ...] | None = None
    vars: tuple[Var, ...] | None = None
    sort_options: SortOptions | None = None
    resources: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    crds: tuple[str, ...] | None = None
    bases: tuple[str, ...] | None = None
    config_map_generator: tuple[GeneratorArgs, ...] | None = None
    secret_generator: tuple[GeneratorArgs, ...] | None = None
    helm_globals: HelmGlobals | None = None
    helm_charts: tuple[HelmChart, ...] | None = None
    helm_chart_inflation_generator: tuple[HelmChartArgs, ...] | None = None
    generator_options: GeneratorOptions | None = None
    configurations: tuple[str, ...] | None = None
    generators: tuple[str, ...] | None = None
    transformers: tuple[str, ...] | None = None
    validators: tuple[str, ...] | None = None
    build_metadata: tuple[str, ...] | None = None

    @property
    def is_component(self) -> bool:
        """Tell whether this is a Component."""
        return self.kind == "Component"

    @property
    def is_empty(self) -> bool:
        """Tell whether no field but apiVersion and kind is set; an empty list counts as set, an empty string not."""
        return all(value is None or value == "" for value in self[2:])


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
PATCH = Shape(
    Patch, {"path": text, "patch": text, "target": SELECTOR.optional, "options": PATCH_OPTIONS.optional}
)
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
        **{
            name: text
            for name in ("chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin")
        },
        **{name: text for name in ("helmHome", "values", "valuesMerge", "releaseName", "releaseNamespace")},
        "valuesLocal": any_map,
        "extraArgs": list_of(text),
    },
)
METADATA = Shape(Metadata, {"name": text, "namespace": text, "labels": text_map, "annotations": text_map})

SHAPE = Shape(
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
    kustomization = SHAPE(value, where)
    if kustomization.is_empty:
        raise where.error("the kustomization is empty: expected at least one field such as resources")
    kind = kustomization.kind or "Kustomization"
    if kind not in API_VERSIONS:
        raise where.at("kind").error(f"expected Kustomization or Component, found {kind!r}")
    expected = API_VERSIONS[kind]
    if kustomization.api_version not in ("", expected):
        raise where.at("apiVersion").error(f"expected {expected} for a {kind}, found {kustomization.api_version!r}")
    return kustomization._replace(kind=kind, api_version=expected)


