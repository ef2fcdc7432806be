"""Every case of cases/: the engine gives what kustomize gives, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imbricate import layers
from imbricate.documents import config_text, resource_text
from tests.conformance.harness import (
    KUSTOMIZE,
    Outcome,
    case_files,
    ours,
    program_files,
    read_case,
    theirs,
    write_files,
)

if TYPE_CHECKING:
    from pathlib import Path

# What differs from kustomize, by the name of the case. An entry that no longer differs fails the test.
DEVIATIONS: dict[str, str] = {
    **dict.fromkeys(
        ("exec-plugin-validator-echoes", "exec-plugin-validator-marks", "function-validator-echoes"),
        "kustomize compares lines and columns, and takes what a validator printed again for changed",
    ),
    "function-generates-with-hash-of-a-kind-of-its-own": "kustomize hashes lines and columns, here the object alone",
}


ALL = [*case_files(), *program_files()]


def _cases() -> list[Any]:
    return [
        pytest.param(
            path,
            id=path.stem,
            marks=[pytest.mark.xfail(strict=True, reason=DEVIATIONS[path.stem])] if path.stem in DEVIATIONS else [],
        )
        for path in ALL
    ]


@pytest.mark.parametrize("path", _cases())
def test_case(path: Path, tmp_path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))

    found = ours(write_files(tmp_path, case.files), case.flags)

    assert found == case.outcome


@pytest.mark.thorough
@pytest.mark.parametrize("path", _cases())
def test_case_read_carefully(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_text, "read_block", lambda *_: None)
    monkeypatch.setattr(config_text, "read_block", lambda *_: None)

    test_case(path, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("path", _cases())
def test_case_with_caches(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents and results of the first build are there for the second, and for none that reads something else."""
    monkeypatch.setattr(layers, "_LEAST_CACHED", 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    case = read_case(path.read_text(encoding="utf-8"))
    folder = write_files(tmp_path / "case", case.files)

    assert [ours(folder, case.flags) for _ in range(2)] == [case.outcome] * 2
    for name in case.files:
        file = folder / name.removesuffix(" (executable)")
        moved = file.rename(f"{file}.gone")
        assert ours(folder, case.flags) == ours(folder, (*case.flags, "--no-cache"))
        moved.rename(file)
    assert ours(folder, case.flags) == case.outcome


def test_deviations_name_cases() -> None:
    assert DEVIATIONS.keys() <= {path.stem for path in ALL}


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_kustomize_still_says_so(path: Path, tmp_path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))

    found = theirs(write_files(tmp_path, case.files), case.flags)

    assert isinstance(case.outcome, Outcome)
    assert found.kind == case.outcome.kind
    if found.kind == "expected":
        assert found.text == case.outcome.text
