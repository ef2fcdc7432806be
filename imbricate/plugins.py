"""The built-in plugins: what the fields of a kustomization do, configured by an object instead.

In: objects of apiVersion `builtin`, from `generators`, `transformers` and `validators`. Their configurations are read
leniently, as kustomize reads them: an unknown field is passed over, a number is taken for a string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imbricate.decode import Shape, Where, boolean, integer, list_of, text, text_map
from imbricate.documents import read_config
from imbricate.errors import FieldPathError, FieldSpecError, KustomizationError
from imbricate.fields import (
    CONFIG_MAP_ARGS,
    FIELD_SPEC,
    IMAGE,
    METADATA,
    PATCH,
    REPLACEMENT,
    REPLICA,
    SECRET_ARGS,
    SELECTOR,
)
from imbricate.generators import config_map, secret
from imbricate.hashing import add_hashes
from imbricate.images import set_image
from imbricate.kustomization import (
    GeneratorArgs,
    Image,
    Metadata,
    Patch,
    Replacement,
    Replica,
    Selector,
)
from imbricate.patches import apply_operations_of, apply_patch, merge_entries, read_text, select
from imbricate.replacements import apply_replacement, read_entries
from imbricate.resources import Resource
from imbricate.transformers import add_affix, add_to_maps, set_namespace, set_replicas
from imbricate.valueadd import add_value
from imbricate.values import copy_of, through_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbricate.fieldspecs import FieldSpecs
    from imbricate.folder import Folder
    from imbricate.resources import ResMap
    from imbricate.schema import SchemasInEffect


class Plugin(NamedTuple):
    """A plugin ready to run: its configuration as JSON values, and what it may read."""

    config: dict[str, Any]
    folder: Folder
    where: Where
    schemas: SchemasInEffect
    kind: str

    @property
    def warning(self) -> str:
        """Give none: it always runs."""
        return ""

    def generate(self) -> list[Resource]:
        """Run it as a generator.

        Raises KustomizationError when there is none of this kind or its configuration does not fit.
        """
        run = GENERATORS.get(self.kind)
        if run is None:
            raise _unknown(self.where, self.kind, "generator", GENERATORS)
        return run(self)

    def transform(self, resources: ResMap) -> None:
        """Run it as a transformer. Raises KustomizationError as `generate` does, and for what does not apply."""
        run = TRANSFORMERS.get(self.kind)
        if run is None:
            raise _unknown(self.where, self.kind, "transformer", TRANSFORMERS)
        try:
            run(self, resources)
        except (FieldSpecError, FieldPathError) as error:
            raise self.where.error(str(error)) from None

    def validate(self, resources: ResMap) -> None:
        """Run it as a validator: a transformer that must leave the resources as they are."""
        before = [copy_of(resource.manifest) for resource in resources]
        self.transform(resources)
        if before != [resource.manifest for resource in resources]:
            raise self.where.error("a validator must not change the resources")


class Runnable(Protocol):
    """A plugin of any sort, ready to run; `where` names its configuration, `warning` says why it will do nothing."""

    @property
    def where(self) -> Where: ...

    @property
    def warning(self) -> str: ...

    def generate(self) -> list[Resource]: ...

    def transform(self, resources: ResMap) -> None: ...

    def validate(self, resources: ResMap) -> None: ...


class _Pairs(NamedTuple):
    labels: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    annotations: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    field_specs: FieldSpecs = ()


class _Affix(NamedTuple):
    prefix: str = ""
    suffix: str = ""
    field_specs: FieldSpecs | None = None


class _Namespace(NamedTuple):
    metadata: Metadata = Metadata()
    field_specs: FieldSpecs = ()
    unset_only: bool = False
    set_role_binding_subjects: str = ""


class _ImageTag(NamedTuple):
    image_tag: Image = Image()
    field_specs: FieldSpecs = ()


class _ReplicaCount(NamedTuple):
    replica: Replica = Replica()
    field_specs: FieldSpecs = ()


class _StrategicMerge(NamedTuple):
    paths: tuple[str, ...] = ()
    patches: str = ""


class _Json6902(NamedTuple):
    target: Selector | None = None
    path: str = ""
    json_op: str = ""


class _Replacements(NamedTuple):
    replacements: tuple[Replacement, ...] = ()


class _ValueTarget(NamedTuple):
    selector: Selector | None = None
    field_path: str = ""
    file_path_position: int = 0


class _ValueAdd(NamedTuple):
    value: str = ""
    targets: tuple[_ValueTarget, ...] = ()
    target_file_path: str = ""


class _ServiceAccount(NamedTuple):
    name: str = ""
    namespace: str = ""
    project_id: str = ""


class _IamPolicy(NamedTuple):
    cloud: str = ""
    kubernetes_service: _ServiceAccount = _ServiceAccount()
    service_account: _ServiceAccount = _ServiceAccount()


_SPECS = list_of(FIELD_SPEC)
_PAIRS = Shape(_Pairs, {"labels": text_map, "annotations": text_map, "fieldSpecs": _SPECS})
_AFFIX = Shape(_Affix, {"prefix": text, "suffix": text, "fieldSpecs": _SPECS})
_NAMESPACE = Shape(
    _Namespace, {"metadata": METADATA, "fieldSpecs": _SPECS, "unsetOnly": boolean, "setRoleBindingSubjects": text}
)
_IMAGE_TAG = Shape(_ImageTag, {"imageTag": IMAGE, "fieldSpecs": _SPECS})
_REPLICA_COUNT = Shape(_ReplicaCount, {"replica": REPLICA, "fieldSpecs": _SPECS})
_STRATEGIC_MERGE = Shape(_StrategicMerge, {"paths": list_of(text), "patches": text})
_JSON6902 = Shape(_Json6902, {"target": SELECTOR.optional, "path": text, "jsonOp": text})
_REPLACEMENTS = Shape(_Replacements, {"replacements": list_of(REPLACEMENT)})
_VALUE_TARGETS = list_of(
    Shape(_ValueTarget, {"selector": SELECTOR.optional, "fieldPath": text, "filePathPosition": integer})
)
_VALUE_ADD = Shape(_ValueAdd, {"value": text, "targets": _VALUE_TARGETS, "targetFilePath": text})
_SERVICE_ACCOUNT = Shape(_ServiceAccount, {"name": text, "namespace": text, "projectId": text})
_IAM_POLICY = Shape(
    _IamPolicy, {"cloud": text, "kubernetesService": _SERVICE_ACCOUNT, "serviceAccount": _SERVICE_ACCOUNT}
)


def plugin_of(config: Resource, folder: Folder, schemas: SchemasInEffect) -> Plugin:
    """Make a plugin of its configuration."""
    file = config.source.file if config.source else ""
    where = Where(file, str(config), lenient=True, converts=True)
    return Plugin(through_json(config.manifest), folder, where, schemas, config.gvk.kind)


def is_builtin(config: Resource) -> bool:
    """Tell whether a configuration is for a plugin that is built in."""
    return config.gvk.group == "" and config.gvk.version == "builtin"


def _unknown(where: Where, kind: str, role: str, known: dict[str, Any]) -> KustomizationError:
    return where.error(f"there is no built-in {role} {kind}; there are {', '.join(sorted(known))}")


def _generator_args(plugin: Plugin, shape: Shape[GeneratorArgs]) -> GeneratorArgs:
    args, metadata = shape(plugin.config, plugin.where), _NAMESPACE(plugin.config, plugin.where).metadata
    return args._replace(name=args.name or metadata.name, namespace=args.namespace or metadata.namespace)


def _config_map(plugin: Plugin) -> list[Resource]:
    return [config_map(_generator_args(plugin, CONFIG_MAP_ARGS), plugin.folder, plugin.where)]


def _secret(plugin: Plugin) -> list[Resource]:
    return [secret(_generator_args(plugin, SECRET_ARGS), plugin.folder, plugin.where)]


def _iam_policy(plugin: Plugin) -> list[Resource]:
    config = _IAM_POLICY(plugin.config, plugin.where)
    if config.cloud != "gke":
        raise plugin.where.at("cloud").error(f"expected gke, found {config.cloud!r}")
    account = f"{config.service_account.name}@{config.service_account.project_id}.iam.gserviceaccount.com"
    metadata: dict[str, Any] = {
        "annotations": {"iam.gke.io/gcp-service-account": account},
        "name": config.kubernetes_service.name,
    }
    if config.kubernetes_service.namespace:
        metadata["namespace"] = config.kubernetes_service.namespace
    return [Resource({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})]


def _labels(plugin: Plugin, resources: ResMap) -> None:
    config = _PAIRS(plugin.config, plugin.where)
    add_to_maps(resources, config.labels, config.field_specs)


def _annotations(plugin: Plugin, resources: ResMap) -> None:
    config = _PAIRS(plugin.config, plugin.where)
    add_to_maps(resources, config.annotations, config.field_specs)


def _affix(*, prefix: bool, suffix: bool) -> Callable[[Plugin, ResMap], None]:
    def run(plugin: Plugin, resources: ResMap) -> None:
        config = _AFFIX(plugin.config, plugin.where)
        if config.field_specs is None:
            raise plugin.where.at("fieldSpecs").error("expected at least one field spec, found none")
        if prefix:
            add_affix(resources, config.prefix, "", config.field_specs)
        if suffix:
            add_affix(resources, "", config.suffix, config.field_specs)

    return run


_SUBJECTS = ("", "defaultOnly", "allServiceAccounts", "none")


def _namespace(plugin: Plugin, resources: ResMap) -> None:
    config = _NAMESPACE(plugin.config, plugin.where)
    subjects = config.set_role_binding_subjects
    if subjects not in _SUBJECTS:
        place = plugin.where.at("setRoleBindingSubjects")
        raise place.error(f"expected one of {', '.join(_SUBJECTS[1:])}, found {subjects!r}")
    if config.metadata.namespace:
        set_namespace(
            resources,
            config.metadata.namespace,
            config.field_specs,
            unset_only=config.unset_only,
            subjects=subjects or "defaultOnly",
        )


def _image_tag(plugin: Plugin, resources: ResMap) -> None:
    config = _IMAGE_TAG(plugin.config, plugin.where)
    set_image(resources, config.image_tag, config.field_specs)


def _replica_count(plugin: Plugin, resources: ResMap) -> None:
    config = _REPLICA_COUNT(plugin.config, plugin.where)
    if not set_replicas(resources, config.replica, config.field_specs):
        raise plugin.where.at("replica.name").error(f"no resource is called {config.replica.name!r}")


def _patch(plugin: Plugin, resources: ResMap) -> None:
    apply_patch(resources, PATCH(plugin.config, plugin.where), plugin.folder, plugin.where, plugin.schemas)


def _strategic_merge(plugin: Plugin, resources: ResMap) -> None:
    config = _STRATEGIC_MERGE(plugin.config, plugin.where)
    if not config.paths and not config.patches:
        raise plugin.where.error("expected paths or patches, found neither")
    merge_entries(resources, (*config.paths, config.patches), plugin.folder, plugin.where, plugin.schemas)


def _json6902(plugin: Plugin, resources: ResMap) -> None:
    config = _JSON6902(plugin.config, plugin.where)
    if config.target is None or not config.target.name:
        raise plugin.where.at("target.name").error("expected the name of a resource")
    patch = Patch(path=config.path, patch=config.json_op)
    selected = select(resources, config.target, plugin.where)
    apply_operations_of(resources, selected, patch, plugin.folder, plugin.where)


def _replacement(plugin: Plugin, resources: ResMap) -> None:
    config = _REPLACEMENTS(plugin.config, plugin.where)
    for where, replacement in read_entries(config.replacements, plugin.folder, plugin.where.at("replacements")):
        for _ in apply_replacement(resources, replacement, where):
            pass


def _value_add(plugin: Plugin, resources: ResMap) -> None:
    config = _VALUE_ADD(plugin.config, plugin.where)
    targets = list(config.targets)
    if config.target_file_path:
        found = read_config(read_text(plugin.folder, config.target_file_path, plugin.where), config.target_file_path)
        targets += _VALUE_ADD(found, Where(config.target_file_path, lenient=True, converts=True)).targets
    if not targets:
        raise plugin.where.at("targets").error("expected at least one target")
    for index, target in enumerate(targets):
        place = plugin.where.at("targets").item(index)
        if not target.field_path:
            raise place.at("fieldPath").error("expected a field path")
        if target.file_path_position < 0:
            raise place.at("filePathPosition").error("expected no negative number")
        _add_value_to(plugin, resources, config.value.strip() or plugin.folder.root.name, target)


def _add_value_to(plugin: Plugin, resources: ResMap, value: str, target: _ValueTarget) -> None:
    chosen = list(resources) if target.selector is None else select(resources, target.selector, plugin.where)
    for resource in chosen:
        add_value(resource, value, target.field_path, target.file_path_position)
        resources.rekey(resource)


GENERATORS: dict[str, Callable[[Plugin], list[Resource]]] = {
    "ConfigMapGenerator": _config_map,
    "SecretGenerator": _secret,
    "IAMPolicyGenerator": _iam_policy,
}

TRANSFORMERS: dict[str, Callable[[Plugin, ResMap], None]] = {
    "AnnotationsTransformer": _annotations,
    "HashTransformer": lambda _, resources: add_hashes(resources),
    "ImageTagTransformer": _image_tag,
    "LabelTransformer": _labels,
    "NamespaceTransformer": _namespace,
    "PatchJson6902Transformer": _json6902,
    "PatchStrategicMergeTransformer": _strategic_merge,
    "PatchTransformer": _patch,
    "PrefixSuffixTransformer": _affix(prefix=True, suffix=True),
    "PrefixTransformer": _affix(prefix=True, suffix=False),
    "SuffixTransformer": _affix(prefix=False, suffix=True),
    "ReplacementTransformer": _replacement,
    "ReplicaCountTransformer": _replica_count,
    "ValueAddTransformer": _value_add,
}
