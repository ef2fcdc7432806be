"""Every edit of cases/ leaves the file that kustomize leaves, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness import KUSTOMIZE
from tests.unit.edit.harness import case_files, ours, read_case, theirs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", list(case_files()), ids=lambda path: path.stem)
def test_edit(path: Path, tmp_path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))

    assert ours(tmp_path, case) == case.expected


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("path", list(case_files()), ids=lambda path: path.stem)
def test_kustomize_still_does_so(path: Path, tmp_path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))

    found = theirs(tmp_path, case)

    assert found.after == case.expected.after
    assert bool(found.status) == bool(case.expected.status)
