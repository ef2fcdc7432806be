"""One tree of exceptions. Every message is one line: where, what was found, what was expected, and the way on.

    ImbricateError
    ├── DocumentError            text that is no YAML or JSON, or a value that cannot be printed
    ├── KustomizationError       a field of a kustomization
    ├── LoadError                a file or folder that cannot be read
    ├── WriteError               a file that cannot be written
    ├── EditError                a change of a kustomization that cannot be made
    ├── ConflictError            two resources of one id
    ├── ReferenceConflictError   a name that could mean several resources
    ├── MergeError               a strategic merge patch that does not fit its target
    ├── JsonPatchError           a JSON 6902 patch that does not apply
    ├── FieldSpecError           a field spec that does not fit the object
    ├── FieldPathError           a field path that does not fit the object
    ├── PatternError             text that is no regular expression
    └── SelectorError            a label selector that cannot be read

The errors from MergeError on carry no place of their own: who knows the kustomization adds file and field.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class ImbricateError(Exception):
    """Anything that a user can cause."""


class DocumentError(ImbricateError):
    """Text that is no YAML or JSON as expected; `line` and `column` count from 1, None where they are not known."""

    def __init__(self, file: str, line: int | None, column: int | None, message: str) -> None:
        """Take the file as shown, the place, and what was expected."""
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)
        self.file = file
        self.line = line
        self.column = column
        self.message = message


class KustomizationError(ImbricateError):
    """A field of a kustomization that does not fit, or cannot be done."""

    def __init__(self, file: str, field: str, message: str) -> None:
        """Take the file as shown, the exact field path (`patches[2].target`), and the message."""
        super().__init__(": ".join(part for part in (file, field, message) if part))
        self.file = file
        self.field = field
        self.message = message


class LoadError(ImbricateError):
    """A file or folder that is missing, cannot be read, or must not be."""

    def __init__(self, path: str, folder: Path, reason: str) -> None:
        """Take the path as written, the folder that it is relative to, and what is wrong with it."""
        self.path = path
        self.reason = reason
        self.message = f"{path!r} {reason}" if path else reason
        shown = os.path.relpath(folder)
        super().__init__(f"{self.message} (in {shown})" if path else f"{shown} {reason}")

    def at(self, file: str, field: str) -> KustomizationError:
        """Give the same error for the field of a kustomization that names the path."""
        return KustomizationError(file, field, self.message if self.path else str(self))


class WriteError(ImbricateError):
    """A file that cannot be written; what was there before is whole."""

    def __init__(self, path: Path, reason: str) -> None:
        """Take the file and what the system says."""
        super().__init__(f"{os.path.relpath(path)} cannot be written: {reason}")
        self.path = path
        self.reason = reason


class EditError(ImbricateError):
    """What was asked of an edit cannot be done; the file is as it was."""


class ConflictError(ImbricateError):
    """Two resources of one id."""

    def __init__(self, identity: object, present: object, added: object) -> None:
        """Take the id, where the resource came from that was there, and where the second one did."""
        sources = " and ".join(f"from {one or 'a transformer'}" for one in (present, added))
        super().__init__(f"{identity} is there twice: {sources}")


class ReferenceConflictError(ImbricateError):
    """A name that could mean several resources, which are called differently now."""

    def __init__(self, referrer: object, path: str, name: str, candidates: Iterable[object]) -> None:
        """Take the referrer, its field, the name in it, and the ids of what it could mean."""
        found = ", ".join(str(one) for one in candidates)
        super().__init__(
            f"{referrer}: {path.replace('/', '.')}: {name!r} could mean any of {found}; give them one name"
        )


class MergeError(ImbricateError):
    """A strategic merge patch that does not fit its target."""


class JsonPatchError(ImbricateError):
    """A JSON 6902 patch that cannot be read or does not apply."""


class FieldSpecError(ImbricateError):
    """A field spec that does not fit the object, or contradicts another."""


class FieldPathError(ImbricateError):
    """A field path that does not fit the object."""


class PatternError(ImbricateError):
    """Text that is no regular expression."""


class SelectorError(ImbricateError):
    """A label selector that cannot be read."""
