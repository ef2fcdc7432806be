"""`vars`: `$(NAME)` in the fields that admit it becomes the value of a field (kustomize: api/filters/refvar)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from imbricate.documents import Scalar
from imbricate.errors import FieldPathError, FieldSpecError
from imbricate.fieldpaths import MISSING, look_up, split_field_path
from imbricate.fieldspecs import selected, visit
from imbricate.resid import Gvk, ResId, gvk_of
from imbricate.values import go_text, is_null, is_scalar, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imbricate.decode import Where
    from imbricate.fieldspecs import FieldSpecs
    from imbricate.kustomization import ObjectReference, Var
    from imbricate.resources import ResMap, Resource

DEFAULT_FIELD_PATH = "metadata.name"


def mark_sources(resources: ResMap, variables: Iterable[tuple[Where, Var]]) -> None:
    """Remember at each resource which vars read from it. Raises KustomizationError when one means several."""
    for where, var in variables:
        found = _sources_of(resources, var.objref)
        if len(found) > 1:
            names = ", ".join(str(one.id) for one in found)
            raise where.at("objref").error(f"means {len(found)} resources ({names}): expected one")
        for resource in found:
            resource.referenced_by_vars.append(var.name)


def _sources_of(resources: ResMap, reference: ObjectReference) -> list[Resource]:
    wanted = ResId(_gvk_of(reference), reference.name, reference.namespace)
    if reference.namespace or wanted.is_cluster_scoped:
        return resources.with_any_id(wanted)
    return [one for one in resources if any(known[:2] == wanted[:2] for known in one.ids)]


def _gvk_of(reference: ObjectReference) -> Gvk:
    if not reference.api_version:
        return Gvk(reference.group, reference.version, reference.kind)
    parts = reference.api_version.split("/")
    if len(parts) > 2:
        return Gvk(reference.group, reference.version, reference.kind)
    gvk = gvk_of(reference.api_version, reference.kind)
    return gvk if len(parts) > 1 else gvk._replace(group=reference.group)


def merge_vars(
    known: Mapping[str, tuple[Where, Var]], added: Iterable[tuple[Where, Var]]
) -> dict[str, tuple[Where, Var]]:
    """Add vars to those of lower layers. Raises KustomizationError when a name is taken."""
    merged = dict(known)
    for where, var in added:
        if var.name in merged:
            raise where.at("name").error(f"the var {var.name!r} is defined already, in {merged[var.name][0].file}")
        merged[var.name] = (where, var)
    return merged


def resolve_vars(resources: ResMap, variables: Mapping[str, tuple[Where, Var]], specs: FieldSpecs) -> list[str]:
    """Write the values of vars where `$(NAME)` stands; give the names of those that stand nowhere.

    Raises KustomizationError when a var's object or field is missing, FieldSpecError when one stands where none may.
    """
    if not variables:
        return []
    values = {name: _value_of(resources, *variables[name]) for name in sorted(variables)}
    expansion = _Expansion(values)
    for resource in resources:
        try:
            for spec in selected(specs, resource.gvk):
                visit(resource.manifest, spec, partial(_expand, expansion), None)
                resource.follow_links()
        except FieldSpecError as error:
            raise FieldSpecError(f"{resource}: {error}") from None
        resources.rekey(resource)
    return sorted(values.keys() - expansion.used)


def _value_of(resources: ResMap, where: Where, var: Var) -> Any:
    path = var.fieldref.field_path or DEFAULT_FIELD_PATH
    source = next((one for one in resources if var.name in one.referenced_by_vars), None)
    if source is None:
        reference = var.objref
        raise where.at("objref").error(
            f"no resource is {reference.kind} {reference.name!r}, which var {var.name} reads"
        )
    try:
        value = look_up(source.manifest, _without_brackets(split_field_path(path)))
    except FieldPathError as error:
        raise where.at("fieldref").error(f"{source}: {path}: {error}") from None
    if value is MISSING:
        raise where.at("fieldref").error(f"{source} has no {path}")
    return value.value if isinstance(value, Scalar) else value


def _without_brackets(names: tuple[str, ...]) -> tuple[str, ...]:
    """`env[0]` is `env`, `0`."""
    split: list[str] = []
    for name in names:
        head, bracket, index = name.partition("[")
        split += [head, index[:-1]] if bracket and head and index.endswith("]") else [name]
    return tuple(split)


class _Expansion:
    """The values of vars, and which of them were used."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.used: set[str] = set()

    def value(self, name: str) -> Any:
        value = self._values.get(name)
        if name not in self._values or isinstance(value, dict | list):
            return f"$({name})"
        self.used.add(name)
        return value

    def expand(self, text: str) -> Any:
        """Replace all references; a text that is one reference takes the value with its type."""
        parts: list[str] = []
        for piece in _pieces(text):
            if not (piece.startswith("$(") and piece.endswith(")")):
                parts.append("$" if piece == "$$" else piece)
                continue
            value = self.value(piece[2:-1])
            if piece == text:
                return value
            parts.append(value if isinstance(value, str) else "" if is_null(value) else go_text(value))
        return "".join(parts)


def _pieces(text: str) -> Iterator[str]:
    """Split a text into references, escaped dollars, and what is between them."""
    position = 0
    while (dollar := text.find("$", position)) >= 0 and dollar + 1 < len(text):
        yield text[position:dollar]
        end = dollar + 2
        if text[dollar + 1] == "(" and (closing := text.find(")", dollar + 2)) >= 0:
            end = closing + 1
        yield text[dollar:end]
        position = end
    yield text[position:]


def _expand(expansion: _Expansion, container: Any, key: Any) -> None:
    value = container[key]
    if isinstance(value, dict):
        for name, child in value.items():
            if isinstance(child, str):
                value[name] = expansion.expand(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if not isinstance(child, str):
                raise FieldSpecError(f"{key}: expected a list of strings, found {kind_of(child)} in it")
            value[index] = expansion.expand(child)
    elif is_scalar(value) and not is_null(value) and isinstance(value, str):
        container[key] = expansion.expand(value)
