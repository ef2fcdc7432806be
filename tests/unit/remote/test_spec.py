"""Entries that name repositories: what git is given, and which path in it is meant."""

from __future__ import annotations

import pytest

from imbricate.remote import redacted, spec_of
from imbricate.remote.spec import DEFAULT_TIMEOUT, RepoSpec


@pytest.mark.parametrize(
    ("entry", "repository", "path", "ref"),
    [
        ("https://example.com/org/repo", "https://example.com/org/repo", "", ""),
        ("HTTPS://example.com/org/repo/a/b?ref=v1", "https://example.com/org/repo", "a/b", "v1"),
        ("http://example.com/org/repo/a", "http://example.com/org/repo", "a", ""),
        ("https://example.com/group/sub/repo.git/a", "https://example.com/group/sub/repo.git", "a", ""),
        ("https://example.com/group/sub/repo//a/b", "https://example.com/group/sub/repo", "a/b", ""),
        ("https://example.com/org/repo.git//a", "https://example.com/org/repo.git", "a", ""),
        ("https://me@dev.example.com/org/p/_git/repo/a", "https://me@dev.example.com/org/p/_git/repo", "a", ""),
        ("https://example.com/c/_git/repo?version=v1", "https://example.com/c/_git/repo", "", "v1"),
        ("https://example.com/org/repo?version=v1&ref=v2", "https://example.com/org/repo", "", "v2"),
        ("https://example.com/org/repo?ref=feature%2Fx", "https://example.com/org/repo", "", "feature/x"),
        ("https://example.com/org/repo?ref=%zz", "https://example.com/org/repo", "", ""),
        ("ssh://git@example.com:7999/org/repo/a", "ssh://git@example.com:7999/org/repo", "a", ""),
        ("git@example.com:org/repo/a", "git@example.com:org/repo", "a", ""),
        ("git@example.com:a/b/repo.git?ref=v1", "git@example.com:a/b/repo.git", "", "v1"),
        ("git@example.com/org/repo//a", "git@example.com/org/repo", "a", ""),
        ("git::https://example.com/org/repo", "https://example.com/org/repo", "", ""),
        ("git::git@example.com:org/repo", "git@example.com:org/repo", "", ""),
        ("github.com/org/repo/a", "https://github.com/org/repo", "a", ""),
        ("GitHub.com:org/repo", "https://github.com/org/repo", "", ""),
        ("http://github.com/org/repo", "https://github.com/org/repo", "", ""),
        ("git@github.com/org/repo", "git@github.com:org/repo", "", ""),
        ("ssh://git@github.com/org/repo", "git@github.com:org/repo", "", ""),
        ("file:///a/b/repo", "file:///a/b/repo", "", ""),
        ("file:///a/b/repo//base?ref=x", "file:///a/b/repo", "base", "x"),
        ("file:///a/b/repo.git/base", "file:///a/b/repo.git", "base", ""),
    ],
)
def test_an_entry_names_a_repository(entry: str, repository: str, path: str, ref: str) -> None:
    assert spec_of(entry) == RepoSpec(repository, path, ref)


@pytest.mark.parametrize(
    "entry",
    [
        "base",
        "../base",
        "/base",
        "src/github.com/org/repo",
        "gh:org/repo",
        "ftp://example.com/org/repo",
        "me@folder",
        "github.com!org/repo",
        "https://example.com/file.yaml",
        "https://example.com?ref=v1",
        "https://example.com/org/repo//../other",
        "https://example.com/org/repo.git//a/../../b",
        "file:////repo//base",
        "git::base",
    ],
)
def test_other_entries_name_none(entry: str) -> None:
    assert spec_of(entry) is None


@pytest.mark.parametrize(
    ("query", "timeout", "submodules"),
    [
        ("", DEFAULT_TIMEOUT, True),
        ("timeout=61", 61, True),
        ("timeout=1m30s", 90, True),
        ("timeout=0.5s", 0.5, True),
        ("timeout=0", DEFAULT_TIMEOUT, True),
        ("timeout=soon", DEFAULT_TIMEOUT, True),
        ("submodules=false", DEFAULT_TIMEOUT, False),
        ("submodules=0", DEFAULT_TIMEOUT, False),
        ("submodules=no", DEFAULT_TIMEOUT, True),
    ],
)
def test_a_query_sets_timeout_and_submodules(query: str, timeout: float, submodules: bool) -> None:  # noqa: FBT001
    assert spec_of(f"https://example.com/org/repo?{query}") == RepoSpec(
        "https://example.com/org/repo", "", "", timeout, submodules
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.com/x", "https://me:***@example.com/x"),
        ("https://example.com/x?token=secret&ref=v1", "https://example.com/x?token=***&ref=v1"),
        ("https://example.com/x?ref=v1&X-Amz-Signature=secret", "https://example.com/x?ref=v1&X-Amz-Signature=***"),
        ("git@example.com:org/repo", "git@example.com:org/repo"),
    ],
)
def test_what_is_secret_in_a_url_is_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown
