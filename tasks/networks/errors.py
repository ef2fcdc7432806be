"""What a user can cause while declaring who talks to whom; the text is one line."""

from __future__ import annotations

from typing import Any


class NetworksError(Exception):
    """A dependencies.yaml that cannot be read, or that contradicts another; the text begins with the file."""


class PolicyError(Exception):
    """A NetworkPolicy that no API server would take: the object, the path of the field in it, and what is wrong."""

    def __init__(self, manifest: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
        """Take all three."""
        super().__init__(message)
        self.manifest = manifest
        self.path = path
