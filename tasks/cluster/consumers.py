"""The programs that consume gitops/, for tests of what they do with it: Flux's kustomize-controller, Argo CD, Redis.

`python -m tasks.cluster.consumers` says whether they are on this machine, and with `build` makes what is missing:
about 15 minutes on two cores, once.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from tasks.cluster.parts import CLUSTER, Part
from tasks.cluster.processes import run
from tasks.cluster.programs import of_addon, of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONSUMERS = CLUSTER / "consumers"
_FLUX = "github.com/fluxcd/kustomize-controller"
_ARGOCD = "github.com/argoproj/argo-cd/v3/cmd"
_REDIS = ("redis-server", "redis-tools", "liblzf1", "libjemalloc2", "libatomic1")
_SOURCES = Path("tasks/checks/schemas/sources.yaml")
_FLUX_SOURCES = ("github.com/fluxcd/source-controller", "config/crd/bases")  # all that kustomize-controller watches
_DEFINITION = "\nkind: CustomResourceDefinition\n"
_NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", re.MULTILINE)


class Consumers(NamedTuple):
    """The parts: programs, and the custom resource definitions that gitops/ needs."""

    flux: Part
    argocd: Part
    redis: Part
    definitions: Part
    cluster: Part
    registry: Part

    @property
    def api_server(self) -> tuple[Part, ...]:
        """Give those of an API server that knows the kinds of gitops/."""
        return (self.cluster, self.definitions)

    def missing(self, parts: Iterable[Part] | None = None) -> list[str]:
        """Name the parts that are not on this machine, of all or of these."""
        return [part.name for part in (self if parts is None else parts) if not part.folder.is_dir()]


def consumers() -> Consumers:
    """Give all parts."""
    return Consumers(
        _program("flux", _FLUX),
        _program("argocd", _ARGOCD),
        Part("redis", _REDIS, _redis),
        Part("definitions", (_SOURCES,), _definitions),
        of_nodes(),
        of_addon("registry"),
    )


def _program(name: str, package: str) -> Part:
    module = _CONSUMERS / name
    return Part(name, (module / "go.mod", module / "go.sum"), partial(_build, module, package))


def _build(module: Path, package: str, out: Path) -> None:
    flags = ["-trimpath", "-buildvcs=false", "-tags", "grpcnotrace", "-ldflags", "-s -w"]
    run(["go", "build", *flags, "-o", f"{out}/", package], folder=module, environment={"CGO_ENABLED": "0"})


def _definitions(out: Path) -> None:
    """Write a file for each custom resource that `doit check` knows, and for each source of Flux."""
    for source in yaml.safe_load(_SOURCES.read_text()):
        module = f"{source['module']}@{source['version']}"
        folder = Path(json.loads(run(["go", "mod", "download", "-json", module]))["Dir"])
        files = [folder / name for name in source["files"]]
        if source["module"] == _FLUX_SOURCES[0]:
            files = sorted((folder / _FLUX_SOURCES[1]).glob("*.yaml"))
        for file in files:
            _write_definitions(file.read_text(), out)


def _write_definitions(text: str, out: Path) -> None:
    for document in re.split(r"^---.*\n", text, flags=re.MULTILINE):
        name = _NAME.search(document)
        if name and _DEFINITION in f"\n{document}":
            (out / f"{name[1]}.yaml").write_text(document)


def _redis(out: Path) -> None:
    """Unpack Debian's packages of Redis without installing them."""
    run(["apt-get", "download", *_REDIS], folder=out)
    for package in sorted(out.glob("*.deb")):
        run(["dpkg-deb", "-x", package, out])
        package.unlink()


def main(arguments: list[str]) -> int:
    """Say what is missing (of all, or with `api` of an API server), or make it; give 0 when all is there."""
    parts = consumers()
    if arguments == ["build"]:
        for part in parts:
            part.had(print)
    missing = parts.missing(parts.api_server if arguments == ["api"] else parts)
    print(f"missing: {', '.join(missing)}" if missing else "all is there")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
