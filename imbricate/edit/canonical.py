"""A kustomization as plain maps and lists, spelled as kustomize writes it back.

In: the typed tuples of `fields`. Out: a dict by the names of the file, without what is empty. Deprecated fields that
mean the same as another one are moved there (kustomize: api/types, FixKustomization).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.fields import API_VERSIONS
from imbricate.helm import charts_of
from imbricate.kustomization import (
    Kustomization,
    LegacySortOptions,
    ObjectReference,
    Replacement,
    Replica,
    TargetSelector,
    Var,
)

if TYPE_CHECKING:
    from imbricate.kustomization import GeneratorArgs

Fields = dict[str, Any]

# Deprecated fields that any edit replaces, and what by.
ALIASES = (("bases", "resources"), ("imageTags", "images"), ("helmChartInflationGenerator", "helmCharts"))
_SPELLING = {"include_crds": "includeCRDs", "field_specs": "fields"}
# What is written though it is empty, in the types that have such fields.
_ALWAYS: dict[type, frozenset[str]] = {
    Replica: frozenset({"count"}),
    Var: frozenset({"name"}),
    ObjectReference: frozenset({"name"}),
    TargetSelector: frozenset({"select"}),
    LegacySortOptions: frozenset({"order_first", "order_last"}),
}


def canonical(kustomization: Kustomization) -> Fields:
    """Give the fields of a kustomization, the deprecated aliases resolved, apiVersion and kind filled in."""
    kind = kustomization.kind or "Kustomization"
    fields = encoded(
        kustomization._replace(
            kind=kind,
            api_version=kustomization.api_version or API_VERSIONS.get(kind, API_VERSIONS["Kustomization"]),
            bases=None,
            resources=_joined(kustomization.resources, kustomization.bases),
            image_tags=None,
            images=_joined(kustomization.images, kustomization.image_tags),
            config_map_generator=_with_envs(kustomization.config_map_generator),
            secret_generator=_with_envs(kustomization.secret_generator),
        )
    )
    return _with_charts(fields, kustomization)


def _joined(modern: tuple[Any, ...] | None, old: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    return modern if old is None else (*(modern or ()), *old)


def _with_envs(generators: tuple[GeneratorArgs, ...] | None) -> tuple[GeneratorArgs, ...] | None:
    """Move the single `env` to the list `envs`."""
    return generators and tuple(one._replace(envs=one.env_sources, env="") for one in generators)


def _with_charts(fields: Fields, kustomization: Kustomization) -> Fields:
    if fields.pop("helmChartInflationGenerator", None) is None:
        return fields
    helm_globals, charts = charts_of(kustomization)
    fields["helmCharts"] = encoded(charts)
    if helm_globals is not None:
        fields["helmGlobals"] = encoded(helm_globals)
    return fields


def encoded(value: Any) -> Any:
    """Give a typed tuple as a map and a plain one as a list, down to the leaves.

    A map inside of another is written when it is set, a text, number or list only when it is not empty (Go's
    omitempty); at the top a list or map that is set but empty is kept, for the edits to see.
    """
    if not isinstance(value, tuple):
        return value
    names = getattr(value, "_fields", None)
    if names is None:
        return [encoded(one) for one in value]
    pairs = zip(names, value, strict=True)
    fields = {spelled(name): encoded(one) for name, one in pairs if _is_written(value, name, one)}
    # Lists that are always written are null when they are empty.
    return {name: None if one == [] else one for name, one in fields.items()} if type(value) in _ALWAYS else fields


def _is_written(owner: Any, name: str, value: Any) -> bool:
    if isinstance(owner, Kustomization):
        return value is not None and value != ""
    if isinstance(owner, Replacement) and name == "source_value":
        return value is not None
    return bool(value) or hasattr(value, "_fields") or name in _ALWAYS.get(type(owner), ())


def spelled(name: str) -> str:
    """Give the file's spelling of a field: name_prefix is namePrefix."""
    first, *rest = name.split("_")
    return _SPELLING.get(name) or first + "".join(part.capitalize() for part in rest)
