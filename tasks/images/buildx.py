"""A builder of buildx in place of the local engine: remote BuildKit, or its Kubernetes driver.

https://docs.docker.com/build/builders/drivers/
"""

from __future__ import annotations

import subprocess
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tasks.images import context
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasks.images.recipe import Recipe

_SHOWN = 20


class Order(NamedTuple):
    """What a builder is asked for: a stage (`target`, or the last), as an archive that is written to `output`."""

    builder: str
    target: str
    output: Path | None
    cached: bool = True


def build(order: Order, recipe: Recipe, show: Callable[[str], None]) -> None:
    """Build a stage with a buildx builder, into an archive as `docker save` writes it.

    Raises ImageError with the end of what the builder printed.
    """
    command = _command(order, recipe)
    printed: deque[str] = deque(maxlen=_SHOWN)
    try:
        process = subprocess.Popen(  # noqa: S603 - a list, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise ImageError(f"builder={order.builder}: docker cannot be run: {error.strerror}") from None
    with process:
        _send(process, recipe)
        for line in process.stderr or ():
            text = line.decode(errors="replace").rstrip()
            printed.append(text)
            if _is_step(text):
                show(text.partition(" ")[2])
    if process.returncode:
        lines = "".join(f"\n  {line}" for line in printed if line)
        raise ImageError(f"{recipe.image.dockerfile}: builder {order.builder} failed:{lines}")


def _command(order: Order, recipe: Recipe) -> list[str]:
    """Give the command; the context comes on standard input, so that both builders get the same one."""
    destination = f"type=docker,dest={order.output}" if order.output else "type=cacheonly"
    name = recipe.image.dockerfile.relative_to("images").as_posix()
    command = ["docker", "buildx", "build", "--builder", order.builder, "--progress", "plain", "--file", name]
    command += ["--provenance", "false", "--output", destination]
    command += ["--target", order.target] if order.target else []
    command += [] if order.cached else ["--no-cache"]
    for argument, value in {**recipe.arguments, "SOURCE_DATE_EPOCH": str(context.EPOCH)}.items():
        command += ["--build-arg", f"{argument}={value}"]
    return [*command, "-"]


def _send(process: subprocess.Popen[bytes], recipe: Recipe) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for above
    try:
        process.stdin.write(context.archive(recipe.entries).read())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has ended, and its output says why


def _is_step(line: str) -> bool:
    """Tell whether a line of the plain progress begins a step: `#7 [build 3/5] RUN npm ci`."""
    number, _, rest = line.partition(" ")
    return number.startswith("#") and rest.startswith("[") and "[internal]" not in rest
