"""`patches`, `patchesStrategicMerge` and `patchesJson6902`: which resources, and what becomes of them.

A text that parses as objects is a strategic merge patch, a list of operations a JSON 6902 patch (kustomize:
PatchTransformer, PatchStrategicMergeTransformer, PatchJson6902Transformer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.documents import json_value, read_config
from imbricate.errors import (
    DocumentError,
    ImbricateError,
    JsonPatchError,
    LoadError,
    MergeError,
    PatternError,
    SelectorError,
)
from imbricate.json6902 import apply_operations
from imbricate.kustomization import PatchOptions
from imbricate.manifests import Manifests, read_manifests
from imbricate.merge import DIRECTIVE, MISSING, strategic_merge
from imbricate.resources import Resource
from imbricate.selectors import candidates, patterns_of, selects
from imbricate.steps import Applied
from imbricate.transformers import nearest_name
from imbricate.values import EMPTY_NULL, copy_of, decoded_json, is_null, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate.decode import Where
    from imbricate.folder import Folder
    from imbricate.kustomization import Patch, Selector
    from imbricate.resid import ResId
    from imbricate.resources import ResMap
    from imbricate.schema import SchemasInEffect
    from imbricate.steps import Context


class PatchText(NamedTuple):
    """A patch as text: where its entry stands, and the file that the text is from."""

    text: str
    file: str
    where: Where


class MergeEntry(NamedTuple):
    """What the entry of a strategic merge patch says beside the patch itself."""

    where: Where
    schemas: SchemasInEffect
    options: PatchOptions = PatchOptions()


class ParsedPatch(NamedTuple):
    """A patch after reading: objects to merge, or operations."""

    manifests: list[dict[str, Any]]
    operations: list[dict[str, Any]]


def patches(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`patches`."""
    for index, patch in enumerate(context.layer.kustomization.patches or ()):
        field = f"patches[{index}]"
        touched = apply_patch(resources, patch, context.layer.folder, context.where(field), context.schemas)
        yield Applied(field, touched)


def apply_patch(
    resources: ResMap, patch: Patch, folder: Folder, where: Where, schemas: SchemasInEffect
) -> list[Resource]:
    """Apply one entry of `patches`; give the resources that it meant.

    Raises KustomizationError that names the entry, the target and what does not fit.
    """
    parsed = parse_patch(_text_of(patch._replace(patch=patch.patch.strip()), folder, where))
    entry = MergeEntry(where, schemas, patch.options or PatchOptions())
    if parsed.operations:
        if patch.target is None:
            raise where.at("target").error("a JSON 6902 patch needs a target")
        return _apply_to_selected(resources, select(resources, patch.target, where), parsed.operations, where)
    if patch.target is not None:
        return _merge_into_selected(resources, patch.target, parsed.manifests, entry)
    if isinstance(parsed.manifests, Manifests):
        schemas.describe(parsed.manifests.described)
    return [_merge_by_id(resources, one, entry) for one in parsed.manifests]


def _text_of(patch: Patch, folder: Folder, where: Where) -> PatchText:
    if bool(patch.patch) == bool(patch.path):
        found = "both" if patch.patch else "neither"
        raise where.error(f"expected one of patch and path, found {found}")
    if patch.patch:
        return PatchText(patch.patch, f"{where.file}: {where.field}.patch", where)
    return PatchText(read_text(folder, patch.path, where.at("path")), folder.shown(patch.path), where)


def read_text(folder: Folder, path: str, where: Where) -> str:
    """Read the text of a file that a kustomization names."""
    try:
        return folder.read(path).decode()
    except LoadError as error:
        raise error.at(where.file, where.field) from None
    except UnicodeDecodeError:
        raise where.error(f"{path} is not UTF-8") from None


def parse_patch(patch: PatchText) -> ParsedPatch:
    """Find out which kind of patch a text is. Raises KustomizationError when it is none, or both."""
    manifests, not_merge = _try(_read_merge, patch)
    if manifests:
        return ParsedPatch(manifests, [])
    operations, not_json = _try(read_operations, patch)
    if not_merge is not None and not_json is not None:
        reason = not_json if patch.text.lstrip().startswith(("-", "[")) else not_merge
        raise patch.where.error(f"is no strategic merge patch and no JSON 6902 patch: {reason}")
    return ParsedPatch(manifests if not_merge is None else [], operations if not_merge is not None else [])


def _read_merge(text: str, file: str) -> list[dict[str, Any]]:
    return read_manifests(text, file, takes_first=True)


def _try(read: Any, patch: PatchText) -> tuple[list[dict[str, Any]], ImbricateError | None]:
    try:
        return read(patch.text, patch.file), None
    except ImbricateError as error:
        return [], error


def read_operations(text: str, file: str) -> list[dict[str, Any]]:
    """Read the operations of a JSON 6902 patch, JSON or YAML. Raises JsonPatchError when they are none."""
    value = _json(text, file) if text.startswith("[") else read_config(text, file)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise JsonPatchError(f"{file}: expected a list of operations")
    return value


def _json(text: str, file: str) -> Any:
    import json  # noqa: PLC0415 - few patches are written so

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(file, error.lineno, error.colno, f"expected JSON: {error.msg}") from None
    except RecursionError:
        raise DocumentError(file, None, None, "is nested too deeply") from None


def select(resources: ResMap, target: Selector, where: Where) -> list[Resource]:
    """Find the resources that a target means. Raises KustomizationError when the target cannot be read."""
    try:
        patterns_of(target)
        return [resource for resource in candidates(target, resources) if selects(target, resource)]
    except (PatternError, SelectorError) as error:
        raise where.at("target").error(str(error)) from None


def _apply_to_selected(
    resources: ResMap,
    selected: Iterable[Resource],
    operations: list[dict[str, Any]],
    where: Where,
    *,
    remember: bool = True,
) -> list[Resource]:
    touched = list(selected)
    for resource in touched:
        if remember:
            resource.remember_id()
            _make_annotations(resource.manifest)
        try:
            patched = apply_operations(json_value(resource.manifest), operations)
        except JsonPatchError as error:
            raise where.error(f"{resource}: {error}") from None
        if not isinstance(patched, dict):
            raise where.error(f"{resource}: expected an object after the patch, found {type(patched).__name__}")
        resource.manifest = decoded_json(patched)
        if not _ANNOTATIONS_AND_ABOVE.isdisjoint(operation.get("path") for operation in operations):
            resource.forget_origin()
        resource.links.clear()
        resources.rekey(resource)
    return touched


# Kustomize notes where an object comes from in its annotations.
_ANNOTATIONS_AND_ABOVE = frozenset({"", "/metadata", "/metadata/annotations"})


def _make_annotations(manifest: dict[str, Any]) -> None:
    """Kustomize keeps the history of ids in annotations, so a patch finds a map there in any case."""
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict) and is_null(metadata.get("annotations")):
        metadata["annotations"] = {}


def _merge_into_selected(
    resources: ResMap, target: Selector, manifests: list[dict[str, Any]], entry: MergeEntry
) -> list[Resource]:
    if not manifests:
        return []
    if len(manifests) > 1:
        raise entry.where.at("target").error(f"a patch with a target holds one object, found {len(manifests)}")
    selected = select(resources, target, entry.where)
    for resource in selected:
        _merge(resources, resource, _fitted(manifests[0], resource), entry)
        if not resource.gvk.api_version:
            # kustomize writes the missing apiVersion into the patch, and so into the resource.
            resource.manifest["apiVersion"] = EMPTY_NULL
    return selected


def _fitted(manifest: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """Copy a patch for one resource: with its apiVersion, and with labels and annotations as texts."""
    patch: dict[str, Any] = copy_of(manifest)
    patch["apiVersion"] = untagged(patch.get("apiVersion"), resource.gvk.api_version)
    metadata = patch["metadata"]
    for field in ("labels", "annotations"):
        found = metadata.pop(field, None)
        if isinstance(found, dict) and found:
            metadata[field] = {name: text_of(value) for name, value in sorted(found.items())}
    return patch


def _merge_by_id(resources: ResMap, manifest: dict[str, Any], entry: MergeEntry) -> Resource:
    target = _one_with_id(resources, Resource(manifest).id, entry.where)
    _merge(resources, target, manifest, entry)
    return target


def _one_with_id(resources: ResMap, wanted: ResId, where: Where) -> Resource:
    found = resources.with_any_id(wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise where.error(f"{wanted} means {len(found)} resources; say which by a target")
    raise where.error(f"no resource has the id {wanted} of the patch{nearest_name(wanted.name, resources)}")


def _merge(resources: ResMap, resource: Resource, patch: dict[str, Any], entry: MergeEntry) -> None:
    """Merge a patch, which is consumed, and put back the identity that it may not change."""
    if text_of(patch.get(DIRECTIVE, "")) == "replace":
        return  # kustomize replaces the root of what it then drops
    allow_name, allow_kind = entry.options
    before = resource.id
    if allow_name or allow_kind:
        resource.remember_id()
    try:
        if _drops_annotations(patch):
            resource.forget_history()
        merged = strategic_merge(resource.manifest, patch, entry.schemas, entry.schemas.described)
    except MergeError as error:
        raise entry.where.error(f"{resource}: {error}") from None
    if merged is MISSING or not merged:
        resources.remove(resource)
        return
    resource.manifest = merged
    if not allow_kind:
        merged["kind"] = untagged(merged.get("kind"), before.gvk.kind)
    _restore_metadata(merged, before, keep_name=not allow_name)
    resource.follow_links()
    resources.rekey(resource)


def _drops_annotations(patch: dict[str, Any]) -> bool:
    """Tell whether a patch replaces or removes all annotations, and with them what kustomize keeps there."""
    for value in (patch.get("metadata", {}), _annotations_of(patch)):
        if is_null(value) or text_of(value.get(DIRECTIVE, "")) in {"replace", "delete"}:
            return True
    return False


def _annotations_of(patch: dict[str, Any]) -> Any:
    metadata = patch.get("metadata")
    found = metadata.get("annotations", {}) if isinstance(metadata, dict) else {}
    return found if isinstance(found, dict) or is_null(found) else {}


def _restore_metadata(manifest: dict[str, Any], before: ResId, *, keep_name: bool) -> None:
    metadata = manifest.setdefault("metadata", {})
    if keep_name:
        metadata["name"] = untagged(metadata.get("name"), before.name)
    if before.namespace:
        metadata["namespace"] = untagged(metadata.get("namespace"), before.namespace)
    else:
        metadata.pop("namespace", None)


def patches_strategic_merge(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`patchesStrategicMerge`: each entry a patch as text, or else the path of one."""
    for index, entry in enumerate(context.layer.kustomization.patches_strategic_merge or ()):
        field = f"patchesStrategicMerge[{index}]"
        where = context.where(field)
        yield Applied(field, merge_entries(resources, (entry,), context.layer.folder, where, context.schemas))


def merge_entries(
    resources: ResMap, entries: Iterable[str], folder: Folder, where: Where, schemas: SchemasInEffect
) -> list[Resource]:
    """Merge patches given as text or as paths, each into the resource of its id; give those resources."""
    manifests = [one for entry in entries if entry for one in _inline_or_file(entry, folder, where)]
    if not manifests:
        raise where.error("the patch holds no object")
    entry = MergeEntry(where, schemas)
    return [_merge_fitted_by_id(resources, one, entry) for one in manifests]


def _inline_or_file(entry: str, folder: Folder, where: Where) -> list[dict[str, Any]]:
    try:
        return _read_merge(entry, f"{where.file}: {where.field}")
    except DocumentError:
        text = read_text(folder, entry, where)
    return _read_merge(text, folder.shown(entry))


def _merge_fitted_by_id(resources: ResMap, manifest: dict[str, Any], entry: MergeEntry) -> Resource:
    target = _one_with_id(resources, Resource(manifest).id, entry.where)
    _merge(resources, target, _fitted(manifest, target), entry)
    return target


def patches_json6902(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`patchesJson6902`."""
    for index, patch in enumerate(context.layer.kustomization.patches_json6902 or ()):
        field = f"patchesJson6902[{index}]"
        where = context.where(field)
        if patch.target is None or not patch.target.name:
            raise where.at("target.name").error("expected the name of a resource")
        selected = select(resources, patch.target, where)
        yield Applied(field, apply_operations_of(resources, selected, patch, context.layer.folder, where))


def apply_operations_of(
    resources: ResMap, selected: list[Resource], patch: Patch, folder: Folder, where: Where
) -> list[Resource]:
    """Apply a patch that can only be a JSON 6902 patch; their ids are not remembered, as in kustomize."""
    text = _text_of(patch, folder, where)
    operations = read_operations(text.text, text.file)
    if not operations:
        raise where.error("the patch holds no operation")
    return _apply_to_selected(resources, selected, operations, where, remember=False)
