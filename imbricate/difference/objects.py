"""Which object of one set stands for which of another, and what differs between them.

Objects are one by group, kind, namespace and name: a new version of an API is a change of the field apiVersion. What is
left over is matched by the stem of its name: a generated ConfigMap whose content changed has another hash in its name.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from imbricate.difference.alignment import same
from imbricate.difference.edits import Edit, edits
from imbricate.difference.masking import masked
from imbricate.documents import json_value
from imbricate.schema import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Manifest = dict[str, Any]
Change = Literal["added", "removed", "changed", "renamed"]
_HASHED = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
_STEMMED = frozenset({"ConfigMap", "Secret"})


class Identity(NamedTuple):
    """What an object is known by."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def title(self) -> str:
        """Give Kind/name."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        """Give Kind/name and the namespace, if there is one."""
        return f"{self.title} in {self.namespace}" if self.namespace else self.title


class ObjectChange(NamedTuple):
    """One object that differs.

    `before` and `after` are None where the object is not there. `edits` of one that is on both sides; `manifest` of one
    that is on one side only. `used_by` are the objects that name a renamed one.
    """

    kind: Change
    before: Identity | None
    after: Identity | None
    edits: tuple[Edit, ...] = ()
    manifest: Manifest | None = None
    used_by: tuple[Identity, ...] = ()

    @property
    def identity(self) -> Identity:
        """Give what the object is, or was, known by."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - an object is on one side at least
        return found


class Comparison(NamedTuple):
    """What differs between two sets of manifests.

    `namespaces` are those that stand for another, old → new, with the number of their objects.
    """

    changes: tuple[ObjectChange, ...]
    namespaces: tuple[tuple[str, str, int], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.changes or self.namespaces)


def compare(old: Iterable[Manifest], new: Iterable[Manifest], *, across_namespaces: bool = False) -> Comparison:
    """Compare two sets of manifests, of any values that the library reads.

    `across_namespaces`: a namespace of `old` stands for the one of `new` that has objects of the same kinds and names;
    such a pair is named once instead of on each object. Secrets are masked in everything that comes out.
    """
    before, after = ([json_value(one) for one in side if one] for side in (old, new))
    pairs = _namespace_pairs(before, after) if across_namespaces else {}
    if pairs:
        before = [_with_namespaces(one, pairs) for one in before]
    matched = list(_matched(_by_identity(before), _by_identity(after)))
    names = {one.name: other.name for one, other, _, _ in matched if one and other and one.name != other.name}
    changes = [_change(*pair, names) for pair in matched]
    users = _users(frozenset(names.values()), after)
    found = [one._replace(used_by=_users_of(one, users)) for one in changes if one]
    counted = [(one, other, sum(_namespace(manifest) == other for manifest in after)) for one, other in pairs.items()]
    return Comparison(tuple(found), tuple(counted))


def identity_of(manifest: Manifest) -> Identity:
    """Read what an object is known by; what is not there is empty."""
    group, slash, _ = str(manifest.get("apiVersion") or "").rpartition("/")
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace, name = (str(metadata.get(field) or "") for field in ("namespace", "name"))
    return Identity(group if slash else "", str(manifest.get("kind") or ""), namespace, name)


def _namespace(manifest: Manifest) -> str:
    return identity_of(manifest).namespace


def _by_identity(manifests: Sequence[Manifest]) -> dict[tuple[Identity, int], Manifest]:
    """Index objects; one that is there twice is told apart by its number."""
    found: dict[tuple[Identity, int], Manifest] = {}
    for manifest in manifests:
        identity, number = identity_of(manifest), 0
        while (identity, number) in found:
            number += 1
        found[identity, number] = manifest
    return found


_Pair = tuple[Identity | None, Identity | None, Manifest, Manifest]


def _matched(
    before: dict[tuple[Identity, int], Manifest], after: dict[tuple[Identity, int], Manifest]
) -> Iterator[_Pair]:
    left: dict[Identity, list[tuple[Identity, int]]] = {}
    for key in before.keys() - after.keys():
        left.setdefault(_stem(key[0]), []).append(key)
    for key, manifest in after.items():
        namesakes = left.get(_stem(key[0]), [])
        if key in before:
            yield key[0], key[0], before[key], manifest
        elif namesakes:
            other = min(namesakes)
            namesakes.remove(other)
            yield other[0], key[0], before[other], manifest
        else:
            yield None, key[0], {}, manifest
    gone = {key for keys in left.values() for key in keys}
    yield from ((key[0], None, manifest, {}) for key, manifest in before.items() if key in gone)


def _stem(identity: Identity) -> Identity:
    """Give the identity without the hash; of a kind that has none, the name itself must be hashed to be a stem."""
    found = _HASHED.fullmatch(identity.name)
    if found is None:
        return identity if identity.kind in _STEMMED else identity._replace(name=f"{identity.name} as written")
    return identity._replace(name=found.group(1))


def _change(
    one: Identity | None, other: Identity | None, old: Manifest, new: Manifest, names: Mapping[str, str]
) -> ObjectChange | None:
    if one is None:
        return ObjectChange("added", None, other, manifest=masked(new))
    if other is None:
        return ObjectChange("removed", one, None, manifest=masked(old))
    old = _with_names(old, names)
    if one == other and same(old, new):
        return None  # most objects are, and to look for secrets in them would take longest of all
    schema = BUILT_IN.of_kind(str(new.get("apiVersion", "")), other.kind)
    found = edits(masked(old), masked(new), schema)
    if not found and one == other:
        return None
    return ObjectChange("changed" if one == other else "renamed", one, other, tuple(found))


def _with_names(value: Any, names: Mapping[str, str]) -> Any:
    """Put the new names of renamed objects in place of the old ones: a hashed name stands for nothing else."""
    if not names:
        return value
    if isinstance(value, dict):
        return {key: _with_names(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_names(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _users(names: frozenset[str], manifests: Sequence[Manifest]) -> dict[str, list[Identity]]:
    """Give the objects that name each of these."""
    found: dict[str, list[Identity]] = {}
    for manifest in manifests if names else ():
        for name in names.intersection(_texts(manifest)):
            found.setdefault(name, []).append(identity_of(manifest))
    return found


def _users_of(change: ObjectChange, users: Mapping[str, list[Identity]]) -> tuple[Identity, ...]:
    if change.kind != "renamed":
        return ()
    return tuple(one for one in users.get(change.identity.name, ()) if one != change.after)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _namespace_pairs(before: Sequence[Manifest], after: Sequence[Manifest]) -> dict[str, str]:
    """Find the namespaces that stand for others: those with most objects of the same kind and name, each once."""
    places, others = _places(before), _places(after)
    old_names, new_names = ({name for names in side.values() for name in names} for side in (places, others))
    counts = Counter(
        (one, other)
        for title, names in places.items()
        for one in names - new_names
        for other in others.get(title, set()) - old_names
    )
    pairs: dict[str, str] = {}
    for (old, new), _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        if old not in pairs and new not in pairs.values():
            pairs[old] = new
    return pairs


def _places(manifests: Sequence[Manifest]) -> dict[Identity, set[str]]:
    """Give the namespaces of each kind and name."""
    found: dict[Identity, set[str]] = {}
    for identity in map(identity_of, manifests):
        if identity.namespace:
            found.setdefault(_stem(identity)._replace(namespace=""), set()).add(identity.namespace)
    return found


def _with_namespaces(manifest: Manifest, pairs: Mapping[str, str]) -> Manifest:
    """Put namespaces in place of others: in each field `namespace`, and in the name of the Namespace itself."""
    found: Manifest = _renamed_fields(manifest, pairs)
    identity = identity_of(manifest)
    if identity.kind == "Namespace" and not identity.group and identity.name in pairs:
        found["metadata"] = {**found["metadata"], "name": pairs[identity.name]}
    return found


def _renamed_fields(value: Any, pairs: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: pairs[one]
            if key == "namespace" and isinstance(one, str) and one in pairs
            else _renamed_fields(one, pairs)
            for key, one in value.items()
        }
    return [_renamed_fields(one, pairs) for one in value] if isinstance(value, list) else value
