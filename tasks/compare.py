"""What differs between two rendered texts: object by object, field by field.

Objects are matched by kind, namespace and name; elements of lists by their name where they have one. The values of
Secrets are never shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.documents import read_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = object()
_MASK = "(not shown)"
_LONGEST = 60


class Change(NamedTuple):
    """One difference: the object (`Deployment/api`), the field's path, empty for a whole object, and both values."""

    object: str
    field: str
    before: str
    after: str

    def __str__(self) -> str:
        """Give the line that is shown."""
        if not self.field:
            return f"{self.object}: {self.after or 'removed'}"
        return f"{self.object} {self.field}: {self.before} -> {self.after}"


def objects(text: str) -> dict[str, dict[str, Any]]:
    """Read rendered text as objects by name. Raises ImbricateError when it is none."""
    return {_name(document): document for document in read_resources(text, "") if isinstance(document, dict)}


def _name(document: dict[str, Any]) -> str:
    metadata = document.get("metadata") or {}
    namespace = metadata.get("namespace")
    name = f"{document.get('kind')}/{metadata.get('name')}"
    return f"{name} in {namespace}" if namespace else name


def summary(before: str, after: str) -> str:
    """Say in a few words what a rendering changed."""
    if before == after:
        return "unchanged"
    old, new = objects(before), objects(after)
    counts = {
        "changed": sum(old[name] != new[name] for name in old.keys() & new.keys()),
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
    }
    return "written: " + (", ".join(f"{number} {what}" for what, number in counts.items() if number) or "order only")


def differences(before: str, after: str) -> list[Change]:
    """Give all differences between two texts, by object and field."""
    old, new = objects(before), objects(after)
    changes: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(Change(name, "", "", "added"))
        elif name not in new:
            changes.append(Change(name, "", "there", ""))
        else:
            is_secret = new[name].get("kind") == "Secret"
            changes += (
                Change(name, field, _shown(one, is_secret), _shown(other, is_secret))
                for field, one, other in _fields("", old[name], new[name])
            )
    return changes


def _fields(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _fields(f"{path}.{key}".lstrip("."), old.get(key, _MISSING), new.get(key, _MISSING))
    elif _is_named(old) and _is_named(new):
        left, right = ({one["name"]: one for one in side} for side in (old, new))
        for name in dict.fromkeys([*left, *right]):
            yield from _fields(f"{path}[{name}]", left.get(name, _MISSING), right.get(name, _MISSING))
        if list(left) != list(right) and left.keys() == right.keys():
            yield path, f"order {', '.join(map(str, left))}", f"order {', '.join(map(str, right))}"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _fields(f"{path}[{index}]", one, other)
    elif type(old) is not type(new) or old != new:
        yield path, old, new


def _is_named(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "name" in one for one in value)
        and len({str(one["name"]) for one in value}) == len(value)
    )


def _shown(value: Any, is_secret: bool) -> str:  # noqa: FBT001 - a flag of the object, not of the call
    if value is _MISSING:
        return "(none)"
    if is_secret:
        return _MASK
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
