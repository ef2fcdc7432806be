"""Name references: fields that hold the name of a renamed object follow it (kustomize: api/filters/nameref).

In: all resources with their former names, and the table of which field of which kind holds the name of which.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.errors import FieldSpecError, ReferenceConflictError
from imbricate.fieldspecs import PathTree
from imbricate.values import is_null, kind_of, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imbricate.fieldspecs import NameReference
    from imbricate.resid import Gvk, ResId
    from imbricate.resources import ResMap, Resource

    Sieve = Callable[[Resource], bool]


class _Field(NamedTuple):
    """A field of a referrer and the kind of object that its name belongs to."""

    path: str
    target: tuple[str, str, str]


def _fields_of(table: tuple[NameReference, ...], gvk: Gvk, known: dict[Gvk, PathTree]) -> PathTree:
    tree = known.get(gvk)
    if tree is None:
        fields = (_Field(spec.path, one.target) for one in table for spec in one.referrers if spec.selects(gvk))
        tree = known[gvk] = PathTree.of((field.path, field) for field in fields)
    return tree


def fix_references(resources: ResMap, table: tuple[NameReference, ...]) -> None:
    """Write the current names of renamed objects into the fields that refer to them.

    Raises ReferenceConflictError when a name could mean several objects that are called differently now.
    """
    index = _Index(resources)
    known: dict[Gvk, PathTree] = {}
    for resource in resources:
        try:
            fields = _fields_of(table, resource.original_gvk, known)
            if fields.children and _Referrer(resource, index).fix(fields) and "metadata" in fields.children:
                resources.rekey(resource)
        except FieldSpecError as error:
            raise FieldSpecError(f"{resource}: {error}") from None


class _Index:
    def __init__(self, resources: ResMap) -> None:
        self.by_former_name: dict[str, list[Resource]] = {}
        self.by_prefix: dict[tuple[str, str], list[Resource]] = {}
        self._resources = resources
        for resource in resources:
            prefix = _last(resource.prefixes)
            for name in {name for _, name, _ in resource.previous}:
                self.by_former_name.setdefault(name, []).append(resource)
                self.by_prefix.setdefault((name, prefix), []).append(resource)

    @cached_property
    def by_original_namespace(self) -> dict[str, list[Resource]]:
        """Few references tell a namespace."""
        found: dict[str, list[Resource]] = {}
        for resource in self._resources:
            found.setdefault(resource.original_id.effective_namespace, []).append(resource)
        return found


def _last(affixes: list[str]) -> str:
    return affixes[-1] if affixes else ""


class _Referrer:
    """One resource whose references are repaired."""

    def __init__(self, resource: Resource, index: _Index) -> None:
        self._resource = resource
        self._index = index
        self._bound = _bound_namespaces(resource)
        self._changed = False

    def fix(self, fields: PathTree) -> bool:
        """Write the current names into these fields. Gives whether any differed."""
        fields.visit(self._resource.manifest, self._fix)
        return self._changed

    @cached_property
    def _reachable(self) -> Sieve:
        return _reachable_from(self._resource.id, self._bound)

    def _fix(self, field: _Field, container: Any, key: Any) -> None:
        value = container[key]
        if isinstance(value, list):
            for index in range(len(value)):
                self._fix_one(field, value, index)
        else:
            self._fix_one(field, container, key)

    def _fix_one(self, field: _Field, container: Any, key: Any) -> None:
        value = container[key]
        if is_null(value):
            return
        if isinstance(value, dict):
            self._fix_map(field, value)
            return
        if isinstance(value, list):
            raise FieldSpecError(f"{field.path}: expected a name or a map with a name, found {kind_of(value)}")
        referral = self._select(field, text_of(value), lambda _: True, lambda one: (one.name,))
        if referral is not None and referral.name != text_of(value):
            container[key] = untagged(value, referral.name)
            self._changed = True

    def _fix_map(self, field: _Field, value: dict[str, Any]) -> None:
        """A map with name and, perhaps, namespace: both follow."""
        if "name" not in value:
            raise FieldSpecError(f"{field.path}: expected a map with a name")
        name = text_of(value["name"])
        in_namespace = self._namespace_sieve(value)
        referral = self._select(field, name, in_namespace, lambda one: (one.name, one.namespace))
        if referral is None or (referral.name == name and not referral.namespace):
            return
        value["name"] = untagged(value["name"], referral.name)
        self._changed = True
        if referral.namespace:
            value["namespace"] = untagged(value.get("namespace"), referral.namespace)

    def _namespace_sieve(self, value: dict[str, Any]) -> Sieve:
        """A namespace in the reference means the original one where any object has had it, else the current one."""
        if "namespace" not in value:
            return lambda _: True
        namespace = text_of(value["namespace"])
        if any(self._reachable(one) for one in self._index.by_original_namespace.get(namespace, ())):
            return lambda one: one.original_id.effective_namespace == namespace
        return lambda one: one.id.effective_namespace == namespace

    def _select(
        self, field: _Field, name: str, accepts: Sieve, identity: Callable[[Resource], tuple[str, ...]]
    ) -> Resource | None:
        """Choose the object that a name means: sieve after sieve, until one is left or all are alike."""
        found = self._alike(self._fitting(field, self._named_beside(name), accepts))
        if not found:
            found = self._fitting(field, self._index.by_former_name.get(name, ()), accepts)
            if len(found) == 1:
                return found[0]
            found = self._alike(found)
        if len(found) > 1:
            found = [one for one in found if _same_affixes(one, self._resource, lenient=False)]
        if len({identity(one) for one in found}) > 1:
            raise ReferenceConflictError(self._resource, field.path, name, [one.id for one in found])
        return found[0] if found else None

    def _named_beside(self, name: str) -> list[Resource]:
        """Give those of a name whose last prefix is the referrer's, or that have none: a few of perhaps many."""
        prefix = _last(self._resource.prefixes)
        if not prefix:
            return []
        by_prefix = self._index.by_prefix
        return by_prefix.get((name, prefix), []) + by_prefix.get((name, ""), [])

    def _fitting(self, field: _Field, named: Iterable[Resource], accepts: Sieve) -> list[Resource]:
        found = [one for one in named if self._reachable(one) and accepts(one) and _was_of_kind(one, field.target)]
        return [one for one in found if self._fits_role_ref(field, one) and self._in_reach(one)]

    def _alike(self, found: list[Resource]) -> list[Resource]:
        return [one for one in found if _same_affixes(one, self._resource, lenient=True)]

    def _fits_role_ref(self, field: _Field, candidate: Resource) -> bool:
        if not field.path.endswith("roleRef/name"):
            return True
        role_ref = self._resource.manifest.get("roleRef")
        if not isinstance(role_ref, dict) or "apiGroup" not in role_ref or "kind" not in role_ref:
            return True
        return _was_of_kind(candidate, (text_of(role_ref["apiGroup"]), "", text_of(role_ref["kind"])))

    def _in_reach(self, candidate: Resource) -> bool:
        referrer = self._resource.id
        return (
            referrer.is_cluster_scoped
            or candidate.id.is_cluster_scoped
            or candidate.gvk.kind == "ServiceAccount"
            or referrer.effective_namespace == candidate.id.effective_namespace
        )


def _reachable_from(referrer: ResId, bound: set[str]) -> Sieve:
    """A namespaced object reaches its own namespace and what has none; a RoleBinding those of its ServiceAccounts."""
    if referrer.is_cluster_scoped:
        return lambda _: True
    own = referrer.effective_namespace
    return lambda one: one.id.is_cluster_scoped or one.id.effective_namespace == own or one.namespace in bound


def _bound_namespaces(referrer: Resource) -> set[str]:
    subjects = referrer.manifest.get("subjects") if referrer.gvk.kind == "RoleBinding" else None
    if not isinstance(subjects, list):
        return set()
    bound = set()
    for subject in subjects:
        if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount" and "namespace" in subject:
            namespace = subject["namespace"]
            if not isinstance(namespace, str):
                raise FieldSpecError(f"subjects: namespace: expected a string, found {kind_of(namespace)}")
            bound.add(str(namespace))
    return bound


def _was_of_kind(resource: Resource, target: tuple[str, str, str]) -> bool:
    group, version, kind = target
    own = resource.gvk
    if (group and group != own.group) or (version and version != own.version):
        return False
    return not kind or any(previous == kind for _, _, previous in resource.previous)


def _same_affixes(one: Resource, other: Resource, *, lenient: bool) -> bool:
    return _same_ending(one.prefixes, other.prefixes, lenient=lenient) and _same_ending(
        one.suffixes, other.suffixes, lenient=lenient
    )


def _same_ending(one: list[str], other: list[str], *, lenient: bool) -> bool:
    """Compare the later affixes of both; one without any fits only another without, unless lenient."""
    if not one or not other:
        return lenient or len(one) == len(other)
    shared = min(len(one), len(other))
    return one[-shared:] == other[-shared:]
