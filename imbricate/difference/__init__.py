"""What differs between two sets of manifests: object by object, field by field, with secrets masked.

compare(old, new)            manifests → Comparison: which objects are added, removed, changed or renamed
edits(old, new)              one value → the edits that make the other of it
applied(old, edits)          the edits again → the other value

Order of the work: plain values → objects matched by kind and name, then by the stem of a hashed name → what differs is
masked → lists aligned → edits.
"""

from __future__ import annotations

from imbricate.difference.edits import MISSING, Edit, applied, edits
from imbricate.difference.masking import Masked, masked
from imbricate.difference.objects import Comparison, Identity, ObjectChange, compare
from imbricate.difference.paths import Item, Path, path_text

__all__ = [
    "MISSING",
    "Comparison",
    "Edit",
    "Identity",
    "Item",
    "Masked",
    "ObjectChange",
    "Path",
    "applied",
    "compare",
    "edits",
    "masked",
    "path_text",
]
