"""Who is measured: imbricate as a command and as a library, kustomize, helm; which of them are there.

A contender knows how to run once over all units; what it prints or writes is kept, so that it can be compared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KUSTOMIZE_VERSION = "v5.8.2"
OURS, CACHED, LIBRARY, KUSTOMIZE, HELM = "imbricate", "imbricate, cached", "library", "kustomize", "helm"
_LAUNCH = Path(__file__).parent / "launch.py"


class Sample(NamedTuple):
    """One run over all units: seconds in all, and the peak of memory of the largest process."""

    seconds: float
    peak: float


class Place(NamedTuple):
    """Where a run takes place: the units to build, the chart, a folder for what comes out, and one for caches."""

    units: tuple[Path, ...]
    chart: Path | None
    output: Path
    caches: Path

    def environment(self) -> dict[str, str]:
        """Give the environment of a run: caches of its own, and bytecode kept, as an installed package has it."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "XDG_CACHE_HOME": str(self.caches), "PYTHONPYCACHEPREFIX": str(self.caches / "bytecode")}


class Contender(NamedTuple):
    """A program to measure. `warms_up`: its first run fills caches, of bytecode at least, and does not count."""

    name: str
    run: Callable[[Place], Sample]
    needs_chart: bool = False
    warms_up: bool = False


class Field(NamedTuple):
    """All contenders, their versions by name, and what has to be said of who is missing."""

    contenders: tuple[Contender, ...]
    versions: dict[str, str]
    remarks: tuple[str, ...]


def found() -> Field:
    """Find who can be measured on this machine."""
    contenders = [*_ours(), Contender(LIBRARY, _run_library, warms_up=True)]
    versions, remarks = {}, []
    kustomize = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")
    version = _version(kustomize, "version") if kustomize else None
    if kustomize and version == KUSTOMIZE_VERSION:
        contenders.append(Contender(KUSTOMIZE, partial(_run_each, (kustomize, "build"))))
        versions[KUSTOMIZE] = version
    else:
        seen = f"{kustomize} is {version}" if kustomize else "none on PATH, and IMBRICATE_KUSTOMIZE is not set"
        remarks.append(f"kustomize is not measured: expected {KUSTOMIZE_VERSION}, found {seen}")
    helm = shutil.which("helm")
    if helm:
        versions[HELM] = _version(helm, "version", "--template={{.Version}}")
        contenders.append(Contender(HELM, partial(_run_helm, helm), needs_chart=True))
    else:
        remarks.append("helm is not measured: none on PATH")
    return Field(tuple(contenders), versions, tuple(remarks))


def _version(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - no shell, fixed arguments
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{command[0]} cannot be run: {getattr(error, 'strerror', None) or error}") from None
    return (done.stdout.strip() or done.stderr.strip() or "silent").splitlines()[0]


def _ours() -> list[Contender]:
    """Give the command, without and with its caches: with them it finds its result."""
    command = (sys.executable, "-m", "imbricate", "build")
    return [
        Contender(OURS, partial(_run_each, (*command, "--no-cache")), warms_up=True),
        Contender(CACHED, partial(_run_each, command), warms_up=True),
    ]


def _run_each(command: Sequence[str], place: Place) -> Sample:
    """Run a program once a unit, with its output in a file for each."""
    samples = [_launch((*command, str(unit)), place, str(index)) for index, unit in enumerate(place.units)]
    return Sample(sum(one.seconds for one in samples), max(one.peak for one in samples))


def _run_library(place: Place) -> Sample:
    command = (sys.executable, "-m", "tasks.bench.library", str(place.output), *map(str, place.units))
    sample = _launch(command, place, "seconds")
    printed = place.output / "seconds"
    seconds = float(printed.read_text())
    printed.unlink()
    return Sample(seconds, sample.peak)


def _run_helm(helm: str, place: Place) -> Sample:
    return _launch((helm, "template", "bench", str(place.chart)), place, "0")


def _launch(command: Sequence[str], place: Place, output: str) -> Sample:
    launcher = (sys.executable, "-I", "-S", str(_LAUNCH), str(place.output / output), *command)
    done = subprocess.run(  # noqa: S603
        launcher, env=place.environment(), capture_output=True, text=True, check=False
    )
    try:
        used = json.loads(done.stdout)
    except ValueError:
        raise BenchError(f"{command[0]} cannot be run: {_last_line(done.stderr)}") from None
    if used["status"]:
        raise BenchError(f"{' '.join(command)}: exit status {used['status']}: {_last_line(done.stderr)}")
    return Sample(used["seconds"], used["peak"])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]
