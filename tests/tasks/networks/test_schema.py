"""components/dependencies.schema.json, by which editors complete and check, agrees with what the tasks read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from tasks.networks.declaration import read_declaration
from tasks.networks.errors import NetworksError

ROOT = Path(__file__).parent.parent.parent.parent
SCHEMA = ROOT / "components/dependencies.schema.json"
VALID = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
FILES = sorted(path for top in ("base", "components", "overlays") for path in (ROOT / top).rglob("dependencies.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT).parent))
def test_our_own_files_fit_and_name_it(file: Path) -> None:
    first = file.read_text().partition("\n")[0]

    assert first == f"# yaml-language-server: $schema={os.path.relpath(SCHEMA, file.parent)}"
    assert list(VALID.iter_errors(yaml.safe_load(file.read_text()))) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "services:\n  web:\n",
        "services: {'*': {calls: {dns: [53/UDP, '53', dns]}}}",
        "outside: {a: {addresses: [192.0.2.0/24], except: [192.0.2.0/25], ports: {s3: 443, names: 53/UDP}}}",
        "outside: {a: {namespaces: [b], pods: {c: d}}}",
        "services: {db: {made_by: Cluster/db, namespace: x, pods: {a: b}, ports: {p: 1}}}",
    ],
)
def test_what_is_read_fits(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dependencies.yaml"
    file.write_text(text)

    read_declaration(file)
    assert list(VALID.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "service: {}",
        "services: {web: {call: {}}}",
        "services: {web: {calls: {db: 5432}}}",
        "services: {web: {calls: {db: []}}}",
        "services: {web: {calls: {db: [0]}}}",
        "services: {web: {calls: {db: [53/ICMP]}}}",
        "services: {web: {calls: {db: [Http]}}}",
        "services: {web: {pods: {}}}",
        "services: {web: {pods: {a: 1}}}",
        "services: {'*': {pods: {a: b}}}",
        "services: {web: {made_by: db}}",
        "services: {web: {ports: {http: 80}}}",
        "services: {web: {made_by: Cluster/db, ports: {http: web}}}",
        "outside: {a: {}}",
        "outside: {a: {namespaces: [b], addresses: [192.0.2.0/24]}}",
        "outside: {a: {namespaces: [1]}}",
        "outside: {a: {pods: {b: c}, addresses: [192.0.2.0/24]}}",
    ],
)
def test_what_is_refused_does_not_fit(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dependencies.yaml"
    file.write_text(text)

    with pytest.raises(NetworksError):
        read_declaration(file)
    assert list(VALID.iter_errors(yaml.safe_load(text)))
