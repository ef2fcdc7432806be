"""What an image must not have: a root user, programs that change the user, secrets, traces of the time of its build.

Only the image's own layers are looked at: what a base brings is the base's.
"""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from tasks.images.archive import Saved

_SET_ID = 0o6000
_LARGEST = 1 << 20  # no secret is found in larger files: they are programs and data
_BY_TIME = ("var/log/", "var/cache/", "var/lib/apt/lists/", "root/.cache/", "root/.npm/", "tmp/")
_SECRET_FILES = {
    ".env",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "credentials.json",
}
_WHITEOUT = ".wh."  # says that a file of a lower layer is gone: image-spec, layer.md
_DOCUMENTATION = (".md", ".rst", ".d.ts", ".html")  # full of examples: a secret in there has been published before
_SECRETS = {
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}"),
    "an access key of AWS": re.compile(rb"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a token of npm": re.compile(rb"(?:\bnpm_[A-Za-z0-9]{36}\b|:_authToken=[^\s$]{8})"),
    "a token of GitLab": re.compile(rb"\bglpat-[A-Za-z0-9_-]{20}\b"),
    "a token of Slack": re.compile(rb"\bxox[abpors]-[A-Za-z0-9-]{24}"),
}
# Only in what configures something: source code is full of examples.
_ADDRESS = re.compile(rb"\b(?:https?|postgres(?:ql)?|redis)://[^\s:/@$<{'\"]+:[^\s:/@$<{*'\"]{6,}@")
_CONFIGURATION = (".cfg", ".conf", ".config", ".env", ".ini", ".json", ".npmrc", ".pypirc", ".toml", ".yaml", ".yml")
_NAMED = re.compile(r"(?i)(?:PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY)")


def findings(image: Saved, kept: int) -> Iterator[str]:
    """Say what is wrong with an image whose `kept` lowest layers are its base's."""
    process = json.loads(image.config)["config"]
    yield from _user(process.get("User", ""))
    for variable in process.get("Env", ()):
        name, _, value = variable.partition("=")
        if _NAMED.search(name) and value:
            yield f"ENV {name}: a secret comes from the environment that the image runs in, not from the image"
    for layer in image.layers[kept:]:
        layer.seek(0)
        with tarfile.open(fileobj=layer) as archive:
            for member in archive:
                yield from _of_member(archive, member)


def _user(user: str) -> Iterator[str]:
    number = user.partition(":")[0]
    if not number.isdecimal() or int(number) == 0:
        found = user or "none"
        yield f"USER {found}: expected a number that is not 0, so that Kubernetes can tell that it is not root"


def _of_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[str]:
    path = member.name.removeprefix("./")
    if not member.isreg() or PurePosixPath(path).name.startswith(_WHITEOUT):
        return
    if member.mode & _SET_ID:
        yield f"/{path}: runs with its owner's rights (mode {member.mode:o})"
    if path.startswith(_BY_TIME):
        yield f"/{path}: a log, cache or list of packages: remove it in the step that makes it"
    if PurePosixPath(path).name in _SECRET_FILES and member.size:
        yield f"/{path}: a file that holds secrets"
    if member.size <= _LARGEST and not path.endswith(_DOCUMENTATION):
        content: IO[bytes] | None = archive.extractfile(member)
        yield from _secrets(path, content.read() if content else b"")


def _secrets(path: str, content: bytes) -> Iterator[str]:
    for what, pattern in _SECRETS.items():
        if pattern.search(content):
            yield f"/{path}: holds {what}"
    if path.endswith(_CONFIGURATION) and _ADDRESS.search(content):
        yield f"/{path}: holds credentials in an address"
