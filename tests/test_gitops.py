"""The committed manifests are the golden: every unit renders to them, and real kustomize agrees."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import imbricate

ROOT = Path(__file__).parent.parent
OVERLAYS = sorted(path.parent for path in (ROOT / "overlays").glob("*/*/kustomization.yaml"))
KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")


def _unit(overlay: Path) -> str:
    return str(overlay.relative_to(ROOT / "overlays"))


def _committed(overlay: Path) -> str:
    return (ROOT / "gitops" / _unit(overlay) / "manifests.yaml").read_text()


def test_five_systems_and_what_delivers_them_are_in_three_environments() -> None:
    systems = {"daa", "kairoflow", "pakaura", "santaclaude", "tamma"}

    found = {name: {one.name for one in OVERLAYS if one.parent.name == name} for name in ("dev", "staging", "prod")}

    assert all(units >= systems | {"delivery-argocd", "delivery-flux"} for units in found.values())
    assert len(OVERLAYS) == sum(map(len, found.values()))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=_unit)
def test_a_unit_renders_to_what_is_committed(overlay: Path) -> None:
    assert imbricate.build(overlay) == _committed(overlay)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=_unit)
def test_a_unit_renders_twice_to_the_same(overlay: Path) -> None:
    assert imbricate.build(overlay) == imbricate.build(overlay)


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="there is no kustomize")
@pytest.mark.parametrize("overlay", OVERLAYS, ids=_unit)
def test_kustomize_prints_what_is_committed(overlay: Path) -> None:
    assert KUSTOMIZE is not None
    done = subprocess.run([KUSTOMIZE, "build", overlay], capture_output=True, text=True, check=True)

    assert done.stdout == _committed(overlay)
    assert done.stderr == ""
