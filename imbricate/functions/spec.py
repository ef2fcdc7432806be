"""The annotation that makes a configuration a KRM function, read (kyaml: runtimeutil.GetFunctionSpec).

In: a configuration with `config.kubernetes.io/function`, its older spelling, `metadata.configFn` or
`config.kubernetes.io/container`. Out: `FunctionSpec`; an unknown field in it, `starlark` among them, is an error.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from imbricate.bookkeeping import annotations_of
from imbricate.decode import Shape, boolean, list_of, text
from imbricate.documents import json_value, read_config

if TYPE_CHECKING:
    from imbricate.decode import Where
    from imbricate.resources import Resource

_ANNOTATIONS = ("config.kubernetes.io/function", "config.k8s.io/function")
_CONTAINER_ANNOTATION = "config.kubernetes.io/container"


class Mount(NamedTuple):
    """A folder or volume that a container sees; read-only unless `rw`."""

    type: str = ""
    src: str = ""
    dst: str = ""
    rw: bool = False


class Container(NamedTuple):
    """How an image is run."""

    image: str = ""
    network: bool = False
    mounts: tuple[Mount, ...] = ()
    envs: tuple[str, ...] = ()


class Exec(NamedTuple):
    """How an executable is run."""

    path: str = ""
    args: tuple[str, ...] = ()
    envs: tuple[str, ...] = ()


class FunctionSpec(NamedTuple):
    """What a function is; a failure is one whether it is deferred or not, since every build has one function a run."""

    container: Container = Container()
    exec: Exec = Exec()
    defer_failure: bool = False


_TEXTS = list_of(text)
_MOUNTS = list_of(Shape(Mount, {"type": text, "src": text, "dst": text, "rw": boolean}))
_CONTAINER = Shape(Container, {"image": text, "network": boolean, "mounts": _MOUNTS, "envs": _TEXTS})
_EXEC = Shape(Exec, {"path": text, "args": _TEXTS, "envs": _TEXTS})
_SPEC = Shape(FunctionSpec, {"container": _CONTAINER, "exec": _EXEC, "deferFailure": boolean})


def read_spec(config: Resource, where: Where) -> FunctionSpec | None:
    """Read what function a configuration is for, None when it is for none.

    Raises KustomizationError, or DocumentError for an annotation that is no YAML.
    """
    annotations = annotations_of(config.manifest)
    for name in _ANNOTATIONS:
        if annotations.get(name):
            place = where.at(f"metadata.annotations[{name}]")._replace(converts=True)
            return _SPEC(read_config(annotations[name], f"{place.file}: {place.field}"), place)
    inline = config.manifest["metadata"].get("configFn")
    if json_value(inline) is not None:
        return _SPEC(json_value(inline), where.at("metadata.configFn")._replace(converts=True))
    image = annotations.get(_CONTAINER_ANNOTATION)
    return FunctionSpec(Container(image)) if image else None


def check_mounts(spec: FunctionSpec, where: Where) -> None:
    """Refuse mounts from outside of the folder of the kustomization: only `--mount` may name such."""
    for index, mount in enumerate(spec.container.mounts):
        if mount.src.startswith("/") or posixpath.normpath(mount.src).startswith(".."):
            place = where.at("container.mounts").item(index).at("src")
            raise place.error(f"expected a path below the folder of the kustomization, found {mount.src!r}")


def mount_of_flag(flag: str) -> Mount:
    """Read `type=bind,src=…,dst=…,rw=true`, the value of `--mount`; what is not understood is passed over."""
    found = dict(option.split("=", 1) for option in flag.split(",") if "=" in option)
    return Mount(
        found.get("type", ""),
        found.get("source", found.get("src", "")),
        found.get("target", found.get("dst", "")),
        found.get("rw") == "true",
    )
