"""docs/requirements/<system>.yaml → specifications with their criteria, and what is wrong with the files.

The form is that of docs/requirements/requirements.schema.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from imbricate.documents.located import Located, locate_config
from tasks.quick_yaml import read_yaml

FOLDER = Path("docs/requirements")
_FIELDS = ("id", "asks", "answered_by", "proven_by", "not_done")
_TOP = ("specification", "criteria")


class Flaw(NamedTuple):
    """What is wrong: the file, the line, the criterion (empty for the whole file), what was found and expected."""

    file: str
    line: int | None
    criterion: str
    message: str


class Criterion(NamedTuple):
    """What a specification asks: its number, in our words, the files that answer it, the rules and tests that prove it.

    `not_done` is the reason why it is not. `lines` are those of the criterion and of each answer and proof.
    """

    id: str
    asks: str
    answered_by: tuple[str, ...]
    proven_by: tuple[str, ...]
    not_done: str
    lines: dict[str, int]


class Specification(NamedTuple):
    """The specification of a system: the file that traces it, its name, its criteria in their order."""

    file: str
    name: str
    criteria: tuple[Criterion, ...]


def specifications() -> tuple[list[Specification], list[Flaw]]:
    """Read all files, by name."""
    found: list[Specification] = []
    flaws: list[Flaw] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        read = _specification(file)
        if isinstance(read, Flaw):
            flaws.append(read)
        else:
            found.append(read[0])
            flaws += read[1]
    return found, flaws


def _specification(file: Path) -> tuple[Specification, list[Flaw]] | Flaw:
    try:
        text = file.read_text()
        content = read_yaml(text)
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        return Flaw(str(file), None, "", f"cannot be read: {' '.join(str(error).split())}")
    if not isinstance(content, dict) or not isinstance(content.get("criteria"), list):
        return Flaw(str(file), 1, "", "expected a map with specification and criteria, a list")
    node = locate_config(text)
    unknown = next((str(one) for one in content if one not in _TOP), None)
    if unknown:
        return Flaw(str(file), node.pairs[unknown][0], "", f"unknown field {unknown}; known are {', '.join(_TOP)}")
    criteria: list[Criterion] = []
    flaws: list[Flaw] = []
    for entry, located in zip(content["criteria"], node.pairs["criteria"][1].items, strict=False):
        read = _criterion(str(file), entry, located)
        criteria += [read] if isinstance(read, Criterion) else []
        flaws += [read] if isinstance(read, Flaw) else []
    flaws += _twice(str(file), criteria)
    return Specification(str(file), str(content.get("specification") or file.stem), tuple(criteria)), flaws


def _criterion(file: str, entry: Any, node: Located) -> Criterion | Flaw:
    if not isinstance(entry, dict):
        return Flaw(file, node.line, "", f"expected a map with {', '.join(_FIELDS[:2])}, found {entry!r}")
    name = str(entry.get("id") or "")
    unknown = next((str(one) for one in entry if one not in _FIELDS), None)
    if unknown:
        return Flaw(file, node.pairs[unknown][0], name, f"unknown field {unknown}; known are {', '.join(_FIELDS)}")
    for field in ("id", "asks"):
        if not isinstance(entry.get(field), str) or not entry[field].strip():
            return Flaw(file, node.line, name, f"{field}: expected a text, found {entry.get(field)!r}")
    lists = {field: _texts(entry.get(field)) for field in ("answered_by", "proven_by")}
    wrong = next((field for field, found in lists.items() if found is None), None)
    if wrong:
        return Flaw(file, node.pairs[wrong][0], name, f"{wrong}: expected a list of texts, found {entry[wrong]!r}")
    answers, proofs = lists["answered_by"] or (), lists["proven_by"] or ()
    reason = " ".join(str(entry.get("not_done") or "").split())
    asks = " ".join(entry["asks"].split())
    return Criterion(name, asks, answers, proofs, reason, {"": node.line, **_lines(node)})


def _texts(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        return None
    return tuple(value)


def _lines(node: Located) -> dict[str, int]:
    """Give the line of each answer and proof."""
    lists = [node.pairs[field][1].items for field in ("answered_by", "proven_by") if field in node.pairs]
    return {one.text: one.line for found in lists for one in found}


def _twice(file: str, criteria: list[Criterion]) -> list[Flaw]:
    seen: set[str] = set()
    flaws = []
    for one in criteria:
        if one.id in seen:
            flaws.append(Flaw(file, one.lines[""], one.id, "is there twice"))
        seen.add(one.id)
    return flaws
