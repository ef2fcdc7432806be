"""What is measured: trees of kustomizations of many shapes, made from a size and a seed and from nothing else.

Each shape is a function `(size, random) -> Inputs`; what the size counts is said in `SHAPES`.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tasks.bench.schemas import crd
from tasks.units import units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

UNITS = "units"
_PATCHED_TIMES = 10
_BASE_APPS = 30


class Inputs(NamedTuple):
    """Files by path, the folders that are built, and for helm the folder of a chart of the same objects."""

    files: dict[str, str]
    units: tuple[str, ...]
    chart: str = ""


class Shape(NamedTuple):
    """A kind of input: how it is made, what its size counts, and the sizes it is measured at unless others are given.

    `make` is None where the inputs are there already.
    """

    counts: str
    sizes: tuple[int, ...]
    make: Callable[[int, Random], Inputs] | None


def inputs(shape: str, size: int, seed: int) -> Inputs:
    """Give the inputs of a shape: for the same arguments always the same bytes."""
    make = SHAPES[shape].make
    if make is None:
        return Inputs({}, tuple(str(unit.overlay.absolute()) for unit in units()))
    return make(size, Random(f"{seed}:{shape}:{size}"))  # noqa: S311 - repeatable, not secret


def write(made: Inputs, folder: Path) -> list[Path]:
    """Write inputs below a folder; give the folders to build."""
    for name, text in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / unit for unit in made.units]


def deployment(name: str, image: str, random: Random) -> str:
    """Give a Deployment that reads the ConfigMap of its name, with numbers that differ from one to the next."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: {random.randint(1, 9)}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
      - name: main
        image: {image}:1.0
        ports:
        - name: http
          containerPort: {random.randint(1024, 65535)}
        env:
        - name: LEVEL
          value: "{random.randint(0, 5)}"
        envFrom:
        - configMapRef:
            name: {name}
        resources:
          limits:
            memory: {random.choice((64, 128, 256, 512))}Mi
"""


def service(name: str) -> str:
    """Give the Service of a Deployment."""
    return f"""\
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: {name}
  ports:
  - port: 80
    targetPort: http
"""


def _kustomization(**fields: Iterable[str]) -> str:
    """Write lists of entries, each one line or more, under the names of their fields."""
    entries = {field: "".join(f"- {entry}\n" for entry in found) for field, found in fields.items()}
    return "".join(f"{field}:\n{text}" for field, text in entries.items() if text)


def _generated(name: str, random: Random) -> str:
    return f"name: {name}\n  literals:\n  - level={random.randint(0, 9)}\n  - host={name}.example.com"


def _base(names: list[str], random: Random, folder: str = "base") -> dict[str, str]:
    """Write a base: for each name a Deployment, a Service and a generated ConfigMap, with one of 20 images."""
    files = {}
    for index, name in enumerate(names):
        files[f"{folder}/{name}/deployment.yaml"] = deployment(name, f"example/image-{index % 20}", random)
        files[f"{folder}/{name}/service.yaml"] = service(name)
    generated = [_generated(name, random) for name in names]
    resources = [name.removeprefix(f"{folder}/") for name in files]
    files[f"{folder}/kustomization.yaml"] = _kustomization(resources=resources, configMapGenerator=generated)
    return files


def _names(size: int, prefix: str = "app") -> list[str]:
    return [f"{prefix}-{index}" for index in range(size)]


def _merge_patch(name: str, field: str) -> str:
    return (
        f"patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: {name}\n"
        f"    spec:\n      {field}"
    )


def _json_patch(name: str, value: int) -> str:
    return (
        f"target: {{kind: Deployment, name: {name}}}\n  patch: |-\n    - op: replace\n"
        f"      path: /spec/template/spec/containers/0/ports/0/containerPort\n      value: {value}"
    )


def _apps(size: int, random: Random) -> Inputs:
    names = _names(size)
    files = _base(names, random)
    files["overlay/kustomization.yaml"] = (
        "namespace: prod\nnamePrefix: prod-\nlabels:\n- pairs: {team: shop}\n  includeTemplates: true\n"
    ) + _kustomization(
        resources=["../base"],
        images=[f"name: example/image-{index}\n  newTag: 2.{random.randint(0, 99)}.0" for index in range(20)],
        patches=[_merge_patch(name, f"replicas: {random.randint(10, 20)}") for name in names[:20]],
    )
    return Inputs(files | _chart(size), ("overlay",), "chart")


def _chart(size: int) -> dict[str, str]:
    """Write a chart of the same number of the same kinds of objects."""
    name, braces = "{{ .name }}", "{{- range .Values.apps }}"
    image = Random(0)  # noqa: S311 - a chart's template is the same for all
    config = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  host: {name}.example.com\n"
    objects = "---\n".join((deployment(name, "{{ .image }}", image), service(name), config))
    values = "".join(f"- {{name: app-{index}, image: example/image-{index % 20}}}\n" for index in range(size))
    return {
        "chart/Chart.yaml": "apiVersion: v2\nname: apps\nversion: 1.0.0\n",
        "chart/values.yaml": f"apps:\n{values}",
        "chart/templates/apps.yaml": f"{braces}\n---\n{objects}{{{{- end }}}}\n",
    }


def _layers(size: int, random: Random) -> Inputs:
    names = _names(_BASE_APPS)
    files = _base(names, random, "layer-0")
    for depth in range(1, size + 1):
        kustomization = _kustomization(
            resources=[f"../layer-{depth - 1}"],
            images=[f"name: example/image-{depth % 20}\n  newTag: 2.{depth}.0"],
            patches=[_merge_patch(random.choice(names), f"replicas: {depth}")],
        )
        files[f"layer-{depth}/kustomization.yaml"] = (
            f"namePrefix: l{depth}-\nlabels:\n- pairs: {{layer-{depth}: here}}\n{kustomization}"
        )
    return Inputs(files, (f"layer-{size}",))


def _diamonds(size: int, random: Random) -> Inputs:
    files = _base(_names(3), random)
    for index in range(size):
        text = f"namePrefix: tenant-{index}-\nlabels:\n- pairs: {{tenant: t{index}}}\n"
        replicas = [f"name: app-0\n  count: {random.randint(1, 9)}"]
        files[f"tenants/{index}/kustomization.yaml"] = text + _kustomization(
            resources=["../../base"], replicas=replicas
        )
    tenants = [f"../tenants/{index}" for index in range(size)]
    files["overlay/kustomization.yaml"] = "namespace: prod\n" + _kustomization(resources=tenants)
    return Inputs(files, ("overlay",))


def _crds(size: int, random: Random) -> Inputs:
    files = {f"base/crd-{index}.yaml": crd(index, random) for index in range(size)}
    files["base/kustomization.yaml"] = _kustomization(resources=[f"crd-{index}.yaml" for index in range(size)])
    files["overlay/kustomization.yaml"] = "labels:\n- pairs: {team: shop}\n" + _kustomization(resources=["../base"])
    return Inputs(files, ("overlay",))


def _patches(size: int, random: Random) -> Inputs:
    names = _names(max(1, size // _PATCHED_TIMES))
    made = [
        _merge_patch(names[index % len(names)], f"replicas: {random.randint(1, 99)}")
        if index % 2
        else _json_patch(names[index % len(names)], random.randint(1024, 65535))
        for index in range(size)
    ]
    overlay = _kustomization(resources=["../base"], patches=made)
    return Inputs(_base(names, random) | {"overlay/kustomization.yaml": overlay}, ("overlay",))


def _replacements(size: int, random: Random) -> Inputs:
    names = _names(max(1, size // _PATCHED_TIMES))
    settings = "".join(f"  key-{index}: value-{random.randint(0, 9999)}\n" for index in range(size))
    made = [_replacement(index, names[index % len(names)]) for index in range(size)]
    files = _base(names, random)
    files["overlay/settings.yaml"] = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n{settings}"
    files["overlay/kustomization.yaml"] = _kustomization(resources=["../base", "settings.yaml"], replacements=made)
    return Inputs(files, ("overlay",))


def _replacement(index: int, name: str) -> str:
    return (
        f"source: {{kind: ConfigMap, name: settings, fieldPath: data.key-{index}}}\n"
        f"  targets:\n  - select: {{kind: Deployment, name: {name}}}\n"
        f"    fieldPaths: ['metadata.annotations.key-{index}']\n    options: {{create: true}}"
    )


def _configmaps(size: int, random: Random) -> Inputs:
    names = _names(size, "settings")
    users = names[::10]
    files = {f"{name}.yaml": deployment(name, "example/image", random) for name in users}
    generated = [_generated(name, random) for name in names]
    files["kustomization.yaml"] = _kustomization(resources=list(files), configMapGenerator=generated)
    return Inputs(files, (".",))


SHAPES = {
    "apps": Shape("applications: Deployment, Service, generated ConfigMap", (10, 100, 300, 1000), _apps),
    "layers": Shape(f"overlays on one another, on {_BASE_APPS} applications", (2, 4, 8), _layers),
    "diamonds": Shape("overlays of one base of 3 applications, side by side", (10, 30, 100), _diamonds),
    "crds": Shape("CustomResourceDefinitions of about 450 kB", (5, 25), _crds),
    "patches": Shape("patches, ten for each of its applications", (100, 1000), _patches),
    "replacements": Shape("replacements, ten for each of its applications", (100, 500), _replacements),
    "configmaps": Shape("generated ConfigMaps, one in ten in use", (200, 2000), _configmaps),
    UNITS: Shape("units of this repository", (0,), None),
}
