"""`doit docs`: what is written from its source: fields of kustomizations, rules of the gate, requirements.

docs/reference/kustomization.md from the registry that the loader reads by; docs/policies.md from the rules;
docs/requirements.md from docs/requirements/.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.decode import Shape
    from imbricate.field_notes import Note

REFERENCE = Path("docs/reference/kustomization.md")
_HEAD = """\
# Fields of a kustomization

Every field that a `kustomization.yaml` may hold. Written by `doit docs` from the registry that the loader uses, so a
field that is not in the table is refused, with the nearest known one. `[]` is each element of a list. Names match
without regard to case, as in kustomize; a null leaves a field unset.

What *deviates* does so from kustomize v5.8.2; what is *supported* gives the same bytes.

"""


class Field(NamedTuple):
    """A field of a kustomization: its path, as in `patches[].target.kind`, and the type of its value."""

    path: str
    type: str


def task_docs() -> dict[str, Any]:
    """Write the reference of fields, docs/policies.md and docs/requirements.md."""
    return {"actions": [write_reference, write_policies, write_requirements], "verbosity": 2}


def write_reference() -> None:
    """Write the table of fields."""
    _write(REFERENCE, reference())


def write_policies() -> None:
    """Write the rules of `doit check`."""
    from tasks.checks.page import PAGE, page  # noqa: PLC0415 - `doit list` needs none of it

    _write(PAGE, page())


def write_requirements() -> None:
    """Write the criteria of the specifications, if there are any."""
    from tasks.requirements.page import PAGE, page  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.requirements.reading import specifications  # noqa: PLC0415

    found, _ = specifications()
    if found or PAGE.is_file():
        _write(PAGE, page(found))


def _write(file: Path, text: str) -> None:
    """Write a file unless it holds just this."""
    from imbricate.write import write_file  # noqa: PLC0415 - `doit list` needs no engine

    file.parent.mkdir(parents=True, exist_ok=True)
    print(f"{file}: {'written' if write_file(file, text) else 'is up to date'}")


def reference() -> str:
    """Give the text of the reference: one row a field, in the order of the registry."""
    from imbricate.field_notes import NOTES  # noqa: PLC0415

    rows = [_row(field, NOTES[field.path]) for field in fields()]
    return _HEAD + "| field | value | status | what it does |\n|---|---|---|---|\n" + "".join(rows)


def _row(field: Field, note: Note) -> str:
    return f"| `{field.path}` | {field.type} | {note.status} | {note.text.replace('|', chr(92) + '|')} |\n"


def fields() -> list[Field]:
    """Give every field of the registry, each map before its own fields."""
    from imbricate.fields import KUSTOMIZATION  # noqa: PLC0415

    return list(_fields_of(KUSTOMIZATION, ""))


def _fields_of(shape: Shape[Any], above: str) -> Iterator[Field]:
    for name, reader in shape.fields.items():
        inner, brackets = _opened(reader)
        path = f"{above}{name}"
        yield Field(path, ("list of " if brackets else "") + _type_of(inner, plural=bool(brackets)))
        if not isinstance(inner, str):
            yield from _fields_of(inner, f"{path}{brackets}.")


def _opened(reader: Any) -> tuple[Shape[Any] | str, str]:
    """Give what a reader reads, a shape or the name of a scalar's reader, and `[]` where it reads a list of that."""
    from imbricate.decode import Shape  # noqa: PLC0415

    owner = getattr(reader, "__self__", reader)
    if isinstance(owner, Shape):
        return owner, ""
    element = inspect.getclosurevars(reader).nonlocals.get("read")
    if element is not None:
        return _opened(element)[0], "[]"
    return reader.__name__, ""


_TYPES = {
    "text": ("string", "strings"),
    "optional_text": ("string", "strings"),
    "boolean": ("true or false", "booleans"),
    "integer": ("whole number", "whole numbers"),
    "text_map": ("map of strings", "maps of strings"),
    "any_map": ("map", "maps"),
}


def _type_of(inner: Shape[Any] | str, *, plural: bool) -> str:
    return _TYPES[inner if isinstance(inner, str) else "any_map"][plural]
