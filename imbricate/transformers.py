"""The transformers that set one thing everywhere: namespace, prefix, suffix, labels, annotations, replicas.

Each reads its own field of the kustomization and changes the resources in place. The functions with plain arguments
(`set_namespace`, `add_labels`, …) are what the built-in plugins of the same names call, too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from imbricate.errors import ConflictError, FieldSpecError
from imbricate.fieldspecs import MAPPING, SCALAR, FieldSpec, FieldSpecs, merge_field_specs, selected, visit
from imbricate.metadata import checked_key, is_helm_generated
from imbricate.nearest import nearest
from imbricate.steps import Applied
from imbricate.values import EMPTY_NULL, is_null, is_scalar, kind_of, restyled, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imbricate.kustomization import Label, Replica
    from imbricate.resid import Gvk
    from imbricate.resources import ResMap, Resource
    from imbricate.steps import Context

METADATA_NAME = "metadata/name"
METADATA_NAMESPACE = "metadata/namespace"
_SET_NAMESPACE = FieldSpec(METADATA_NAMESPACE, create=True)
LABELS_ONLY = (FieldSpec("metadata/labels", create=True),)
_ROLE_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})


def namespace(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`namespace`."""
    wanted = context.layer.kustomization.namespace
    if wanted:
        set_namespace(resources, wanted, context.config.namespace)
        yield Applied("namespace")


def set_namespace(
    resources: ResMap, wanted: str, specs: FieldSpecs, *, unset_only: bool = False, subjects: str = "defaultOnly"
) -> None:
    """Set the namespace of every namespaced object, and where else the field specs say.

    `subjects` says which subjects of role bindings follow: defaultOnly, allServiceAccounts or none.
    Raises ConflictError when two resources become one.
    """
    setter = partial(_set_if_unset if unset_only else _set_text, wanted)
    moved = [resource for resource in resources if not is_helm_generated(resource.manifest)]
    for resource in moved:
        resource.remember_id()
        _set_namespace_in(resource, specs, setter, subjects)
    resources.rekey_all()
    for resource in moved:
        rival = resources.rival_of(resource)
        if rival is not None:
            first, second = sorted((resource, rival), key=lambda one: one.slot)
            raise ConflictError(resource.id, first.source, second.source)


def set_namespace_of(resource: Resource, wanted: str) -> None:
    """Set the namespace of one object, and nothing else."""
    _set_namespace_in(resource, (), partial(_set_text, wanted), "defaultOnly")


def _set_namespace_in(resource: Resource, specs: FieldSpecs, setter: Any, subjects: str) -> None:
    manifest, gvk = resource.manifest, resource.gvk
    if not resource.id.is_cluster_scoped:
        visit(manifest, _SET_NAMESPACE, setter, SCALAR)
    is_binding = gvk.kind in _ROLE_BINDINGS
    if is_binding:
        _set_subjects(manifest.get("subjects"), setter, subjects)
    for spec in selected(specs, gvk):
        if _is_namespace_spec(spec, gvk, is_binding=is_binding):
            visit(manifest, spec, setter, SCALAR)


def _is_namespace_spec(spec: FieldSpec, gvk: Gvk, *, is_binding: bool) -> bool:
    """The field specs of metadata and of subjects are handled apart: they would reach what they must not."""
    if spec.path == METADATA_NAMESPACE or (spec.path == METADATA_NAME and gvk.api_version != "v1"):
        return False
    return not (is_binding and spec.kind in _ROLE_BINDINGS and spec.path == "subjects/namespace")


def _set_subjects(found: Any, setter: Any, which: str) -> None:
    if which == "none" or is_null(found):
        return
    key, value = ("kind", "ServiceAccount") if which == "allServiceAccounts" else ("name", "default")
    if not isinstance(found, list):
        raise FieldSpecError(f"subjects: expected a list, found {kind_of(found)}")
    for subject in found:
        if isinstance(subject, dict) and text_of(subject.get(key)) == value:
            subject.setdefault("namespace", EMPTY_NULL)
            setter(subject, "namespace")


def _set_text(text: str, container: Any, key: Any) -> None:
    old = container[key]
    if not is_scalar(old):
        raise FieldSpecError(f"{key}: expected a scalar, found {kind_of(old)}")
    container[key] = restyled(old, text)


def _set_if_unset(text: str, container: Any, key: Any) -> None:
    if is_null(container[key]) or not text_of(container[key]):
        _set_text(text, container, key)


def name_prefix(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`namePrefix`."""
    wanted = context.layer.kustomization.name_prefix
    if wanted:
        add_affix(resources, wanted, "", context.config.name_prefix)
        yield Applied("namePrefix")


def name_suffix(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`nameSuffix`."""
    wanted = context.layer.kustomization.name_suffix
    if wanted:
        add_affix(resources, "", wanted, context.config.name_suffix)
        yield Applied("nameSuffix")


def _keeps_name(gvk: Gvk) -> bool:
    return gvk.kind in {"CustomResourceDefinition", "Namespace"} or (
        gvk.kind == "APIService" and gvk.group == "apiregistration.k8s.io"
    )


def add_affix(resources: ResMap, prefix: str, suffix: str, specs: FieldSpecs) -> None:
    """Put a prefix before and a suffix behind the names of all objects but namespaces, CRDs and APIServices."""
    setter = partial(_affix, prefix, suffix)
    for resource in resources:
        original = resource.original_gvk
        if _keeps_name(original):
            continue
        for spec in selected(specs, original):
            if spec.path == METADATA_NAME:
                _remember_affix(resource, prefix, suffix)
            if spec.selects(resource.gvk):
                visit(resource.manifest, spec, setter, SCALAR)
    resources.rekey_all()


def _remember_affix(resource: Resource, prefix: str, suffix: str) -> None:
    if prefix:
        resource.prefixes.append(prefix)
    if suffix:
        resource.suffixes.append(suffix)
    if prefix or suffix:
        resource.remember_id()


def _affix(prefix: str, suffix: str, container: Any, key: Any) -> None:
    old = container[key]
    if not is_scalar(old):
        raise FieldSpecError(f"{key}: expected a scalar, found {kind_of(old)}")
    container[key] = untagged(old, f"{prefix}{text_of(old)}{suffix}")


def labels(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`labels`, then `commonLabels`."""
    kustomization, config = context.layer.kustomization, context.config
    for index, label in enumerate(kustomization.labels or ()):
        add_to_maps(resources, label.pairs, _label_specs(label, context))
        yield Applied(f"labels[{index}]")
    if kustomization.labels or kustomization.common_labels:
        add_to_maps(resources, kustomization.common_labels or {}, config.common_labels)
        yield Applied("commonLabels")


def _label_specs(label: Label, context: Context) -> FieldSpecs:
    config = context.config
    specs = merge_field_specs(label.field_specs, config.labels)
    if label.include_selectors:
        return merge_field_specs(specs, config.common_labels)
    if label.include_templates:
        specs = merge_field_specs(specs, config.template_labels)
    if label.include_volume_claim_templates:
        specs = merge_field_specs(specs, config.volume_claim_template_labels)
    return merge_field_specs(specs, LABELS_ONLY)


def common_annotations(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`commonAnnotations`."""
    wanted = context.layer.kustomization.common_annotations
    if wanted:
        add_to_maps(resources, wanted, context.config.common_annotations)
        yield Applied("commonAnnotations")


def add_to_maps(resources: ResMap, pairs: Mapping[str, str], specs: FieldSpecs) -> None:
    """Set labels or annotations in the maps that the field specs name."""
    if not pairs:
        return
    ordered = sorted(pairs.items())
    for resource in resources:
        places: list[tuple[str, dict[str, Any]]] = []
        for spec in selected(specs, resource.gvk):
            visit(resource.manifest, spec, partial(_collect_map, places, spec.path), MAPPING)
        for name, value in ordered:
            _set_pair(resource, places, name, value)
        resource.follow_links()


def _collect_map(places: list[tuple[str, dict[str, Any]]], path: str, container: Any, key: Any) -> None:
    found = container[key]
    if isinstance(found, dict):
        places.append((path, found))
    elif not is_null(found):
        raise FieldSpecError(f"{key}: expected a map, found {kind_of(found)}")


def _set_pair(resource: Resource, places: list[tuple[str, dict[str, Any]]], name: str, text: str) -> None:
    """Set one in all places.

    In kustomize it is one YAML node: it takes on the style of the last scalar that it replaces, wherever it is new.
    """
    value, made = text, []
    for path, found in places:
        if name in found:
            value = restyled(found[name], value) if is_scalar(found[name]) else value
            found[name] = value
        else:
            found[checked_key(name)] = value
            made.append((path, found))
    if value is not text:
        for _, found in made:
            found[name] = value
    if len(made) > 1:
        resource.link(name, made)


def replicas(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`replicas`."""
    for index, replica in enumerate(context.layer.kustomization.replicas or ()):
        found = set_replicas(resources, replica, context.config.replicas)
        if not found:
            kinds = ", ".join(spec.kind or "any kind" for spec in context.config.replicas)
            raise context.where(f"replicas[{index}].name").error(
                f"no resource is called {replica.name!r}: expected one of kind {kinds}"
                + nearest_name(replica.name, resources)
            )
        yield Applied(f"replicas[{index}]", found)


def nearest_name(name: str, resources: ResMap) -> str:
    """Say which name comes nearest to one that is not there."""
    near = nearest(name, {one.name for resource in resources for one in resource.ids})
    return f"; did you mean {near}?" if near else ""


def set_replicas(resources: ResMap, replica: Replica, specs: FieldSpecs) -> list[Resource]:
    """Set the number of replicas of the resources of one name, under any of their names; give those found."""
    named = resources.named(replica.name)
    found = []
    for spec in specs:
        for resource in named:
            if any(one.name == replica.name and spec.selects(one.gvk) for one in resource.ids):
                found.append(resource)
                if spec.selects(resource.gvk):
                    visit(resource.manifest, spec, partial(_set_count, replica.count), SCALAR)
    return found


def _set_count(count: int, container: Any, key: Any) -> None:
    old = container[key]
    if not is_scalar(old):
        raise FieldSpecError(f"{key}: expected a number, found {kind_of(old)}")
    # An old value in quotes keeps them, as in kustomize: the count is then a string.
    container[key] = restyled(old, count)
