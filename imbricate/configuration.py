"""The field specs in effect: the default ones, and what `configurations` and `crds` of the layers add.

In: the values of those files. Out: `TransformerConfig`, which travels up with the resources.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate import defaults
from imbricate.decode import Shape, Where, list_of, text
from imbricate.errors import FieldSpecError
from imbricate.fields import FIELD_SPEC
from imbricate.fieldspecs import FieldSpec, FieldSpecs, NameReference, merge_field_specs
from imbricate.order import gvk_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TransformerConfig(NamedTuple):
    """Where each transformer acts."""

    name_prefix: FieldSpecs = ()
    name_suffix: FieldSpecs = ()
    namespace: FieldSpecs = ()
    common_labels: FieldSpecs = ()
    labels: FieldSpecs = ()
    template_labels: FieldSpecs = ()
    volume_claim_template_labels: FieldSpecs = ()
    common_annotations: FieldSpecs = ()
    name_reference: tuple[NameReference, ...] = ()
    var_reference: FieldSpecs = ()
    images: FieldSpecs = ()
    replicas: FieldSpecs = ()

    def merged(self, other: TransformerConfig) -> TransformerConfig:
        """Add what is not here yet. Raises FieldSpecError when two say different things of one place."""
        if other is self or other is EMPTY:
            return self
        if self is EMPTY and other is DEFAULT:
            return other
        return TransformerConfig(*(_merged(ours, theirs) for ours, theirs in zip(self, other, strict=True)))


def _merged(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    if ours is theirs or not theirs:
        return ours
    if isinstance(theirs[0], NameReference):
        return tuple(sorted(_merged_references(ours, theirs), key=_by_target))
    merged = merge_field_specs(ours, theirs)
    return merged if len(merged) == len(ours) else tuple(sorted(merged, key=_by_gvk))


def _merged_references(ours: tuple[NameReference, ...], theirs: tuple[NameReference, ...]) -> Iterable[NameReference]:
    merged = {one.target: one for one in ours}
    for one in theirs:
        known = merged.get(one.target)
        merged[one.target] = (
            one if known is None else known._replace(referrers=merge_field_specs(known.referrers, one.referrers))
        )
    return merged.values()


def _compare_specs(one: FieldSpec, other: FieldSpec) -> int:
    return gvk_order(one[2:], other[2:])


def _compare_references(one: NameReference, other: NameReference) -> int:
    return gvk_order(one[:3], other[:3])


_by_gvk = cmp_to_key(_compare_specs)
_by_target = cmp_to_key(_compare_references)

EMPTY = TransformerConfig()
DEFAULT = TransformerConfig(
    name_prefix=defaults.NAME_PREFIX,
    name_suffix=defaults.NAME_SUFFIX,
    namespace=defaults.NAMESPACE,
    common_labels=defaults.COMMON_LABELS,
    template_labels=defaults.TEMPLATE_LABELS,
    volume_claim_template_labels=defaults.VOLUME_CLAIM_TEMPLATE_LABELS,
    common_annotations=defaults.COMMON_ANNOTATIONS,
    name_reference=defaults.NAME_REFERENCES,
    var_reference=defaults.VAR_REFERENCES,
    images=defaults.IMAGES,
    replicas=defaults.REPLICAS,
)

_NAME_REFERENCE = Shape(
    NameReference,
    {"group": text, "version": text, "kind": text, "fieldSpecs": list_of(FIELD_SPEC)},
    fieldSpecs="referrers",
)
_FIELDS = (
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
)
SHAPE = Shape(
    TransformerConfig,
    {**{field: list_of(FIELD_SPEC) for field in _FIELDS}, "nameReference": list_of(_NAME_REFERENCE)},
)


def from_configuration(value: Any, file: str) -> TransformerConfig:
    """Read a file of `configurations`. Raises KustomizationError for a field that is unknown or does not fit."""
    config = SHAPE(value, Where(file, converts=True))
    return TransformerConfig(*(_deduplicated(specs) for specs in config))


def _deduplicated(specs: tuple[Any, ...]) -> tuple[Any, ...]:
    if specs and isinstance(specs[0], NameReference):
        return tuple(_merged_references((), specs))
    return merge_field_specs((), specs)


def from_crds(value: Any, file: str) -> TransformerConfig:
    """Read a file of `crds`: OpenAPI definitions by type name, whose extensions say what a field is.

    Raises FieldSpecError when the file is no map of definitions. See kustomize's loadconfigfromcrds.go.
    """
    if value is None:
        return EMPTY
    if not isinstance(value, dict):
        raise FieldSpecError(f"{file}: expected a map of OpenAPI definitions by type name")
    config = EMPTY
    for name in value:
        properties = _properties(value, name)
        if {"kind", "apiVersion", "metadata"} <= properties.keys():
            for found in _marked_fields(value, name, (), name.rpartition(".")[2]):
                config = config.merged(found)
    return config


def _properties(definitions: dict[str, Any], name: str) -> dict[str, Any]:
    definition = definitions.get(name)
    fields = definition.items() if isinstance(definition, dict) else ()
    schema = next((one for key, one in fields if key.lower() == "schema"), None)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _marked_fields(
    definitions: dict[str, Any], name: str, path: tuple[str, ...], kind: str
) -> Iterator[TransformerConfig]:
    for field, schema in _properties(definitions, name).items():
        if not isinstance(schema, dict):
            continue
        here = (*path, field)
        yield from _marks(schema, here, kind)
        reference = schema.get("$ref")
        if isinstance(reference, str) and len(here) < _DEEPEST:
            yield from _marked_fields(definitions, reference, here, kind)


_DEEPEST = 50


def _marks(schema: dict[str, Any], path: tuple[str, ...], kind: str) -> Iterator[TransformerConfig]:
    spec = (FieldSpec("/".join(path), kind=kind),)
    marked = {key for key, value in schema.items() if isinstance(value, str)}
    if "x-kubernetes-annotation" in marked:
        yield TransformerConfig(common_annotations=spec)
    if "x-kubernetes-label-selector" in marked:
        yield TransformerConfig(common_labels=spec)
    if "x-kubernetes-identity" in marked:
        yield TransformerConfig(name_prefix=spec)
    if {"x-kubernetes-object-ref-api-version", "x-kubernetes-object-ref-kind"} <= marked:
        key = schema.get("x-kubernetes-object-ref-name-key")
        referrer = FieldSpec("/".join((*path, key if isinstance(key, str) else "name")), kind=kind)
        version, target = schema["x-kubernetes-object-ref-api-version"], schema["x-kubernetes-object-ref-kind"]
        yield TransformerConfig(name_reference=(NameReference(target, "", version, (referrer,)),))
