"""A report as JSON; docs/reference/diff.md describes it. What is there stays; new fields may come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imbricate.difference import MISSING, Masked, path_text

if TYPE_CHECKING:
    from imbricate.difference import Edit, Identity, ObjectChange
    from tasks.diff.changes import Report, UnitChange

VERSION = 1


def as_json(report: Report) -> str:
    """Give the JSON, which ends with a line feed."""
    found = {
        "version": VERSION,
        "before": report.before,
        "after": report.after,
        "differs": bool(report.differing),
        "counts": report.counts,
        "units": [unit_as_json(change) for change in report.changes],
        "warnings": list(report.warnings),
    }
    return written(found)


def written(value: Any) -> str:
    """Write a value; of a masked one comes out what may be shown."""
    return json.dumps(value, indent=2, default=_shown) + "\n"


def _shown(value: Any) -> dict[str, str]:
    if isinstance(value, Masked):
        return {"masked": value.length}
    raise TypeError(f"{type(value).__name__} is no value of a manifest")


def unit_as_json(change: UnitChange) -> dict[str, Any]:
    """Give a unit with its objects."""
    namespaces = [{"before": old, "after": new, "objects": n} for old, new, n in change.comparison.namespaces]
    return {
        "unit": change.unit.name,
        "environment": change.unit.environment,
        "system": change.unit.system,
        "differs": change.differs,
        "counts": change.counts,
        "namespaces": namespaces,
        "objects": [_object(one) for one in change.comparison.changes],
        "refused": list(change.refused),
    }


def _object(change: ObjectChange) -> dict[str, Any]:
    found = {"change": change.kind, **_identity(change.identity)}
    if change.kind == "renamed" and change.before is not None:
        found |= {"previousName": change.before.name, "usedBy": [_identity(one) for one in change.used_by]}
    if change.manifest is not None:
        return {**found, "object": change.manifest}
    return {**found, "fields": [_field(edit) for edit in change.edits]}


def _identity(identity: Identity) -> dict[str, Any]:
    return {"group": identity.group, "kind": identity.kind, "namespace": identity.namespace, "name": identity.name}


def _field(edit: Edit) -> dict[str, Any]:
    found = {"change": edit.kind, "path": path_text(edit.path)}
    if edit.kind == "moved":
        item = edit.path[-1]
        return {**found, "from": item.before, "to": item.after}  # type: ignore[union-attr]
    values = {"before": edit.before, "after": edit.after}
    return {**found, **{name: value for name, value in values.items() if value is not MISSING}}
