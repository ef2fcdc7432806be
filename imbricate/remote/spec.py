"""From an entry of a kustomization to a repository, a ref and a path in it (kustomize: git/repospec.go)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs

from imbricate.filepath import joined

_SCHEMES = ("ssh://", "https://", "http://", "file://")
_USER = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*@")
_GITHUB = re.compile(r"github\.com[/:]", re.IGNORECASE)
_DURATION = re.compile(r"((?:\d+(?:\.\d*)?|\.\d+))(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}
DEFAULT_TIMEOUT = 27.0
# What kustomize puts in place of the folder of a clone, and with it into the origin of what lies in its root.
_ROOT = "notCloned"


class RepoSpec(NamedTuple):
    """A repository as git takes it, and what of it is meant."""

    repository: str
    path: str
    ref: str = ""
    timeout: float = DEFAULT_TIMEOUT
    submodules: bool = True

    @property
    def is_local(self) -> bool:
        """Tell whether the repository is on this machine."""
        return self.repository.startswith("file://")

    @property
    def origin_path(self) -> str:
        """Give the path as annotations of origins have it."""
        return joined("", self.path) or _ROOT


def parse(entry: str) -> RepoSpec | None:
    """Read an entry; None when it names no repository, but a local path or a mere URL."""
    if entry.startswith("/"):
        return None
    address, _, query = entry.partition("?")
    host, rest = _host(address)
    repository, path = _split(rest, takes_all=host == "file://")
    if not host or not repository or joined("", path.lstrip("/")).split("/")[0] == "..":
        return None
    return RepoSpec(host + repository, path.removeprefix("/"), *_asked(query))


def _host(address: str) -> tuple[str, str]:
    """Split off scheme, user and host; a host of '' when there is none."""
    if address[:5].lower() == "git::":
        address = address[5:]
    scheme = next((one for one in _SCHEMES if address[: len(one)].lower() == one), "")
    rest = address[len(scheme) :]
    if scheme == "file://":
        return scheme, rest
    found = _USER.match(rest)
    user = found[0] if found else ""
    rest = rest[len(user) :]
    is_github = _GITHUB.match(rest) is not None
    is_scp = not scheme and bool(user or is_github)
    if not scheme and not is_scp:
        return "", ""
    host, rest = _cut(rest, is_scp=is_scp)
    if is_github:
        by_ssh = scheme == "ssh://" or user
        return (f"{user}github.com:", rest) if by_ssh else ("https://github.com/", rest)
    return (scheme + user + host, rest) if host else ("", "")


def _cut(rest: str, *, is_scp: bool) -> tuple[str, str]:
    """Cut behind the host: at the first slash or, where there is no scheme, at a colon before it."""
    slash, colon = rest.find("/"), rest.find(":")
    end = colon if is_scp and (slash < 0 or 0 < colon < slash) else slash
    return (rest[: end + 1], rest[end + 1 :]) if end >= 0 else (rest, "")


def _split(text: str, *, takes_all: bool) -> tuple[str, str]:
    """Split the repository from the path in it: at `_git/NAME`, `//` or `.git`, else after two names."""
    head, mark, tail = text.partition("_git/")
    if mark:
        name, _, path = tail.partition("/")
        return head + mark + name, path
    head, mark, tail = text.partition("//")
    if mark:
        return head, tail
    head, mark, tail = text.partition(".git")
    if mark:
        return head + mark, tail
    if takes_all:
        return text, ""
    names = text.split("/")
    return ("/".join(names[:2]), "/".join(names[2:])) if len(names) > 1 else ("", "")


def _asked(query: str) -> tuple[str, float, bool]:
    """Read ref, timeout and submodules; what cannot be read counts as not there."""
    if ";" in query or re.search("%(?![0-9a-fA-F]{2})", query):
        return "", DEFAULT_TIMEOUT, True
    values = {name: found[0] for name, found in parse_qs(query, keep_blank_values=True).items()}
    ref = values.get("ref") or values.get("version", "")
    submodules = values.get("submodules", "")
    return ref, _timeout(values.get("timeout", "")), submodules not in _FALSE


def _timeout(text: str) -> float:
    if text.isdecimal():
        return float(text) or DEFAULT_TIMEOUT
    if _DURATION.sub("", text):
        return DEFAULT_TIMEOUT
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)) or DEFAULT_TIMEOUT
