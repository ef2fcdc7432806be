"""Paths as Go's path/filepath joins them: as text, whatever is on the disk."""

from __future__ import annotations


def joined(origin: str, path: str) -> str:
    """Join paths as Go's filepath.Join does: `..` is resolved in the text."""
    parts: list[str] = []
    for part in f"{origin}/{path}".split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
