"""From the specification of a function to the command that runs it (kyaml: runfn and container).

In: `FunctionSpec` and what the user allows. Out: `Command`, None where kustomize runs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imbricate.functions.process import Command
from imbricate.functions.spec import Mount, mount_of_flag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from imbricate.decode import Where
    from imbricate.functions.spec import Container, Exec, FunctionSpec
    from imbricate.options import PluginOptions

_CONTAINER_ENV = {"LOG_TO_STDERR": "true", "STRUCTURED_RESULTS": "true"}


def command_of(spec: FunctionSpec, folder: Path, options: PluginOptions, where: Where) -> Command | None:
    """Give the command of a function. Raises KustomizationError for a network that the user has not allowed."""
    if spec.container.network and not options.network:
        raise where.at("container.network").error("needs the network, which is not allowed; allow it with --network")
    if spec.container.image:
        return Command(_docker(spec.container, folder, options, where), folder, {})
    if spec.exec.path and options.exec_enabled:
        return Command((spec.exec.path, *spec.exec.args), folder, _exec_env(spec.exec, options))
    return None


def _exec_env(spec: Exec, options: PluginOptions) -> dict[str, str]:
    """Give what is added to the environment: entries with exactly one `=`, as kustomize takes them."""
    pairs = (entry.split("=") for entry in (*spec.envs, *options.env))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _docker(spec: Container, folder: Path, options: PluginOptions, where: Where) -> tuple[str, ...]:
    if spec.image.startswith("-"):
        raise where.at("container.image").error(f"expected an image, found {spec.image!r}, a flag to docker")
    mounts = (*spec.mounts, *map(mount_of_flag, options.mounts))
    return (
        *("docker", "run", "--rm", "-i", "-a", "STDIN", "-a", "STDOUT", "-a", "STDERR"),
        *("--network", "host" if spec.network else "none"),
        *("--user", f"{os.getuid()}:{os.getgid()}" if options.as_current_user else "nobody"),
        "--security-opt=no-new-privileges",
        *(part for mount in mounts for part in ("--mount", _mount_flag(mount, folder))),
        *(part for variable in _container_env(spec.envs, options.env) for part in ("-e", variable)),
        spec.image,
    )


def _mount_flag(mount: Mount, folder: Path) -> str:
    source = mount.src if mount.src.startswith("/") else os.path.normpath(folder / mount.src)
    return f"type={mount.type},source={source},target={mount.dst}" + ("" if mount.rw else ",readonly")


def _container_env(declared: Iterable[str], flags: Iterable[str]) -> list[str]:
    """Give the variables of a container: with a value in their order by name, then those to pass on."""
    values = dict(_CONTAINER_ENV)
    passed: dict[str, None] = {}
    for entries in (declared, (*(f"{name}={value}" for name, value in _CONTAINER_ENV.items()), *flags)):
        for entry in entries:
            name, given, value = entry.partition("=")
            if given:
                values[name] = value
            else:
                passed[name] = None
    return [*(f"{name}={values[name]}" for name in sorted(values)), *passed]
