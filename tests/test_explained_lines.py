"""Fields of the rendered units, picked blind: whoever changes the line that explain names last changes the field.

IMBRICATE_BLIND says how many; which, is the seed's choice.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

import imbricate
from imbricate.composition import compose
from imbricate.provenance import Explainer, Reference, record
from imbricate.provenance.fields import all_fields, shown, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.provenance import FieldChange

ROOT = Path(__file__).parent.parent
SEED = 8
COUNT = int(os.environ.get("IMBRICATE_BLIND", "48"))
_SOURCES = ("base", "components", "overlays")
_IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
_NOTED = re.compile(r"\(([^()]+):(\d+)\)$")  # where a value was copied from
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s,\[\]{}'\"]+")
_PLAIN_NUMBER = re.compile(r"\d+")
Key = tuple[str, str, str, str]


class Field(NamedTuple):
    """A field of an object of a unit."""

    unit: str
    key: Key
    path: tuple[str | int, ...]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give what the units are rendered from, to be changed."""
    for name in _SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _objects(text: str) -> dict[Key, Any]:
    return {_key(one): one for one in yaml.load_all(text, yaml.CSafeLoader) if one}


def _key(manifest: dict[str, Any]) -> Key:
    metadata = manifest["metadata"]
    group = manifest["apiVersion"].rpartition("/")[0]
    return group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]


@cache
def _rendered(unit: str) -> dict[Key, Any]:
    return _objects((ROOT / "gitops" / unit / "manifests.yaml").read_text())


def _picked() -> Iterator[Field]:
    """Pick a unit, one of its objects, one of the fields of that."""
    chance = random.Random(SEED)  # noqa: S311 - nothing is kept secret by it
    units = sorted(str(path.parent.relative_to(ROOT / "gitops")) for path in ROOT.glob("gitops/*/*/manifests.yaml"))
    found = 0
    while found < COUNT:
        unit = chance.choice(units)
        key = chance.choice(list(_rendered(unit)))
        path = chance.choice(list(all_fields(_rendered(unit)[key])))
        if path not in _IDENTITY and not isinstance(value_at(_rendered(unit)[key], path), dict | list):
            found += 1
            yield Field(unit, key, path)


@cache
def _explainer(overlay: str) -> Explainer:
    def again(observer: Any) -> object:
        return compose(overlay, observer=observer)

    return Explainer(record(overlay), again)


def _place(change: FieldChange) -> tuple[str, int]:
    """Give the file and line that decides: of a value that was copied, those that it was copied from."""
    noted = _NOTED.search(change.note)
    if noted:
        return noted[1], int(noted[2])
    assert change.place
    assert change.place.line
    return change.place.file, change.place.line


def _others(line: str) -> Iterator[str]:
    """Give the line with each of its values, the last first, changed; then with something behind it."""
    start = len(re.match(r"\s*(?:- )*(?:[\w./-]+:(?= ))?", line)[0])  # type: ignore[index]
    for found in reversed(list(_VALUE.finditer(line, start))):
        yield line[: found.start()] + _other(found[0]) + line[found.end() :]
    yield f"{line} another"


def _other(text: str) -> str:
    if text in {"true", "false"}:
        return "false" if text == "true" else "true"
    if text[0] in "'\"":
        return text[0] + _other(text[1:-1] or "x") + text[0]
    return str(int(text) + 7) if _PLAIN_NUMBER.fullmatch(text) else f"{text}7"


@contextlib.contextmanager
def _changed(file: Path, number: int, line: str) -> Iterator[None]:
    before = file.read_bytes()
    lines = before.decode().split("\n")
    lines[number - 1] = line
    file.write_text("\n".join(lines))
    try:
        yield
    finally:
        file.write_bytes(before)


def _is_decided_by(field: Field, file: Path, number: int) -> bool | None:
    """Tell whether a change of a line changes a field; None when nothing can be built with any change of it."""
    built = False
    before = _rendered(field.unit)
    for line in _others(file.read_text().split("\n")[number - 1]):
        with _changed(file, number, line):
            try:
                after = _objects(imbricate.build(f"overlays/{field.unit}"))
            except (imbricate.ImbricateError, yaml.YAMLError):
                continue
        built = True
        if value_at(_same_object(field.key, before, after), field.path) != value_at(before[field.key], field.path):
            return True
    return False if built else None


def _same_object(key: Key, before: dict[Key, Any], after: dict[Key, Any]) -> Any:
    """Find an object again, which may have another hash in its name."""
    if key in after:
        return after[key]
    renamed = [one for one in after if one not in before and one[:3] == key[:3]]
    return next((after[one] for one in renamed if one[3][:-11] == key[3][:-11]), {})


@pytest.mark.usefixtures("copy")
def test_the_line_that_is_named_last_decides() -> None:
    wrong, undecided = [], []
    for field in _picked():
        overlay = f"overlays/{field.unit}"
        group, kind, namespace, name = field.key
        written = shown(_rendered(field.unit)[field.key], field.path)
        found = _explainer(overlay).explain(Reference(kind, name, group, namespace), written)
        file, number = _place(found.links[-1].changes[-1])
        decided = _is_decided_by(field, Path(file), number)
        if decided is None:
            undecided.append(f"{field.unit} {kind}/{name} {written}: {file}:{number}")
        elif not decided:
            wrong.append(f"{field.unit} {kind}/{name} {written}: {file}:{number}")

    _explainer.cache_clear()
    assert wrong == []
    assert len(undecided) <= COUNT / 10, undecided
