"""Kustomizations put together at random from the fields of the cases, edited by us and by the real kustomize."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imbricate.edit.file import read
from imbricate.errors import ImbricateError
from tests.conformance.harness import KUSTOMIZE
from tests.unit.edit.harness import Case, Done, case_files, ours, read_case, theirs

_FIELD = re.compile(r"^(?=[A-Za-z]+:)", re.MULTILINE)
_COMMENTS = ("# one\n", "\n", "  # indented\n", "#\n", "    \n", "# images:\n", "# ü\r\n", "\r\n")
_EXAMPLES = 300


@cache
def _fields() -> dict[str, list[str]]:
    """Give the texts of fields that can be read, by the names of the fields."""
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kustomization.yaml"
        for case in _cases():
            for text in _FIELD.split(case.files.get("kustomization.yaml", "")):
                path.write_text(text, encoding="utf-8")
                name = text.partition(":")[0].lower()
                if _can_be_read(path) and _FIELD.match(text) and text not in found.setdefault(name, []):
                    found[name].append(text)
    return found


def _can_be_read(path: Path) -> bool:
    try:
        read(path)
    except ImbricateError:
        return False
    return True


@cache
def _cases() -> list[Case]:
    return [read_case(path.read_text(encoding="utf-8")) for path in case_files()]


@st.composite
def _edited(draw: st.DrawFn) -> Case:
    case = draw(st.sampled_from(_cases()))
    comments = st.lists(st.sampled_from(_COMMENTS), max_size=2).map("".join)
    # kustomize drops replacements when it converts vars; see test_better.
    known = sorted(_fields().keys() - ({"replacements"} if ("fix", "--vars") in case.edits else set()))
    names = draw(st.lists(st.sampled_from(known), unique=True, max_size=8))
    parts = [draw(comments) + draw(st.sampled_from(_fields()[name])) for name in names]
    return case._replace(files={**case.files, "kustomization.yaml": "".join(parts) + draw(comments)})


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_edited())
def test_kustomize_edits_alike(case: Case) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found, expected = ours(Path(one), case), theirs(Path(other), case)

    assert Done(min(found.status, 1), found.after) == Done(min(expected.status, 1), expected.after)
