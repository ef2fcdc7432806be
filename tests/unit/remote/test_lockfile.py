"""imbricate.lock: written and read back; what is wrong with one is said in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imbricate.errors import DocumentError
from imbricate.remote.lockfile import LockedFile, LockedTree, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path

RENEW = "write it anew: imbricate lock --update"


def test_a_lock_says_what_was_written(tmp_path: Path) -> None:
    entries = {"b": LockedFile("0" * 64), "a": LockedTree("https://example.com/a", "v1", "1" * 40, "2" * 64)}
    write_lock(tmp_path / "imbricate.lock", entries)

    assert read_lock(tmp_path / "imbricate.lock") == entries


def test_a_lock_that_is_missing_locks_nothing(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "imbricate.lock") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"version": 2, "entries": {}}',
            "imbricate.lock: is of version 2, expected 1: a newer imbricate wrote it; use that",
        ),
        ('{"version": 0, "entries": {}}', f"imbricate.lock: expected version 1 and a map of entries; {RENEW}"),
        ('{"version": 1}', f"imbricate.lock: expected version 1 and a map of entries; {RENEW}"),
        ("[]", f"imbricate.lock: expected version 1 and a map of entries; {RENEW}"),
        ('{\n"version"', f"imbricate.lock:2:10: is no JSON: Expecting ':' delimiter; {RENEW}"),
        (
            '{"version": 1, "entries": {"a": {"sha256": "../../etc"}}}',
            (
                "imbricate.lock: entry 'a': expected commit, digest, ref and repository, or sha256, "
                f'found {{"sha256": "../../etc"}}; {RENEW}'
            ),
        ),
        (
            '{"version": 1, "entries": {"a": 1}}',
            f"imbricate.lock: entry 'a': expected commit, digest, ref and repository, or sha256, found 1; {RENEW}",
        ),
    ],
)
def test_a_lock_that_cannot_be_read_is_refused(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imbricate.lock").write_text(text)

    with pytest.raises(DocumentError) as caught:
        read_lock(tmp_path.resolve() / "imbricate.lock")
    assert str(caught.value) == message
