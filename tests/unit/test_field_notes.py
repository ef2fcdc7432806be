"""The reference of kustomization fields says what the loader's registry says, no more and no less."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from imbricate.field_notes import DEVIATES, NO_EFFECT, NOTES, SUPPORTED
from imbricate.fields import from_value
from tasks.docs import REFERENCE, fields, reference, write_reference

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = {
    "string": "x",
    "true or false": True,
    "whole number": 1,
    "map": {},
    "map of strings": {},
    "list of strings": [],
    "list of maps": [],
}


def test_every_field_of_the_registry_has_a_note_and_no_other() -> None:
    assert sorted(NOTES) == sorted(field.path for field in fields())


def test_notes_are_one_line_with_a_known_status() -> None:
    assert {note.status for note in NOTES.values()} == {SUPPORTED, DEVIATES, NO_EFFECT}
    assert [path for path, note in NOTES.items() if "\n" in note.text or not note.text.strip()] == []


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.path)
def test_the_loader_takes_each_field_with_a_value_of_its_type(field: object) -> None:
    path, value = field  # type: ignore[misc]
    whole: object = EXAMPLES[value]
    for name in reversed(path.split(".")):
        whole = {name.removesuffix("[]"): [whole] if name.endswith("[]") else whole}
    if path == "apiVersion":
        whole = {"apiVersion": "kustomize.config.k8s.io/v1beta1"}
    if path == "kind":
        whole = {"kind": "Kustomization"}

    from_value({"namePrefix": "p-", **whole}, "kustomization.yaml")  # type: ignore[dict-item]


def test_the_committed_reference_is_up_to_date() -> None:
    assert (ROOT / REFERENCE).read_text(encoding="utf-8") == reference(), "run doit docs"


def test_writing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)

    write_reference()
    write_reference()

    assert (tmp_path / REFERENCE).read_text(encoding="utf-8") == reference()
    assert capsys.readouterr().out == (
        "docs/reference/kustomization.md: written\ndocs/reference/kustomization.md: is up to date\n"
    )


def test_no_build_reads_the_notes() -> None:
    check = "import sys, imbricate.cli, imbricate.composition; print('imbricate.field_notes' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, check=True, text=True)

    assert done.stdout == "False\n"
