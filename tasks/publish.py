"""`doit publish env=prod to=REGISTRY/PATH [tag=]`: a rendered environment into a registry."""

from __future__ import annotations

import re
from typing import Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked
from tasks.units import environments

_LATEST = "latest"
# https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
_REPOSITORY = re.compile(r"(localhost|[^/:]*[.:][^/]*)(/[a-z0-9]+([._-]+[a-z0-9]+)*)+")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


def task_publish() -> dict[str, Any]:
    """Push a rendered environment as an OCI artifact for Flux and Argo CD (env=, to=REGISTRY/PATH, tag=, source=)."""
    return {"actions": [(publish, [])], "verbosity": 2}


def publish() -> TaskFailed | None:
    """Publish what the command line names."""
    from tasks.git import GitError  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.images.errors import ImageError  # noqa: PLC0415

    try:
        _publish(checked())
    except (GitError, ImageError) as error:
        return TaskFailed(str(error))
    return None


def _publish(arguments: dict[str, str]) -> None:
    from tasks import publishing  # noqa: PLC0415 - as above
    from tasks.images.remote import connected  # noqa: PLC0415

    environment, repository = _environment(arguments), _repository(arguments)
    made = publishing.artifact(environment, arguments.get("source", ""))
    tag = _tag(arguments, made.tag)
    moving = (_LATEST, environment)
    with connected(f"{repository}:{tag}") as remote:
        publishing.publish(made, remote, print, is_moving=tag in moving)
    if tag in moving:
        print(f"the tag {tag} moves: pin {repository}@{made.digest} where a delivery has to stay as it is")


def _environment(arguments: dict[str, str]) -> str:
    from tasks.images.errors import ImageError  # noqa: PLC0415 - as above

    known = [one.name for one in environments()]
    name = arguments.get("env", "")
    if name not in known:
        found = f"env={name}" if name else "env= is missing"
        raise ImageError(f"{found}: expected the one environment to publish; known: {', '.join(known)}")
    return name


def _repository(arguments: dict[str, str]) -> str:
    from tasks.images.errors import ImageError  # noqa: PLC0415 - as above

    found = arguments.get("to", "").removeprefix("oci://").rstrip("/")
    if not _REPOSITORY.fullmatch(found):
        shown = f"to={arguments['to']}" if "to" in arguments else "to= is missing"
        raise ImageError(f"{shown}: expected REGISTRY/PATH, such as registry.example.com/platform/gitops-prod")
    return found


def _tag(arguments: dict[str, str], usual: str) -> str:
    from tasks.images.errors import ImageError  # noqa: PLC0415 - as above

    tag = arguments.get("tag", usual)
    if not _TAG.fullmatch(tag):
        raise ImageError(f"tag={tag}: expected letters, digits, '.', '_' and '-', at most 128 of them")
    return tag
