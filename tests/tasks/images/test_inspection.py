"""What an image must not have."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from tasks.images.inspection import findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.images.archive import Saved

KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{'MIIEow' * 12}\n-----END RSA PRIVATE KEY-----\n"


def _with_mode(mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("usr/bin/su")
    entry.mode = mode
    return entry


BAD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"user": ""}, "USER none: expected a number that is not 0, so that Kubernetes can tell that it is not root"),
    ({}, {"user": "app"}, "USER app: expected a number that is not 0, so that Kubernetes can tell that it is not root"),
    ({}, {"user": "0:0"}, "USER 0:0: expected a number that is not 0, so that Kubernetes can tell that it is not root"),
    (
        {},
        {"env": ("DB_PASSWORD=x",)},
        "ENV DB_PASSWORD: a secret comes from the environment that the image runs in, not from the image",
    ),
    ({"usr/bin/su": _with_mode(0o4755)}, {}, "/usr/bin/su: runs with its owner's rights (mode 4755)"),
    (
        {"var/log/dpkg.log": "installed"},
        {},
        "/var/log/dpkg.log: a log, cache or list of packages: remove it in the step that makes it",
    ),
    ({"app/.env": "A=b"}, {}, "/app/.env: a file that holds secrets"),
    ({"app/key.txt": KEY}, {}, "/app/key.txt: holds a private key"),
    ({"app/a": "id AKIAIOSFODNN7EXAMPLE"}, {}, "/app/a: holds an access key of AWS"),
    ({"app/a": f"ghp_{'a1' * 18}"}, {}, "/app/a: holds a token of GitHub"),
    ({"app/.npmrc": "//registry/:_authToken=abcdefgh12"}, {}, "/app/.npmrc: holds a token of npm"),
    ({"app/a": f"glpat-{'a' * 20}"}, {}, "/app/a: holds a token of GitLab"),
    ({"app/a": f"xoxb-{'1' * 24}"}, {}, "/app/a: holds a token of Slack"),
    ({"app/a.toml": "postgresql://app:hunter22@db/app"}, {}, "/app/a.toml: holds credentials in an address"),
]


@pytest.mark.parametrize(("files", "options", "finding"), BAD, ids=[finding for _, _, finding in BAD])
def test_it_is_found(saved: Callable[..., Saved], files: dict[str, Any], options: dict[str, Any], finding: str) -> None:
    assert list(findings(saved(files, **options), 0)) == [finding]


GOOD: dict[str, dict[str, Any]] = {
    "a program": {"app/main": "x"},
    "an example in source code": {"app/a.py": "redis://user:password@localhost"},
    "an address with variables": {"app/a.ini": "postgresql://${USER}:${PASSWORD}@db/app"},
    "an address with a place for a password": {"app/a.ini": "redis://user:<password>@host"},
    "the heading of a key": {"app/a": "-----BEGIN PRIVATE KEY-----\n..."},
    "a file that is gone": {"var/log/.wh.dpkg.log": ""},
    "an empty .env": {"app/.env": ""},
    "an example in documentation": {"app/node_modules/pg/README.md": "postgresql://user:secret99@host/db"},
}


@pytest.mark.parametrize("files", GOOD.values(), ids=GOOD)
def test_nothing_is_found_in(saved: Callable[..., Saved], files: dict[str, Any]) -> None:
    assert list(findings(saved(files), 0)) == []


def test_what_a_base_brings_is_not_the_image_own(saved: Callable[..., Saved]) -> None:
    assert list(findings(saved({"var/log/x": "1"}, {"app/main": "x"}), 1)) == []
