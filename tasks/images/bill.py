"""The bill of materials of an image (CycloneDX), and what is known against what it lists.

syft lists, grype judges: https://github.com/anchore/syft, https://github.com/anchore/grype. Neither may use the network
for anything but grype's data base, which it fetches by its own settings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.images.archive import write
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.images.archive import Saved
    from tasks.images.recipe import Recipe

FOLDER = Path("build/images")
GATE = "high"
_SEVERE = 2  # grype's status for findings at or above --fail-on
_SHOWN = 20
_QUIET = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "GRYPE_CHECK_FOR_APP_UPDATE": "false"}


def bill_of(recipe: Recipe) -> Path:
    """Give the file that holds an image's bill of materials."""
    return FOLDER / f"{recipe.image.task}-{recipe.tag}.cdx.json"


def draw_up(recipe: Recipe, image: Saved, show: Callable[[str], None]) -> None:
    """List what an image holds, and have it judged. Raises ImageError for what is at or above the gate."""
    syft = _program("syft")
    if not syft:
        show("no bill of materials: syft is not installed (it comes with the extra `images`)")
        return
    file = bill_of(recipe)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        write(archive, image, [recipe.reference])
        archive.flush()
        source = f"docker-archive:{archive.name}"
        listed = _run([syft, "scan", "-q", source, "--source-name", recipe.reference, "-o", f"cyclonedx-json={file}"])
    if listed.returncode:
        raise ImageError(f"{recipe.reference}: syft failed:{_lines(listed)}")
    _judge(recipe, file, show)


def _judge(recipe: Recipe, file: Path, show: Callable[[str], None]) -> None:
    grype = _program("grype")
    if not grype:
        show("vulnerabilities not looked at: grype is not on PATH")
        return
    judged = _run([grype, "-q", f"sbom:{file}", "--fail-on", GATE])
    if judged.returncode == _SEVERE:
        raise ImageError(f"{recipe.reference}: vulnerabilities of severity {GATE} or above:{_lines(judged)}")
    if judged.returncode:
        show(f"vulnerabilities not looked at: grype failed:{_lines(judged)}")


def _program(name: str) -> str | None:
    """Find a program on PATH or beside this Python, where pip puts it."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a list, no shell
        command, capture_output=True, text=True, check=False, env=os.environ | _QUIET
    )


def _lines(done: subprocess.CompletedProcess[str]) -> str:
    printed = (done.stdout + done.stderr).strip().splitlines()
    return "".join(f"\n  {line}" for line in printed[-_SHOWN:])
