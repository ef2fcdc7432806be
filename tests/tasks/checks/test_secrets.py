"""What is a secret in a text, and what only looks like one. Tokens are put together here: this file has none."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tasks.checks.tokens import entropy, is_value, secrets_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8aB3dE5gH7jK9mN1pQ2sT4vW6yZ8"
TOKENS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + LETTERS,
    "an access key of AWS": "AKIA" + "ABCDEFGH23456789",
    "a token of GitHub": "ghp" + "_" + LETTERS[:36],
    "a token of GitLab": "glpat" + "-" + LETTERS[:20],
    "a token of Slack": "xoxb" + "-123456789012-" + LETTERS[:12],
    "a key of Stripe": "sk_" + "live_" + LETTERS[:24],
    "a key of Google": "AIza" + LETTERS[:35],
    "a key of Anthropic": "sk-" + "ant-api03-" + LETTERS[:30],
    "a token of Vault": "hvs" + "." + LETTERS[:30],
    "a JSON web token": "eyJ" + LETTERS[:20] + ".eyJ" + LETTERS[:20] + "." + LETTERS[:20],
    "a password in a URL": "postgres://app:" + LETTERS[:12] + "@db/app",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_are_known_by_their_form(kind: str) -> None:
    found = list(secrets_in(f"one\ntwo {TOKENS[kind]} three\n", strict=False))

    assert [(one.kind, one.line) for one in found] == [(kind, 2)]


VALUES = {
    "a word in settings": ("DB_PASSWORD=hunter", True, True),
    "a word in a program": ('password = "hunter"', False, False),
    "what is random in a program": ("password" + f' = "{LETTERS[:16]}"', False, True),
    "a variable in a program": ("password = settings.read(LETTERS9)", False, False),
    "a reference to a variable": ("DB_PASSWORD=$(PASSWORD)", True, False),
    "a reference of a template": ('password: "{{ .password }}"', True, False),
    "a path": ("TOKEN_FILE=/run/token\ntoken: /run/token", True, False),
    "a number": ("max_token: 4096", True, False),
    "a time": ("token: 15m", True, False),
    "a host": ("secret: vault.example.com", True, False),
    "nothing": ('password: ""', True, False),
    "a name of a Secret": ("secretName: tamma-secrets", True, False),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_known_by_the_name_that_they_stand_under(name: str) -> None:
    text, is_settings, is_secret = VALUES[name]

    assert bool(list(secrets_in(text, strict=is_settings, code=not is_settings))) == is_secret


def test_what_is_found_is_named_whole() -> None:
    (found,) = secrets_in("x: 1\n  SMTP_PASSWORD: hunter2\n", strict=True)

    assert found == ("a value for SMTP_PASSWORD", 2)


def test_entropy_is_that_of_the_text() -> None:
    assert (entropy(""), entropy("aaaa"), entropy("abab"), entropy("abcd")) == (0, 0, 1, 2)
    assert not is_value("aaaaaaaa1", strict=False)


def test_a_secret_in_any_file_of_git_is_a_finding(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "notes.txt").write_text("for me\n" + TOKENS["a token of GitHub"] + "\n")
    (project / "hidden.txt").write_text(TOKENS["a token of GitHub"] + "\n")
    (project / ".gitignore").write_text("hidden.txt\n")
    (project / "base/shop/mail.env").write_text("SMTP_PASSWORD=hunter\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)

    status, shown = doit("check")

    assert status == 1
    assert shown.splitlines()[:2] == [
        (
            "base/shop/mail.env:1: a value for SMTP_PASSWORD is in git; take it out, and change it where it is used: "
            "git keeps what was committed [secret-in-git]"
        ),
        (
            "notes.txt:2: a token of GitHub is in git; take it out, and change it where it is used: git keeps what was "
            "committed [secret-in-git]"
        ),
    ]
    assert TOKENS["a token of GitHub"] not in shown


def test_what_is_rendered_from_is_looked_at_without_git_too(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "base/shop/mail.env").write_text("SMTP_PASSWORD=hunter\n")

    assert doit("check")[1].startswith("base/shop/mail.env:1: a value for SMTP_PASSWORD is in git;")
