"""A kustomization as typed tuples: what its file says, before anything is done with it.

The types and their fields are those of kustomize's api/types; `fields` reads them from a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from imbricate.fieldspecs import FieldSpec


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
    count: int = 0  # type: ignore[assignment]  # the field's name, over tuple.count


class FieldOptions(NamedTuple):
    """How a replacement reads or writes a field."""

    delimiter: str = ""
    index: int = 0  # type: ignore[assignment]  # the field's name, over tuple.index
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
