"""`patches`: entries as the flags of `add patch` and `remove patch` say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.edit.change import Change
from imbricate.errors import EditError

if TYPE_CHECKING:
    from imbricate.edit.canonical import Fields


def patch_entry(path: str, patch: str, target: dict[str, str]) -> Fields:
    """Make an entry of `patches`. Raises EditError for one with both a path and a text."""
    if path and patch:
        raise EditError("patch: expected either --path or --patch, found both")
    entry: Fields = {name: value for name, value in (("path", path), ("patch", patch)) if value}
    selector = {name: value for name, value in target.items() if value}
    return {**entry, "target": selector} if selector else entry


def add_patch(fields: Fields, entry: Fields) -> Change:
    """Add an entry unless it is there. Raises EditError for one without path and text."""
    if not entry.keys() & {"path", "patch"}:
        raise EditError("add patch: expected --path or --patch, found neither")
    present = fields.setdefault("patches", [])
    if entry in present:
        return Change(is_made=False, notes=("the patch is in patches already",))
    present.append(entry)
    return Change()


def remove_patch(fields: Fields, entry: Fields) -> Change:
    """Remove the entries that are just this."""
    present = fields.get("patches") or []
    kept = [one for one in present if one != entry]
    if len(kept) == len(present):
        return Change(is_made=False, notes=("patches holds no entry with just this path or patch, and target",))
    fields["patches"] = kept
    return Change()
