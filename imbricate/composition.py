"""The table of contents of a build: the only place that knows an order.

    load → for each layer: resources → field specs → generators → components → TRANSFORMERS → validators → vars
    → once, at the root: hashes → name references → vars → local objects dropped → order → text

The order is kustomize's: KustTarget.accumulateTarget and configureBuiltinTransformers.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate import origins
from imbricate.configuration import DEFAULT, EMPTY, TransformerConfig, from_configuration, from_crds
from imbricate.decode import Where
from imbricate.deprecations import deprecations
from imbricate.documents import read_config, write
from imbricate.errors import FieldSpecError, KustomizationError, LoadError
from imbricate.folder import Sources
from imbricate.generators import config_map, secret
from imbricate.hashing import add_hashes
from imbricate.images import images
from imbricate.layers import Layer, Loader, ResourceFile
from imbricate.metadata import annotations_as_text, drop_local
from imbricate.options import DEFAULT as DEFAULT_OPTIONS
from imbricate.order import check_options, legacy_order
from imbricate.patches import patches, patches_json6902, patches_strategic_merge
from imbricate.references import fix_references
from imbricate.replacements import replacements
from imbricate.resources import ResMap, Resource, Source
from imbricate.schema import BUILT_IN, BUILT_IN_VERSION, OpenApiSchemas, SchemasInEffect
from imbricate.steps import SILENT, Applied, Cause, Context, Observer
from imbricate.transformers import (
    LABELS_ONLY,
    add_to_maps,
    common_annotations,
    labels,
    name_prefix,
    name_suffix,
    namespace,
    replicas,
)
from imbricate.variables import mark_sources, merge_vars, resolve_vars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from imbricate.kustomization import Var
    from imbricate.layers import Entries
    from imbricate.options import BuildOptions, HelmOptions
    from imbricate.plugins import Runnable
    from imbricate.schema import Schemas
    from imbricate.steps import Transformer


class Step(NamedTuple):
    """One transformer of the sequence, with the name of the plugin that it is in kustomize.

    `whole_field`: all entries of the field are one plugin there, else each is one of its own.
    """

    plugin: str
    transformer: Transformer
    whole_field: bool = False


TRANSFORMERS: tuple[Step, ...] = (
    Step("PatchStrategicMergeTransformer", patches_strategic_merge, whole_field=True),
    Step("PatchTransformer", patches),
    Step("NamespaceTransformer", namespace),
    Step("PrefixTransformer", name_prefix),
    Step("SuffixTransformer", name_suffix),
    Step("LabelTransformer", labels),
    Step("AnnotationsTransformer", common_annotations),
    Step("PatchJson6902Transformer", patches_json6902),
    Step("ReplicaCountTransformer", replicas),
    Step("ImageTagTransformer", images),
    Step("ReplacementTransformer", replacements, whole_field=True),
)
MANAGED_BY = {"app.kubernetes.io/managed-by": "kustomize-v5.8.2"}


class Unmatched(NamedTuple):
    """An entry of a kustomization that matched nothing: kustomize says nothing of it."""

    file: str
    field: str


class Composition(NamedTuple):
    """What a build gives: the resources in their final order, what it read, and the entries that had no effect."""

    resources: ResMap
    read: Sources
    unmatched: tuple[Unmatched, ...]
    warnings: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[Path, ...]:
        """Give the files that were read, absolute and with links resolved, in the order of their first reading."""
        return self.read.paths

    @property
    def text(self) -> str:
        """Give the bytes of `kustomize build`, as text."""
        return write(resource.manifest for resource in self.resources)


class Accumulated(NamedTuple):
    """What a layer passes up: resources, the field specs in effect, and vars with their places."""

    resources: ResMap
    config: TransformerConfig
    variables: dict[str, tuple[Where, Var]]


class Composer:
    """Composes one tree of layers."""

    def __init__(self, root: Layer, options: BuildOptions = DEFAULT_OPTIONS, observer: Observer = SILENT) -> None:
        """Take the tree, what the user allows, and who is told of each step."""
        self._root = root
        self._observer = observer
        self._options = options
        self._schemas = SchemasInEffect()
        self._tracks_origin = bool(root.kustomization.build_metadata)
        self._unmatched: list[Unmatched] = []
        self.warnings: list[str] = []

    def compose(self) -> tuple[ResMap, tuple[Unmatched, ...]]:
        """Compose. Raises ImbricateError with the file and field at fault."""
        done = self._accumulate(self._root, Accumulated(ResMap(), EMPTY, {}))
        resources = done.resources
        for plugin, step in (
            ("HashTransformer", lambda: add_hashes(resources)),
            ("NameReferenceTransformer", lambda: fix_references(resources, done.config.name_reference)),
            ("RefVarTransformer", lambda: resolve_vars(resources, done.variables, done.config.var_reference)),
            ("LocalConfig", lambda: drop_local(resources)),
            ("SortOrderTransformer", lambda: self._order(resources)),
            ("BuildMetadata", lambda: self._add_metadata(resources)),
        ):
            step()
            self._observer.applied(resources, None, Cause(self._root, "", plugin))
        return resources, tuple(self._unmatched)

    def _accumulate(self, layer: Layer, into: Accumulated, namespace: str = "") -> Accumulated:
        self._schemas.choose(_schemas_of(layer))
        namespace = layer.kustomization.namespace or namespace
        done = self._add_resources(layer.resources, layer, into, namespace)
        done = done._replace(config=_with_own_config(layer, done.config))
        self._generate(layer, done.resources, namespace)
        for _, component in layer.components:
            done = self._accumulate(component, done, namespace)
        self._transform(layer, done)
        self._validate(layer, done.resources)
        added = _vars_of(layer)
        mark_sources(done.resources, added)
        return done._replace(variables=merge_vars(done.variables, added))

    def _add_resources(self, entries: Entries, layer: Layer, into: Accumulated, namespace: str = "") -> Accumulated:
        for field, entry in entries:
            if isinstance(entry, ResourceFile):
                into.resources.extend(self._resources_of(entry, layer, field))
            else:
                into = _merged(into, self._accumulate(entry, Accumulated(ResMap(), EMPTY, {}), namespace))
        return into

    def _resources_of(self, entry: ResourceFile, layer: Layer, field: str) -> Iterator[Resource]:
        cause = Cause(layer, field, "", entry.path)
        origin = origins.of_file(layer, entry.path or layer.file_name) if self._tracks_origin else None
        self._schemas.describe(entry.manifests.described)
        for index, manifest in enumerate(entry.manifests):
            resource = Resource(manifest, Source(entry.file, index))
            self._schemas.note(resource.gvk.api_version, resource.gvk.kind)
            resource.origin = origin
            self._observer.loaded(resource, cause)
            yield resource

    def _generate(self, layer: Layer, resources: ResMap, namespace: str) -> None:
        charts = _inflated(layer, namespace, self._options.helm)
        for kind, where, resource in itertools.chain(_generated(layer), charts):
            if self._tracks_origin:
                resource.origin = origins.of_builtin(layer, kind)
            self._absorb(resources, resource, where, Cause(layer, where.field, kind))
        for config, plugin in self._plugins(layer.generators, layer):
            for resource in plugin.generate():
                resource.source = config.source
                resource.origin = resource.origin or origins.of_plugin(config)
                self._absorb(resources, resource, plugin.where, Cause(layer, "generators", config.gvk.kind, "", config))

    def _absorb(self, resources: ResMap, resource: Resource, where: Where, cause: Cause) -> None:
        self._observer.generated(resource, absorb(resources, resource, where), cause)

    def _plugins(self, entries: Entries, layer: Layer) -> list[tuple[Resource, Runnable]]:
        configs = self._add_resources(entries, layer, Accumulated(ResMap(), EMPTY, {})).resources
        plugins = [(config, self._plugin(config, layer)) for config in configs]
        self.warnings += [f"# Warning: {plugin.warning}" for _, plugin in plugins if plugin.warning]
        return plugins

    def _plugin(self, config: Resource, layer: Layer) -> Runnable:
        from imbricate.plugins import is_builtin, plugin_of  # noqa: PLC0415 - few kustomizations have plugins

        if is_builtin(config):
            return plugin_of(config, layer.folder, self._schemas)
        from imbricate.functions import load  # noqa: PLC0415 - few builds run programs

        return load(config, layer.folder, self._options.plugins)

    def _transform(self, layer: Layer, done: Accumulated) -> None:
        plugins = self._plugins(layer.transformers, layer)
        context = Context(layer, done.config, self._schemas)
        for step in TRANSFORMERS:
            origin = origins.of_builtin(layer, step.plugin) if self._tracks_origin else None
            applied_any = False
            for applied in _located(step.transformer, done.resources, context):
                applied_any = True
                if applied.resources is not None and not applied.resources:
                    self._unmatched.append(Unmatched(layer.file, applied.field))
                self._observer.applied(done.resources, applied.resources, Cause(layer, applied.field, step.plugin))
                if not step.whole_field:
                    origins.record(done.resources, origin)
            if step.whole_field and applied_any:
                origins.record(done.resources, origin)
        for config, plugin in plugins:
            plugin.transform(done.resources)
            origins.record(done.resources, origins.of_plugin(config))
            self._observer.applied(done.resources, None, Cause(layer, "transformers", config.gvk.kind, "", config))

    def _validate(self, layer: Layer, resources: ResMap) -> None:
        """Run validators, which must leave the resources as they are."""
        for _, plugin in self._plugins(layer.validators, layer):
            plugin.validate(resources)

    def _order(self, resources: ResMap) -> None:
        options = self._root.kustomization.sort_options
        if options is not None:
            check_options(options, self._root.file)
        if options.order == "legacy" if options is not None else self._options.reorder:
            resources.check_unique()
            resources.reorder(legacy_order(resources, options))

    def _add_metadata(self, resources: ResMap) -> None:
        wanted = self._root.kustomization.build_metadata or ()
        if self._options.managed_by or "managedByLabel" in wanted:
            add_to_maps(resources, MANAGED_BY, LABELS_ONLY)
        origins.annotate(resources, wanted)
        annotations_as_text(resources)


def _located(transformer: Transformer, resources: ResMap, context: Context) -> Iterator[Applied]:
    try:
        yield from transformer(resources, context)
    except FieldSpecError as error:
        field = "".join(word.title() for word in transformer.__name__.split("_"))
        raise KustomizationError(context.layer.file, field[0].lower() + field[1:], str(error)) from None


def _merged(into: Accumulated, base: Accumulated) -> Accumulated:
    if into.resources:
        into.resources.extend(base.resources)
        resources = into.resources
    else:
        resources = base.resources
    return Accumulated(resources, into.config.merged(base.config), merge_vars(into.variables, base.variables.values()))


def _with_own_config(layer: Layer, config: TransformerConfig) -> TransformerConfig:
    kustomization = layer.kustomization
    try:
        own = DEFAULT
        for field, path in _paths(layer, "configurations"):
            own = own.merged(from_configuration(*_config_value(layer, field, path)))
        config = config.merged(own)
        for field, path in _paths(layer, "crds"):
            config = config.merged(from_crds(*_config_value(layer, field, path)))
    except FieldSpecError as error:
        field = "configurations" if kustomization.configurations else "crds"
        raise KustomizationError(layer.file, field, str(error)) from None
    return config


def _paths(layer: Layer, field: str) -> list[tuple[str, str]]:
    return [(f"{field}[{index}]", path) for index, path in enumerate(getattr(layer.kustomization, field) or ())]


def _config_value(layer: Layer, field: str, path: str) -> tuple[Any, str]:
    try:
        return read_config(layer.folder.read(path), layer.shown(path)), layer.shown(path)
    except LoadError as error:
        raise error.at(layer.file, field) from None


def _schemas_of(layer: Layer) -> Schemas | None:
    """Read the kinds that a layer's `openapi` names, None when it names none."""
    openapi = layer.kustomization.openapi or {}
    version = openapi.get("version", "")
    if "path" in openapi:
        if "version" in openapi:
            raise KustomizationError(layer.file, "openapi", "expected a version or a path, found both")
        value, _ = _config_value(layer, "openapi.path", openapi["path"])
        return OpenApiSchemas(value if isinstance(value, dict) else {})
    if version not in ("", BUILT_IN_VERSION):
        message = f"expected {BUILT_IN_VERSION}, the built-in one, found {version!r}"
        raise KustomizationError(layer.file, "openapi.version", message)
    return BUILT_IN if version else None


_GENERATORS: tuple[tuple[str, str, str, Callable[..., Resource]], ...] = (
    ("ConfigMapGenerator", "configMapGenerator", "config_map_generator", config_map),
    ("SecretGenerator", "secretGenerator", "secret_generator", secret),
)


def _generated(layer: Layer) -> Iterator[tuple[str, Where, Resource]]:
    common = layer.kustomization.generator_options
    for kind, field, attribute, make in _GENERATORS:
        for index, args in enumerate(getattr(layer.kustomization, attribute) or ()):
            where = Where(layer.file, f"{field}[{index}]")
            options = args.options.under(common) if args.options else common
            resource = make(args if options is args.options else args._replace(options=options), layer.folder, where)
            resource.source = Source(layer.file, index, field)
            yield kind, where, resource


def _inflated(layer: Layer, namespace: str, options: HelmOptions) -> Iterator[tuple[str, Where, Resource]]:
    if not (layer.kustomization.helm_charts or layer.kustomization.helm_chart_inflation_generator):
        return
    from imbricate import helm  # noqa: PLC0415 - few kustomizations have charts

    homes, charts = helm.charts_of(layer.kustomization)
    for index, chart in enumerate(charts):
        where = Where(layer.file, f"helmCharts[{index}]")
        wanted = chart._replace(namespace=chart.namespace or namespace)
        home = helm.chart_home_of(chart, homes, layer.folder)
        config_home = homes.config_home if homes else ""
        release = helm.Release(wanted, home, config_home, layer.folder, where, options)
        for resource in helm.inflate(release):
            yield "HelmChartInflationGenerator", where, resource


def absorb(resources: ResMap, resource: Resource, where: Where) -> Resource | None:
    """Add a generated resource, or merge it into the one that is there (kustomize: appendReplaceOrMerge).

    Give the one that it took the place of.
    """
    found = resources.with_any_id(resource.id)
    behavior = resource.behavior if resource.behavior in {"merge", "replace"} else "create"
    if len(found) > 1:
        raise where.error(f"{resource.id} means {len(found)} resources: expected one to {behavior}")
    if not found:
        if behavior != "create":
            raise where.at("behavior").error(f"there is no {resource.id} to {behavior}")
        resources.append(resource)
        return None
    if behavior == "create":
        raise where.at("behavior").error(f"{resource.id} exists already: expected merge or replace")
    resource.take_over(found[0], merge=behavior == "merge")
    resources.replace(found[0], resource)
    return found[0]


def _vars_of(layer: Layer) -> list[tuple[Where, Var]]:
    return [(Where(layer.file, f"vars[{index}]"), var) for index, var in enumerate(layer.kustomization.vars or ())]


def compose(
    path: Path | str,
    options: BuildOptions = DEFAULT_OPTIONS,
    observer: Observer = SILENT,
    sources: Sources | None = None,
) -> Composition:
    """Compose the kustomization in a folder; an observer is told of each step, `sources` of what is read.

    Raises ImbricateError with the file and field at fault.
    """
    sources = Sources() if sources is None else sources
    documents = options.cache / "documents" if options.cache else None
    with Loader(sources, root_only=options.root_only, remote=options.remote, cache=documents) as loader:
        root = loader.load(path)
        composer = Composer(root, options, observer)
        resources, unmatched = composer.compose()
    return Composition(resources, sources, unmatched, (*deprecations(root), *composer.warnings))
