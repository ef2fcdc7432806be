"""The files of a new system: templates with its names in the place of SYSTEM, SERVICE, STAGE, HOST and STAGES."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.new.errors import NewSystemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.units import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_PLACEHOLDER = re.compile(r"\b(?:SYSTEM|SERVICE|STAGE|HOST|STAGES)\b")
_CHASSIS = Path("images/chassis/python/requirements.txt")
_CHANGES = {
    "generated": "one to two replicas, small requests, debug logs, Secrets made up, no TLS",
    "external": "ExternalSecrets, TLS",
}


def files_of(system: str, service: str, stages: Sequence[Environment]) -> dict[Path, str]:
    """Give all files of a new system by path. Raises NewSystemError where the chassis of its service is missing."""
    names = {"SYSTEM": system, "SERVICE": service, "STAGES": _table(stages)}
    found = {Path(path): text for kind in ("base", "images") for path, text in _filled(kind, kind, names)}
    for stage in stages:
        own = names | {"STAGE": stage.name, "HOST": _host(system, stage, stages)}
        target = f"overlays/{stage.name}/{system}"
        found |= {Path(path): text for path, text in _filled(f"overlays/{stage.secrets}", target, own)}
    return found | {Path("images") / system / service / "requirements.txt": _locked_packages()}


def _filled(kind: str, target: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    folder = _TEMPLATES / kind
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{target}/{_with(names, relative)}", _with(names, path.read_text())


def _with(names: Mapping[str, str], text: str) -> str:
    return _PLACEHOLDER.sub(lambda found: names[found[0]], text)


def _host(system: str, stage: Environment, stages: Sequence[Environment]) -> str:
    return f"{system}.example.com" if stage == stages[-1] else f"{system}.{stage.name}.example.com"


def _table(stages: Sequence[Environment]) -> str:
    return "\n".join(f"| {stage.name} | {_CHANGES[stage.secrets]} |" for stage in stages)


def _locked_packages() -> str:
    """Give the packages that the chassis needs, with their hashes: a new service needs no others."""
    try:
        return _CHASSIS.read_text()
    except OSError as error:
        raise NewSystemError(f"{_CHASSIS}, on which a new service is built, cannot be read: {error.strerror}") from None
