"""Which object a person means: `Kind/name`, `Kind.group/name`, `Kind/name/namespace`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imbricate.errors import ImbricateError
from imbricate.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imbricate.provenance.recording import History
    from imbricate.resid import ResId


class ObjectReferenceError(ImbricateError):
    """A reference that cannot be read, or means no object or several."""


class NoSuchObjectError(ObjectReferenceError):
    """A reference that means no object; `known` are those that there are, as Kind/name."""

    def __init__(self, reference: Reference, known: Iterable[str]) -> None:
        """Take the reference and what it could have meant."""
        self.known = tuple(dict.fromkeys(known))
        near = nearest(f"{reference.kind}/{reference.name}", self.known)
        hint = f"; did you mean {near}?" if near else ""
        super().__init__(f"there is no {reference}, and no layer ever made it{hint}")


class Reference(NamedTuple):
    """What is known of an object; an empty group or namespace means any."""

    kind: str
    name: str
    group: str = ""
    namespace: str = ""

    @classmethod
    def of(cls, text: str, namespace: str = "") -> Reference:
        """Read a reference. Raises ObjectReferenceError."""
        kind, _, rest = text.partition("/")
        name, _, own = rest.partition("/")
        if not kind or not name or "/" in own or (own and namespace and own != namespace):
            raise ObjectReferenceError(f"expected Kind/name, Kind.group/name or Kind/name/namespace, found {text!r}")
        kind, _, group = kind.partition(".")
        return cls(kind, name, group, own or namespace)

    def __str__(self) -> str:
        """Give the reference as it is written."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return "/".join(filter(None, (kind, self.name, self.namespace)))

    def means(self, identity: ResId) -> bool:
        """Tell whether an object of this id is meant; the case of the kind does not matter."""
        return (
            self.name == identity.name
            and self.kind.lower() == identity.gvk.kind.lower()
            and self.group in {"", identity.gvk.group}
            and self.namespace in {"", identity.namespace, identity.effective_namespace}
        )


def chosen(histories: Sequence[History], reference: Reference) -> History:
    """Choose the object: one of the output by its name there, else by a former one, else one that was removed.

    Raises ObjectReferenceError when there is none, with the nearest, or several, with all of them.
    """
    present = [one for one in histories if not one.is_removed]
    for found in (
        [one for one in present if reference.means(one.resource.id)],
        [one for one in present if any(map(reference.means, ids_of(one)))],
        [one for one in histories if one.is_removed and any(map(reference.means, ids_of(one)))],
    ):
        if len(found) > 1:
            listed = ", ".join(_written(one.resource.id) for one in found)
            raise ObjectReferenceError(f"{reference} means {len(found)} objects: {listed}; say which")
        if found:
            return found[0]
    raise NoSuchObjectError(reference, (f"{one.gvk.kind}/{one.name}" for history in present for one in ids_of(history)))


def ids_of(history: History) -> list[ResId]:
    """Give all ids that an object has or had."""
    return [*history.resource.ids, *history.ids]


def _written(identity: ResId) -> str:
    gvk = identity.gvk
    kind = f"{gvk.kind}.{gvk.group}" if gvk.group else gvk.kind
    namespace = "" if identity.is_cluster_scoped else identity.effective_namespace
    return "/".join(filter(None, (kind, identity.name, namespace)))
