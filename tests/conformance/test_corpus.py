"""An outside corpus of cases, when there is one: IMBRICATE_CORPUS names its folder.

A case is a folder: `case.json` (root, args, expect, needs), the tree in `files/`, and `expected.yaml` where it builds.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.harness import ours

CORPUS = os.environ.get("IMBRICATE_CORPUS", "")


def _cases() -> list[Any]:
    found = sorted(Path(CORPUS).rglob("case.json")) if CORPUS else []
    return [
        pytest.param(one.parent, id="/".join(one.parent.parts[-2:]))
        for one in found
        if "files" not in one.relative_to(CORPUS).parts[:-1]
        and not json.loads(one.read_text(encoding="utf-8"))["needs"]
    ]


@pytest.mark.skipif(not CORPUS, reason="IMBRICATE_CORPUS names no corpus of cases")
@pytest.mark.parametrize("folder", _cases())
def test_case_of_the_corpus(folder: Path, tmp_path: Path) -> None:
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    tree = tmp_path / "files"
    if (folder / "files").is_dir():
        shutil.copytree(folder / "files", tree, symlinks=True)
    tree.mkdir(exist_ok=True)

    found = ours(tree, (case["root"], *case["args"]))

    expected = folder / "expected.yaml"
    stamp = case.get("version_stamp", "")
    assert found.kind == ("error" if case["expect"] == "error" else "expected"), found.text
    if expected.exists():
        assert _unstamped(found.text, "v5.8.2") == _unstamped(expected.read_text(encoding="utf-8"), stamp)


def _unstamped(text: str, version: str) -> str:
    return text.replace(f"kustomize-{version}", "kustomize-VERSION") if version else text


@pytest.mark.skipif(not CORPUS, reason="IMBRICATE_CORPUS names no corpus of cases")
def test_the_corpus_holds_cases() -> None:
    assert _cases()
