"""`commonLabels`, `labels` and `commonAnnotations`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imbricate.errors import EditError
from imbricate.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbricate.edit.canonical import Fields

Pairs = dict[str, str]
FIELDS = {"label": "commonLabels", "annotation": "commonAnnotations"}
_ANNOTATION_KEY = re.compile(
    r"(?:[a-zA-Z](?:[-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?/)?[a-zA-Z0-9](?:[-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?"
)


def read_pairs(arguments: Sequence[str], kind: str) -> Pairs:
    """Read arguments KEY:VALUE; a value may be in double quotes, and without a colon it is empty. Raises EditError."""
    pairs = {}
    for argument in arguments:
        key, _, value = argument.partition(":")
        if not key and argument:
            raise EditError(f"{kind}: expected KEY:VALUE, found {argument!r}")
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        pairs[key] = value[1:-1] if quoted else value
    return pairs


def set_pairs(fields: Fields, kind: str, pairs: Pairs) -> None:
    """Set labels or annotations. Raises EditError for the key of an annotation that is none."""
    for key in pairs:
        if kind == "annotation" and not _ANNOTATION_KEY.fullmatch(key):
            raise EditError(
                f"set annotation: {key!r} is no key of an annotation: expected letters, digits, '-', '_' and '.', "
                "at most 63, with an optional domain and '/' before them"
            )
    fields[FIELDS[kind]] = {**(fields.get(FIELDS[kind]) or {}), **pairs}


def add_pairs(fields: Fields, kind: str, pairs: Pairs, *, force: bool) -> None:
    """Add labels or annotations. Raises EditError for one that is there, unless it may be overwritten."""
    _add(fields.setdefault(FIELDS[kind], {}), pairs, FIELDS[kind], force=force)


def _add(present: Pairs, pairs: Pairs, field: str, *, force: bool) -> None:
    for key, value in pairs.items():
        if key in present and not force:
            raise EditError(f"{key!r} is in {field} already; overwrite it with --force")
        present[key] = value


def add_labels(fields: Fields, pairs: Pairs, *, include_templates: bool, force: bool) -> None:
    """Add labels that no selector gets, to the first entry of `labels` that is of this sort. Raises as `add_pairs`."""
    labels = fields.setdefault("labels", [])
    wanted = (False, include_templates)
    fitting = (
        one for one in labels if (one.get("includeSelectors", False), one.get("includeTemplates", False)) == wanted
    )
    label = next(fitting, None)
    if label is None:
        label = {"includeTemplates": True} if include_templates else {}
        labels.append(label)
    _add(label.setdefault("pairs", {}), pairs, f"labels[{labels.index(label)}]", force=force)


def remove_pairs(fields: Fields, kind: str, keys: Sequence[str], *, lenient: bool) -> None:
    """Remove labels or annotations by key. Raises EditError for one that is not there, unless that is to be ignored."""
    field = FIELDS[kind]
    present = fields.get(field)
    for key in keys:
        if not key:
            raise EditError(f"remove {kind}: expected keys separated by commas, found an empty one")
        if present is not None and key in present:
            del present[key]
        elif not lenient:
            near = nearest(key, present or ())
            raise EditError(f"remove {kind}: {key!r} is not in {field}{f'; did you mean {near}?' if near else ''}")
