"""The objects of a build: `Resource` and the ordered, indexed `ResMap`.

Identity follows kyaml's resid package: the namespace counts as effective (none is `default`; cluster-scoped kinds have
none), and a resource remembers every id it has had, so that patches and references find it under its old names.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.errors import ConflictError
from imbricate.links import Link
from imbricate.resid import Gvk, ResId, gvk_of
from imbricate.values import is_empty, is_null, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imbricate.resid import Key


class Source(NamedTuple):
    """Where a resource came from: the file or kustomization, the position in it, from 0, the template of a chart."""

    file: str
    position: int = 0
    generator: str = ""
    template: str = ""

    def __str__(self) -> str:
        if self.generator:
            return f"{self.file}: {self.generator}[{self.position}]"
        return f"{self.file} (document {self.position + 1})" if self.position else self.file


def _text(value: Any) -> str:
    return value if type(value) is str else "" if is_empty(value) else text_of(value)


def _texts(container: Any, field: str) -> dict[str, str]:
    found = container.get(field) if isinstance(container, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: "" if is_null(value) else text_of(value) for name, value in found.items()}


def _string_data(manifest: dict[str, Any]) -> dict[str, str]:
    """Give a Secret's stringData as the API server would store it (kustomize v5.8.2: normalizeSecretStringData)."""
    if manifest.get("kind") != "Secret" or manifest.get("apiVersion") != "v1":
        return {}
    return {name: encode_base64(value.encode()) for name, value in _texts(manifest, "stringData").items()}


_BASE64_LINE = 70


def encode_base64(content: bytes) -> str:
    """Encode; a text longer than 70 characters is cut into lines, each with its newline (kyaml: encodeBase64)."""
    text = b2a_base64(content, newline=False).decode()
    if len(text) < _BASE64_LINE:
        return text
    return "".join(f"{text[start : start + _BASE64_LINE]}\n" for start in range(0, len(text), _BASE64_LINE))


class Resource:
    """An object with what the build knows of it. The manifest is changed in place; `ResMap.rekey` follows its id."""

    __slots__ = (
        "behavior",
        "id",
        "key",
        "links",
        "manifest",
        "needs_hash",
        "origin",
        "prefixes",
        "previous",
        "referenced_by_vars",
        "slot",
        "source",
        "suffixes",
        "transformations",
    )

    def __init__(self, manifest: dict[str, Any], source: Source | None = None) -> None:
        """Wrap a manifest: a map with kind and metadata.name, owned by this resource from now on."""
        self.manifest = manifest
        self.source = source
        self.previous: list[tuple[str, str, str]] = []
        self.prefixes: list[str] = []
        self.suffixes: list[str] = []
        self.needs_hash = False
        self.behavior = ""
        self.referenced_by_vars: list[str] = []
        self.slot = -1
        self.links: list[Link] = []
        self.origin: dict[str, Any] | None = None
        self.transformations: list[dict[str, Any]] = []
        self.id = self.read_id()
        self.key = self.id.key

    def read_id(self) -> ResId:
        """Read the current id from the manifest."""
        manifest = self.manifest
        gvk = gvk_of(text_of(manifest.get("apiVersion", "")), text_of(manifest.get("kind", "")))
        metadata = manifest.get("metadata")
        if not isinstance(metadata, dict):
            return ResId(gvk, "", "")
        return ResId(gvk, _text(metadata.get("name", "")), _text(metadata.get("namespace", "")))

    @property
    def gvk(self) -> Gvk:
        """Give the current group, version and kind."""
        return self.id.gvk

    @property
    def name(self) -> str:
        """Give the current name."""
        return self.id.name

    @property
    def namespace(self) -> str:
        """Give the current namespace as written, empty when there is none."""
        return self.id.namespace

    @property
    def previous_ids(self) -> list[ResId]:
        """Give the ids before the current one, oldest first; group and version are always the current ones."""
        return [self._previous_id(*one) for one in self.previous]

    def _previous_id(self, namespace: str, name: str, kind: str) -> ResId:
        gvk = self.id.gvk
        return ResId(gvk if kind == gvk.kind else Gvk(gvk.group, gvk.version, kind), name, namespace)

    @property
    def ids(self) -> list[ResId]:
        """Give all ids, oldest first, the current one last."""
        return [*self.previous_ids, self.id]

    @property
    def original_id(self) -> ResId:
        """Give the first id that the resource had."""
        return self._previous_id(*self.previous[0]) if self.previous else self.id

    @property
    def original_gvk(self) -> Gvk:
        """Give group, version and kind of the first id."""
        gvk = self.id.gvk
        kind = self.previous[0][2] if self.previous else gvk.kind
        return gvk if kind == gvk.kind else Gvk(gvk.group, gvk.version, kind)

    def remember_id(self) -> None:
        """Keep the current id among the previous ones; call it before a change of name, namespace or kind."""
        self.previous.append((self.id.effective_namespace, self.id.name, self.id.gvk.kind))

    def forget_history(self) -> None:
        """Lose former ids, affixes and the wish for a hash.

        kustomize keeps these in annotations, and a patch that removes all annotations takes them along.
        """
        self.previous, self.prefixes, self.suffixes = [], [], []
        self.needs_hash = False
        self.behavior = ""
        self.forget_origin()

    def forget_origin(self) -> None:
        """Lose where the resource comes from and what changed it."""
        self.origin = None
        self.transformations = []

    def link(self, name: str, members: list[tuple[str, dict[str, Any]]]) -> None:
        """Tie maps in which one transformer made the same key: in kustomize they share one YAML node.

        `members` are (field path, map). Whoever changes the value in one of them later changes it in all.
        """
        ordered = [one for _, one in sorted(members, key=lambda member: member[0])]
        self.links.append(Link(name, ordered[0][name], ordered))

    def follow_links(self) -> None:
        """Carry a change of a value in one of several tied maps over to the others; the last one changed counts."""
        for link in self.links:
            changed = [one for one in link.members if link.is_changed_in(one)]
            if not changed:
                continue
            value = changed[-1][link.name]
            for one in link.members:
                if link.name in one:
                    one[link.name] = value
            link.value = value

    def set_name(self, name: str) -> None:
        """Write metadata.name. `ResMap.rekey` must follow."""
        metadata = self.manifest.setdefault("metadata", {})
        metadata["name"] = untagged(metadata.get("name"), name)

    def take_over(self, old: Resource, *, merge: bool) -> None:
        """Become the successor of `old`: its name, history, labels and annotations and, to merge, its data.

        What this resource says wins. It keeps its own type and flags. See kustomize's CopyMergeMetaDataFieldsFrom.
        """
        metadata = self.manifest["metadata"]
        for field in ("labels", "annotations"):
            merged = {**_texts(old.manifest.get("metadata"), field), **_texts(metadata, field)}
            metadata.pop(field, None)
            if merged:
                metadata[field] = merged
        self._take_identity(old, merge=merge)
        if merge:
            self._take_data(old.manifest)

    def _take_identity(self, old: Resource, *, merge: bool) -> None:
        metadata = self.manifest["metadata"]
        metadata["name"] = old.name
        metadata.pop("namespace", None)
        if old.namespace:
            metadata["namespace"] = old.namespace
        self.previous, self.prefixes, self.suffixes = old.previous, old.prefixes, old.suffixes
        self.transformations = old.transformations
        self.referenced_by_vars = old.referenced_by_vars
        self.needs_hash = self.needs_hash and old.needs_hash
        self.behavior = old.behavior
        if merge:
            self.origin = old.origin or self.origin
        self.id = self.read_id()
        self.key = self.id.key

    def _take_data(self, old: dict[str, Any]) -> None:
        data = {**_texts(old, "data"), **_string_data(old)}
        for field, before in (("data", data), ("binaryData", _texts(old, "binaryData"))):
            merged = {**before, **_texts(self.manifest, field)}
            self.manifest.pop(field, None)
            if merged:
                self.manifest[field] = dict(sorted(merged.items()))

    def __str__(self) -> str:
        """Give kind/name, for messages."""
        return f"{self.id.gvk.kind}/{self.id.name}"


class ResMap:
    """Resources in the order they were added, found by current or by any id without a search.

    The indexes of former ids and of names are made when first asked. They may hold stale entries (of a resource whose
    apiVersion changed): every look-up verifies.
    """

    __slots__ = ("_by_any", "_by_key", "_by_name", "_next_slot", "_resources")

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        """Take resources in order. Raises ConflictError when two have one id."""
        self._resources: dict[int, Resource] = {}
        self._next_slot = 0
        self._by_key: dict[Key, list[Resource]] = {}
        self._by_any: dict[Key, list[Resource]] | None = None
        self._by_name: dict[str, dict[int, Resource]] | None = None
        for resource in resources:
            self.append(resource)

    def __iter__(self) -> Iterator[Resource]:
        """Go through the resources in their order; the ResMap may change meanwhile."""
        return iter(list(self._resources.values()))

    def __len__(self) -> int:
        """Count the resources."""
        return len(self._resources)

    def __contains__(self, resource: Resource) -> bool:
        """Tell whether this very resource is here."""
        return self._resources.get(resource.slot) is resource

    def append(self, resource: Resource) -> None:
        """Add a resource at the end. Raises ConflictError when its current id is there already."""
        present = self._by_key.get(resource.key)
        if present:
            raise ConflictError(resource.id, present[0].source, resource.source)
        resource.slot = self._next_slot
        self._next_slot += 1
        self._put(resource)

    def _put(self, resource: Resource) -> None:
        self._resources[resource.slot] = resource
        self._by_key.setdefault(resource.key, []).append(resource)
        if self._by_any is not None:
            _index(self._by_any, resource, _keys(resource))
        if self._by_name is not None:
            _index_names(self._by_name, resource)

    def extend(self, resources: Iterable[Resource]) -> None:
        """Add resources in their order. Raises ConflictError as `append` does."""
        for resource in resources:
            self.append(resource)

    def remove(self, resource: Resource) -> None:
        """Take a resource out."""
        del self._resources[resource.slot]
        self._forget(resource)

    def _forget(self, resource: Resource) -> None:
        rest = [one for one in self._by_key[resource.key] if one is not resource]
        if rest:
            self._by_key[resource.key] = rest
        else:
            del self._by_key[resource.key]

    def replace(self, old: Resource, new: Resource) -> None:
        """Put `new` where `old` stands."""
        self._forget(old)
        new.slot = old.slot
        self._put(new)

    def rekey(self, resource: Resource) -> None:
        """Follow a change of the resource's manifest or former ids in the indexes."""
        new = resource.read_id()
        if new == resource.id:
            # A former id that came to it meanwhile was the current one, and so is known.
            return
        self._forget(resource)
        same_kind = new.gvk == resource.gvk
        resource.id = new
        resource.key = new.key
        self._by_key.setdefault(resource.key, []).append(resource)
        if self._by_any is not None:
            _index(self._by_any, resource, [resource.key] if same_kind else _keys(resource))
        if self._by_name is not None:
            self._by_name.setdefault(new.name, {})[resource.slot] = resource

    def rekey_all(self) -> None:
        """Follow a change of most manifests: to make the index anew costs less than to mend it for each."""
        self._by_any = self._by_name = None
        self._by_key = {}
        for resource in self._resources.values():
            resource.id = new = resource.read_id()
            resource.key = new.key
            self._by_key.setdefault(resource.key, []).append(resource)

    def with_id(self, wanted: ResId) -> list[Resource]:
        """Find the resources whose current id is `wanted`."""
        return list(self._by_key.get(wanted.key, ()))

    def rival_of(self, resource: Resource) -> Resource | None:
        """Find another resource of the same current id."""
        same = self._by_key[resource.key]
        return None if len(same) == 1 else next(one for one in same if one is not resource)

    def with_any_id(self, wanted: ResId) -> list[Resource]:
        """Find the resources whose current or former id is `wanted`, in no particular order."""
        if self._by_any is None:
            self._by_any = {}
            for resource in self._resources.values():
                _index(self._by_any, resource, _keys(resource))
        key = wanted.key
        return [
            one
            for one in self._by_any.get(key, ())
            if one in self and (one.key == key or any(known.key == key for known in one.previous_ids))
        ]

    def named(self, name: str) -> list[Resource]:
        """Find the resources that have or had a name, in the order in which they were added."""
        if self._by_name is None:
            self._by_name = {}
            for resource in self._resources.values():
                _index_names(self._by_name, resource)
        found = self._by_name.get(name, {})
        return [found[slot] for slot in sorted(found) if found[slot] in self]

    def check_unique(self) -> None:
        """Raise ConflictError when a patch or a replacement gave two resources one id."""
        for same in self._by_key.values():
            if len(same) > 1:
                raise ConflictError(same[1].id, same[0].source, same[1].source)

    def reorder(self, resources: Iterable[Resource]) -> None:
        """Set another order of the same resources."""
        self._resources = {one.slot: one for one in resources}


def _index_names(by_name: dict[str, dict[int, Resource]], resource: Resource) -> None:
    for name in {resource.name, *(name for _, name, _ in resource.previous)}:
        by_name.setdefault(name, {})[resource.slot] = resource


def _keys(resource: Resource) -> list[Key]:
    return [resource.key, *(one.key for one in resource.previous_ids)]


def _index(by_any: dict[Key, list[Resource]], resource: Resource, keys: list[Key]) -> None:
    for key in keys:
        known = by_any.setdefault(key, [])
        if not any(one is resource for one in known):
            known.append(resource)
