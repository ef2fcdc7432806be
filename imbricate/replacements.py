"""`replacements`: a value copied from one field to others (kustomize: api/filters/replacement)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.decode import Where, list_of
from imbricate.documents import Scalar, plain_value, read_config
from imbricate.errors import FieldPathError, LoadError, PatternError, SelectorError
from imbricate.fieldpaths import MISSING, find_places, look_up, split_field_path
from imbricate.fields import REPLACEMENT_IN_FILE
from imbricate.kustomization import Selector
from imbricate.selectors import candidates, patterns_of, selects_metadata
from imbricate.steps import Applied
from imbricate.structured import set_in_text
from imbricate.values import (
    MOST_COPIED,
    copy_of,
    grows_out_of_proportion,
    is_empty,
    is_quoted,
    is_scalar,
    quoted_as,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.folder import Folder
    from imbricate.kustomization import FieldOptions, Replacement, SourceSelector, TargetSelector
    from imbricate.resid import ResId
    from imbricate.resources import ResMap, Resource
    from imbricate.steps import Context

DEFAULT_FIELD_PATH = "metadata.name"


class _Untagged:
    """Stands for a scalar that a replacement makes: what it becomes is read from the text."""

    __slots__ = ()


_UNTAGGED = _Untagged()


class Bare(NamedTuple):
    """A value given as bare text: it becomes what it reads as wherever there is no type to keep."""

    text: str


def replacements(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`replacements`, inline and from files."""
    found = context.layer.kustomization.replacements or ()
    entries = read_entries(found, context.layer.folder, context.where("replacements"))
    for where, replacement in entries:
        yield from apply_replacement(resources, replacement, where)


def read_entries(entries: tuple[Replacement, ...], folder: Folder, where: Where) -> list[tuple[Where, Replacement]]:
    """Open the entries that are paths of files with one replacement or a list of them."""
    opened: list[tuple[Where, Replacement]] = []
    for index, entry in enumerate(entries):
        place = where.item(index)
        if not entry.path:
            opened.append((place, entry))
            continue
        if entry.source is not None or entry.targets:
            raise place.error("expected a path or an inline replacement, found both")
        opened += _from_file(entry.path, folder, place)
    return opened


def _from_file(path: str, folder: Folder, where: Where) -> list[tuple[Where, Replacement]]:
    try:
        value = read_config(folder.read(path), folder.shown(path))
    except LoadError as error:
        raise error.at(where.file, where.field) from None
    if not isinstance(value, dict | list):
        raise where.error(f"{path}: expected a replacement or a list of them")
    place = Where(folder.shown(path), lenient=True, converts=True)
    read = _LIST(value if isinstance(value, list) else [value], place)
    return [(where, one) for one in read]


_LIST = list_of(REPLACEMENT_IN_FILE)


def apply_replacement(resources: ResMap, replacement: Replacement, where: Where) -> Iterator[Applied]:
    """Copy the source to the targets; report what each target matched.

    Raises KustomizationError when the source is not exactly one field, or a target's field is missing.
    """
    if (replacement.source is None and replacement.source_value is None) or replacement.targets is None:
        raise where.error("expected a source (or sourceValue) and at least one target")
    value = _source_value(resources, replacement, where)
    for index, target in enumerate(replacement.targets):
        place = where.at("targets").item(index)
        if target is None or target.select is None:
            raise place.at("select").error("expected the resources to select")
        yield Applied(place.field, _write_to_target(resources, value, target, place))


def _source_value(resources: ResMap, replacement: Replacement, where: Where) -> Any:
    source = replacement.source
    if source is None:
        return Bare(replacement.source_value or "")
    if replacement.source_value is not None:
        raise where.error("expected one of source and sourceValue, found both")
    resource = _source_resource(resources, source, where.at("source"))
    path = source.field_path or DEFAULT_FIELD_PATH
    place = where.at("source").at("fieldPath")
    try:
        value = look_up(resource.manifest, split_field_path(path))
    except FieldPathError as error:
        raise place.error(f"{resource}: {path}: {error}") from None
    if value is MISSING or is_empty(value):
        raise place.error(f"{resource} has no {path}")
    return _refined(value, source.options, place)


def _source_resource(resources: ResMap, source: SourceSelector, where: Where) -> Resource:
    named = resources.named(source.name) if source.name else resources
    found = [one for one in named if any(_is_source(source, known) for known in (one.id, *one.previous_ids))]
    if len(found) == 1:
        return found[0]
    wanted = " ".join(f"{name}={value}" for name, value in zip(source._fields[:5], source[:5], strict=True) if value)
    if not found:
        raise where.error(f"no resource is {wanted or 'selected by an empty source'}")
    raise where.error(f"{len(found)} resources are {wanted or 'selected by an empty source'}: expected one")


def _is_source(source: SourceSelector, known: ResId) -> bool:
    gvk = known.gvk
    return (
        (not source.name or source.name == known.name)
        and (not source.namespace or (source.namespace or "default") == (known.namespace or "default"))
        and (not source.group or source.group == gvk.group)
        and (not source.version or source.version == gvk.version)
        and (not source.kind or source.kind == gvk.kind)
    )


def _refined(value: Any, options: FieldOptions | None, where: Where) -> Any:
    if options is None or not options.delimiter:
        return value
    if not is_scalar(value):
        raise where.error("a delimiter needs a scalar")
    parts = text_of(value).split(options.delimiter)
    if not 0 <= options.index < len(parts):
        raise where.error(f"options.index {options.index} is outside of {len(parts)} parts of {text_of(value)!r}")
    part = parts[options.index]
    return part if isinstance(value, str) else Bare(part)


def _write_to_target(resources: ResMap, value: Any, target: TargetSelector, where: Where) -> list[Resource]:
    select = target.select or Selector()
    touched = [one for one in candidates(select, resources) if _is_target(one, select, target, where)]
    for resource in touched:
        for path in target.field_paths or (DEFAULT_FIELD_PATH,):
            try:
                _write(resource.manifest, value, path, target.options)
            except FieldPathError as error:
                raise where.at("fieldPaths").error(f"{resource}: {path}: {error}") from None
            resource.follow_links()
        resources.rekey(resource)
    return touched


def _is_target(resource: Resource, select: Selector, target: TargetSelector, where: Where) -> bool:
    try:
        if not selects_metadata(select, resource):
            return False
        ids = (resource.id, *resource.previous_ids)
        rejects = [one for one in target.reject if one is not None]
        if any((one.label_selector or one.annotation_selector) and selects_metadata(one, resource) for one in rejects):
            return False
        if any(any(one[:5]) and any(_matches(one, known) for known in ids) for one in rejects):
            return False
        return any(_matches(select, known) for known in ids)
    except (PatternError, SelectorError) as error:
        raise where.error(str(error)) from None


def _matches(selector: Selector, known: ResId) -> bool:
    patterns = patterns_of(selector)
    return (
        patterns.match_gvk(known.gvk) and patterns.match_name(known.name) and patterns.match_namespace(known.namespace)
    )


def _write(manifest: dict[str, Any], value: Any, path: str, options: FieldOptions | None) -> None:
    names = split_field_path(path)
    creates = options is not None and options.create
    made = _made(value) if creates else MISSING
    if set_in_text(manifest, names, lambda place: _set(place, value, options, _typed_in_text), made):
        return
    places = find_places(manifest, names, made)
    if not places:
        raise FieldPathError("the field is missing; options.create: true makes it")
    for place in places:
        _set(place, value, options)


def _made(value: Any) -> Any:
    return type(value) if isinstance(value, dict | list) else lambda: _UNTAGGED


def _set(place: tuple[Any, Any], value: Any, options: FieldOptions | None, typed: Any = None) -> None:
    container, key = place
    old = container[key]
    if options is not None and options.delimiter:
        value = _joined(old, value, options)
    container[key] = (typed or _typed)(old, value)


def _typed_in_text(old: Any, value: Any) -> Any:
    """Within a text a number may become a word: how that is written, if at all, is the writer's to decide."""
    if isinstance(old, str | dict | list) or old is _UNTAGGED or isinstance(value, dict | list):
        return _typed(old, value)
    return plain_value(_bare(value))


def _joined(old: Any, value: Any, options: FieldOptions) -> Bare:
    if not is_scalar(old):
        raise FieldPathError("a delimiter needs a scalar")
    parts = ("" if old is _UNTAGGED else text_of(old)).split(options.delimiter)
    text = _bare(value)
    if options.index < 0:
        parts.insert(0, text)
    elif options.index >= len(parts):
        parts.append(text)
    else:
        parts[options.index] = text
    return Bare(options.delimiter.join(parts))


def _bare(value: Any) -> str:
    return value.text if isinstance(value, Bare) else text_of(value)


def _typed(old: Any, value: Any) -> Any:
    """Give the value in the type of the field that it is written to, as far as there is one."""
    if isinstance(old, dict | list):
        if grows_out_of_proportion(value):
            raise FieldPathError(f"copies more than {MOST_COPIED} values")
        return plain_value(value.text) if isinstance(value, Bare) else copy_of(value)
    text = _bare(value)
    if old is _UNTAGGED:
        return plain_value(text)
    if isinstance(old, str):
        return quoted_as(old, text) if is_quoted(old) else text
    return _same_type(old, text)


def _same_type(old: Any, text: str) -> Any:
    new = plain_value(text)
    was, now = (one.value if isinstance(one, Scalar) else one for one in (old, new))
    if type(now) is type(was) or (isinstance(was, float) and type(now) is int):
        return new
    raise FieldPathError(f"expected {'a boolean' if isinstance(was, bool) else 'a number'} as before, found {text!r}")
