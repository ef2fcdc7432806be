"""What is run for a function: the arguments and the environment, by what it declares and what flags allow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.functions.commands import command_of
from imbricate.functions.spec import Container, Exec, FunctionSpec, Mount, mount_of_flag
from imbricate.options import PluginOptions

ALLOWED = PluginOptions(enabled=True, exec_enabled=True)
WHERE = Where("fn.yaml", "Fn/fn")
HERE = Path("/srv/shop")
ALWAYS = ("-e", "LOG_TO_STDERR=true", "-e", "STRUCTURED_RESULTS=true")


def _docker(*, network: str = "none", user: str = "nobody", rest: tuple[str, ...] = ALWAYS) -> tuple[str, ...]:
    attached = ("docker", "run", "--rm", "-i", "-a", "STDIN", "-a", "STDOUT", "-a", "STDERR")
    return (*attached, "--network", network, "--user", user, "--security-opt=no-new-privileges", *rest, "image:1")


@pytest.mark.parametrize(
    ("container", "options", "argv"),
    [
        pytest.param(Container("image:1"), ALLOWED, _docker(), id="plain"),
        pytest.param(Container("image:1"), ALLOWED._replace(network=True), _docker(), id="network allowed, not asked"),
        pytest.param(
            Container("image:1", network=True),
            ALLOWED._replace(network=True),
            _docker(network="host"),
            id="network asked and allowed",
        ),
        pytest.param(
            Container("image:1"),
            ALLOWED._replace(as_current_user=True),
            _docker(user=f"{os.getuid()}:{os.getgid()}"),
            id="as current user",
        ),
        pytest.param(
            Container("image:1", mounts=(Mount("bind", "data", "/data"), Mount("volume", "", "/v", rw=True))),
            ALLOWED._replace(mounts=("type=bind,source=/etc//x,target=/x",)),
            _docker(
                rest=(
                    *("--mount", "type=bind,source=/srv/shop/data,target=/data,readonly"),
                    *("--mount", "type=volume,source=/srv/shop,target=/v"),
                    *("--mount", "type=bind,source=/etc//x,target=/x,readonly"),
                    *ALWAYS,
                )
            ),
            id="mounts",
        ),
        pytest.param(
            Container("image:1", envs=("B=file", "A=file", "HOME", "LOG_TO_STDERR=no")),
            ALLOWED._replace(env=("A=flag=1", "HOME", "USER")),
            _docker(rest=("-e", "A=flag=1", "-e", "B=file", *ALWAYS, "-e", "HOME", "-e", "USER")),
            id="variables",
        ),
    ],
)
def test_a_container_is_run_by_docker(container: Container, options: PluginOptions, argv: tuple[str, ...]) -> None:
    command = command_of(FunctionSpec(container, Exec("./fn")), HERE, options, WHERE)

    assert command is not None
    assert command.argv == argv
    assert (command.folder, command.environment) == (HERE, {})


def test_an_executable_gets_what_flags_say_before_what_it_declares() -> None:
    spec = FunctionSpec(exec=Exec("./fn", ("a", "b c"), ("A=file", "B=file", "C=x=y", "D")))

    command = command_of(spec, HERE, ALLOWED._replace(env=("A=flag", "E=flag", "F")), WHERE)

    assert command is not None
    assert command.argv == ("./fn", "a", "b c")
    assert command.environment == {"A": "flag", "B": "file", "E": "flag"}


@pytest.mark.parametrize("spec", [FunctionSpec(exec=Exec("./fn")), FunctionSpec()])
def test_without_leave_nothing_is_run(spec: FunctionSpec) -> None:
    assert command_of(spec, HERE, ALLOWED._replace(exec_enabled=False), WHERE) is None


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            Container("image:1", network=True),
            "fn.yaml: Fn/fn.container.network: needs the network, which is not allowed; allow it with --network",
        ),
        (
            Container("--privileged"),
            "fn.yaml: Fn/fn.container.image: expected an image, found '--privileged', a flag to docker",
        ),
    ],
)
def test_a_container_is_refused(container: Container, message: str) -> None:
    with pytest.raises(KustomizationError) as refused:
        command_of(FunctionSpec(container), HERE, ALLOWED, WHERE)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("flag", "mount"),
    [
        ("type=bind,src=a,dst=/b", Mount("bind", "a", "/b")),
        ("type=bind,source=a,target=/b,rw=true", Mount("bind", "a", "/b", rw=True)),
        ("type=bind,rw=yes,odd,more=x", Mount("bind")),
        ("", Mount()),
    ],
)
def test_the_value_of_mount_is_read(flag: str, mount: Mount) -> None:
    assert mount_of_flag(flag) == mount
