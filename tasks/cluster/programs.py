"""The programs of a node, kind itself, and those of the add-ons: built from Go modules that are pinned in cluster/."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from tasks.cluster.parts import CLUSTER, Part
from tasks.cluster.processes import run

if TYPE_CHECKING:
    from pathlib import Path

_OF_NODES = CLUSTER / "programs"
_ADDONS = CLUSTER / "addons"
_ALONE = "github.com/rancher/local-path-provisioner"  # imports logrus under a name that the others may not meet
_VERSIONED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
_CNI = ("ptp", "loopback", "host-local", "portmap")
_SETTINGS = {"CGO_ENABLED": "0"}
_FLAGS = ("-trimpath", "-buildvcs=false", "-tags", "grpcnotrace")


def of_nodes() -> Part:
    """Give the programs of a node: Kubernetes, etcd, CoreDNS, CNI plugins, the provisioner of volumes, kind."""
    return Part("programs", (_OF_NODES,), _build_for_nodes)


def of_addon(name: str) -> Part:
    """Give the one program of an add-on."""
    module = _ADDONS / name
    return Part(name, (module / "go.mod", module / "go.sum"), partial(_build_addon, module))


def _build_for_nodes(out: Path) -> None:
    flags = [*_FLAGS, "-ldflags", _linked(_version("k8s.io/kubernetes"))]
    others = [tool for tool in _tools(_OF_NODES) if tool != _ALONE]
    for packages in ([*others, "./coredns"], [_ALONE]):
        run(["go", "build", *flags, "-o", f"{out}/", *packages], folder=_OF_NODES, environment=_SETTINGS)
    (out / "server").rename(out / "etcd")  # the module's root package is etcd
    (out / "cni").mkdir()
    for plugin in _CNI:
        (out / plugin).rename(out / "cni" / plugin)
    source = f"{_folder('k8s.io/kubernetes')}/build/pause/linux/pause.c"
    run(["gcc", "-Os", "-static", "-DVERSION=local", "-o", out / "pause", source])


def _build_addon(module: Path, out: Path) -> None:
    run(
        ["go", "build", *_FLAGS, "-ldflags", "-s -w", "-o", f"{out}/", *_tools(module)],
        folder=module,
        environment=_SETTINGS,
    )


def _tools(module: Path) -> list[str]:
    found = json.loads(run(["go", "mod", "edit", "-json"], folder=module))
    return [tool["Path"] for tool in found["Tool"]]


def _linked(version: str) -> str:
    """Give what Kubernetes' own build sets: without it each program calls itself v0.0.0, and kubeadm asks a server."""
    minor = version.split(".")[1]
    values = {"gitVersion": version, "gitMajor": "1", "gitMinor": minor, "gitTreeState": "clean"}
    settings = [f"-X {package}.{name}={value}" for package in _VERSIONED for name, value in values.items()]
    return " ".join(["-s", "-w", *settings])


def _version(module: str) -> str:
    return run(["go", "list", "-m", "-f", "{{.Version}}", module], folder=_OF_NODES).strip()


def _folder(module: str) -> str:
    return run(["go", "list", "-m", "-f", "{{.Dir}}", module], folder=_OF_NODES).strip()


def folder_of(addon: str, module: str) -> str:
    """Give where the sources of one of an add-on's modules are, downloaded now if they are not there."""
    found = json.loads(run(["go", "mod", "download", "-json", module], folder=_ADDONS / addon))
    return str(found["Dir"])
