"""Four times the resources cost less than six times the work, counted in calls of functions and not in time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SMALL = 20
FACTOR = 4
LIMIT = 6.0

APP = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{n}}}
spec:
  selector: {{matchLabels: {{app: app{n}}}}}
  template:
    metadata: {{labels: {{app: app{n}}}}}
    spec:
      serviceAccountName: app{n}
      containers:
      - {{name: main, image: 'reg/app{n}:1', envFrom: [{{configMapRef: {{name: app{n}}}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: app{n}}}
spec: {{selector: {{app: app{n}}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: app{n}}}
"""
PATCH = """\
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: app{n}}}
    spec: {{replicas: {n}}}
"""
REPLACEMENT = """\
- source: {{kind: ServiceAccount, name: app{n}}}
  targets:
  - select: {{kind: Service, name: app{n}}}
    fieldPaths: [metadata.annotations.account]
    options: {{create: true}}
"""
CONFIG_MAP = "- {{name: app{n}, literals: [a={n}, b=2]}}\n"
IMAGE = "- {{name: reg/app{n}, newTag: v{n}}}\n"
REPLICA = "- {{name: app{n}, count: {n}}}\n"
VAR = "- {{name: V{n}, objref: {{apiVersion: v1, kind: Service, name: app{n}}}}}\n"
LABEL = "labels: [{{pairs: {{level: l{n}}}, includeSelectors: true}}]\n"


def times(template: str, count: int) -> str:
    return "".join(template.format(n=number) for number in range(count))


def write(folder: Path, kustomization: str, resources: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").write_text(kustomization)
    if resources:
        (folder / "apps.yaml").write_text(resources)
    return folder


def overlaid(folder: Path, count: int) -> Path:
    generated = f"configMapGenerator:\n{times(CONFIG_MAP, count)}"
    write(folder / "base", f"resources: [apps.yaml]\n{generated}", times(APP, count))
    overlay = "resources: [../base]\nnamespace: apps\nnamePrefix: p-\nnameSuffix: -s\ncommonAnnotations: {a: b}\n"
    return write(folder / "overlay", overlay + LABEL.format(n=1))


def with_field(field: str, template: str) -> Callable[[Path, int], Path]:
    """Make a shape of apps in one layer, and as many entries of a field as there are apps."""

    def make(folder: Path, count: int) -> Path:
        return write(folder, f"resources: [apps.yaml]\n{field}:\n{times(template, count)}", times(APP, count))

    return make


def generated(folder: Path, count: int) -> Path:
    return write(folder, f"namePrefix: p-\nconfigMapGenerator:\n{times(CONFIG_MAP, count)}")


def merged(folder: Path, count: int) -> Path:
    write(folder / "base", f"configMapGenerator:\n{times(CONFIG_MAP, count)}")
    merging = times("- {{name: app{n}, behavior: merge, literals: [c=3]}}\n", count)
    return write(folder / "overlay", f"resources: [../base]\nconfigMapGenerator:\n{merging}")


def deep(folder: Path, count: int) -> Path:
    """Layers are four times as many, resources are not."""
    write(folder / "l0", "resources: [apps.yaml]\n", times(APP, 5))
    for level in range(1, count + 1):
        write(folder / f"l{level}", f"resources: [../l{level - 1}]\ncommonAnnotations: {{l{level}: x}}\n")
    return folder / f"l{count}"


def prefixed_layers(folder: Path, count: int) -> Path:
    """As `deep`, with names that change in each layer."""
    write(folder / "l0", "resources: [apps.yaml]\n", times(APP, 5))
    for level in range(1, count + 1):
        write(folder / f"l{level}", f"resources: [../l{level - 1}]\nnamePrefix: p{level}-\n")
    return folder / f"l{count}"


def wide(folder: Path, count: int) -> Path:
    """As many bases as apps, each with a prefix of its own."""
    for number in range(count):
        write(folder / f"b{number}", f"namePrefix: p{number}-\nresources: [apps.yaml]\n", APP.format(n="x"))
    return write(folder / "all", "resources:\n" + times("- ../b{n}\n", count))


def calls(folder: Path) -> int:
    """Count the calls of Python and C functions of a build."""
    counts = _counted(folder)
    next(counts)
    return next(counts)


def _counted(folder: Path) -> Iterator[int]:
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    yield count
    sys.setprofile(note)
    try:
        build(folder)
    finally:
        sys.setprofile(before)
    yield count


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(overlaid, id="apps with an overlay"),
        pytest.param(with_field("patches", PATCH), id="patches"),
        pytest.param(with_field("replacements", REPLACEMENT), id="replacements"),
        pytest.param(with_field("images", IMAGE), id="images"),
        pytest.param(with_field("replicas", REPLICA), id="replicas"),
        pytest.param(with_field("vars", VAR), id="vars"),
        pytest.param(generated, id="generated ConfigMaps"),
        pytest.param(merged, id="merged ConfigMaps"),
        pytest.param(deep, id="deep layers"),
        pytest.param(prefixed_layers, id="deep layers with prefixes"),
        pytest.param(wide, id="bases side by side"),
    ],
)
def test_work_grows_with_the_input(tmp_path: Path, make: Callable[[Path, int], Path]) -> None:
    calls(make(tmp_path / "warm", 2))
    small = calls(make(tmp_path / "small", SMALL))
    large = calls(make(tmp_path / "large", FACTOR * SMALL))

    print(f"{small} → {large}: {large / small:.1f}")  # noqa: T201 - shown when it fails
    assert large < LIMIT * small
