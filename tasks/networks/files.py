"""The files of a layer's policies: networks/<service>.yaml beside its dependencies.yaml, and their kustomization.

In: the units. Out: what these folders should hold, and what differs on disk.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import yaml

from tasks.networks.errors import NetworksError
from tasks.networks.layers import DEPENDENCIES, layers_of, merged
from tasks.networks.policies import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasks.units import Unit

FOLDER = "networks"
_KUSTOMIZATION = "kustomization.yaml"


def wanted(units: Iterable[Unit]) -> dict[Path, dict[str, str]]:
    """Give the text of each file by folder and name. Raises NetworksError.

    A layer that several units are built on has one set of policies, so all of them must make the same of it.
    """
    found: dict[Path, str] = {}
    files: dict[Path, dict[str, str]] = {}
    makers: dict[Path, Unit] = {}
    for unit in units:
        layers = layers_of(unit.overlay)
        for folder, policies in policies_of(layers, merged(layers)).items():
            written = json.dumps(policies)  # with the order of its keys, which is that of the files
            if folder not in found:
                found[folder], files[folder], makers[folder] = written, _files(folder, policies), unit
            elif found[folder] != written:
                raise NetworksError(
                    f"{folder / DEPENDENCIES}: {makers[folder].name} and {unit.name} make different policies of it; "
                    "declare in the overlays what only one of them has"
                )
    return files


def _files(folder: Path, policies: list[dict[str, Any]]) -> dict[str, str]:
    """Give the files of one layer, none for one that only defines names."""
    if not policies:
        return {}
    head = f"# Made by `doit networks` from {folder / DEPENDENCIES}: edit that.\n"
    files = {f"{policy['metadata']['name']}.yaml": head + _text(policy) for policy in policies}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
    }
    return files | {_KUSTOMIZATION: head + _text(kustomization)}


def _text(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=200)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Repeats a value that stands twice instead of referring to it."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Answer yes, always."""
        return True


def stale(files: Mapping[Path, Mapping[str, str]]) -> list[Path]:
    """Give the files that are missing, differ, or should not be there."""
    found = []
    for folder, wanted_here in files.items():
        here = {path.name: path for path in sorted((folder / FOLDER).glob("*"))}
        found += [
            folder / FOLDER / name
            for name in sorted(here.keys() | wanted_here.keys())
            if name not in here or name not in wanted_here or here[name].read_text() != wanted_here[name]
        ]
    return found


def first_difference(path: Path, wanted: str | None) -> int | None:
    """Give the first line of a file that should be another one; None where there is no file."""
    if not path.is_file():
        return None
    pairs = zip_longest(path.read_text().splitlines(), (wanted or "").splitlines())
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), None)


def write(files: Mapping[Path, Mapping[str, str]]) -> list[Path]:
    """Write what is stale, remove what should not be there; give both. Raises OSError."""
    from imbricate.write import write_file  # noqa: PLC0415 - checking writes nothing

    changed = stale(files)
    for path in changed:
        text = files[path.parent.parent].get(path.name)
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(exist_ok=True)
        write_file(path, text)
    return changed
