"""No secret is in git: not in what is rendered, and not in any file."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.checks.findings import Place, Problem
from tasks.checks.objects import elements, mapping
from tasks.checks.registry import REPOSITORY, rule, unit_rule
from tasks.checks.tokens import SECRET_NAME, is_value, secrets_in
from tasks.memory import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest
    from tasks.checks.objects import Pod
    from tasks.checks.subject import Repository, Subject
    from tasks.checks.tokens import Secret

_GROUP = "Secrets"
_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret that the API server fills
_STRICT_FOLDERS = ("base/", "components/", "overlays/", "cluster/")
_SETTINGS = (".yaml", ".yml", ".env", ".json", ".properties", ".toml", ".ini", ".conf")
_RENDERED = "gitops/"
_LARGEST = 1024 * 1024
_UNREAD = (".png", ".jpg", ".gif", ".ico", ".woff", ".woff2", ".gz", ".tgz", ".zip", ".pdf", ".svg", ".lock", ".sum")
_IN_GIT = "secrets in files, by their content"
_WITHOUT_GIT = ("base", "components", "overlays")


@unit_rule(
    "plain-secret", _GROUP, fix="declare it as an ExternalSecret (base/<system>/secrets), and change it: git keeps it"
)
def plain_secret(subject: Subject) -> Iterator[Problem]:
    """No value of a secret is rendered: in no Secret, no variable of a container, no ConfigMap.

    Variables and keys count whose name ends with password, secret, token, key or the like.
    """
    for manifest in subject.objects.of_kind("Secret"):
        for part in ("data", "stringData") if manifest.get("type") != _TOKEN else ():
            for key in mapping(manifest, part):
                yield Problem("a Secret with data is rendered", manifest, (part, key))
    for manifest in subject.objects.of_kind("ConfigMap"):
        yield from _of_config_map(manifest)
    for pod in subject.objects.pods:
        yield from _of_variables(pod)


def _of_config_map(manifest: Manifest) -> Iterator[Problem]:
    for key, value in mapping(manifest, "data").items():
        text = str(value)
        if SECRET_NAME.fullmatch(key) and is_value(text, strict=True):
            yield Problem(f"the ConfigMap holds a value for {key}", manifest, ("data", key))
            continue
        for found in secrets_in(text, strict=True):
            yield Problem(f"the ConfigMap holds {found.kind}", manifest, ("data", key))


def _of_variables(pod: Pod) -> Iterator[Problem]:
    for one in pod.containers:
        for path, variable in elements(one.value, "env"):
            name, value = str(variable.get("name")), variable.get("value")
            if not isinstance(value, str):
                continue
            place = (*one.path, *path, "value")
            if SECRET_NAME.fullmatch(name) and is_value(value, strict=True):
                yield Problem(f"the variable {name} holds its value in plain text", pod.manifest, place)
            else:
                for found in secrets_in(value, strict=True):
                    yield Problem(f"the variable {name} holds {found.kind}", pod.manifest, place)


@rule(
    "secret-in-git",
    _GROUP,
    fix="take it out, and change it where it is used: git keeps what was committed",
    scope=REPOSITORY,
)
def secret_in_git(repository: Repository) -> Iterator[Problem]:
    """No file that git has, or would take, holds a secret.

    Tokens by the form that their issuers give them, private keys, passwords in URLs, values under names such as
    password. Tests that need something that looks like one are waived file by file. Only when all units are checked.
    """
    if not repository.chosen.is_all:
        return
    known = repository.memory.recall(_IN_GIT) or {}
    seen = {}
    for file in files_of_git():
        content = _content(file)
        if content is None:
            continue
        is_settings = file.endswith(_SETTINGS)
        is_strict = is_settings and file.startswith(_STRICT_FOLDERS)
        key = f"{digest_of(content)} {is_settings} {is_strict}"
        if key not in seen:
            seen[key] = (
                known[key] if key in known else _secrets_in(content, is_strict=is_strict, is_code=not is_settings)
            )
        for kind, line in seen[key]:
            yield Problem(f"{kind} is in git", place=Place(file, line))
    if seen.keys() != known.keys():
        repository.memory.keep(_IN_GIT, seen, ())


def _secrets_in(content: bytes, *, is_strict: bool, is_code: bool) -> list[Secret]:
    if b"\0" in content[:4096]:
        return []
    return list(secrets_in(content.decode("utf-8", "replace"), strict=is_strict, code=is_code))


def files_of_git() -> list[str]:
    """List what is committed or would be; without git, what is rendered from. Rendered files hold nothing else."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - git's own name
    if done.returncode == 0:
        found = sorted(set(done.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""})
    else:
        found = sorted(str(path) for top in _WITHOUT_GIT for path in Path(top).rglob("*") if path.is_file())
    return [file for file in found if not file.endswith(_UNREAD) and not file.startswith(_RENDERED)]


def _content(file: str) -> bytes | None:
    """Read a file; None for one that is gone, large, or a link."""
    try:
        status = os.lstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        with open(file, "rb") as opened:  # noqa: PTH123 - half the time of Path, for thousands of files
            return opened.read()
    except OSError:
        return None
