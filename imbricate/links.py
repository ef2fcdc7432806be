"""Maps of one object that share the value of a key.

In kustomize a transformer that makes the same label in several places puts one YAML node there, so that whoever changes
it in one place later changes it in all. Byte for byte means that, too.
"""

from __future__ import annotations

from typing import Any


class Link:
    """Maps of one object that share the value of a key."""

    __slots__ = ("members", "name", "value")

    def __init__(self, name: str, value: Any, members: list[dict[str, Any]]) -> None:
        """Take the key, its value, and the maps in the order in which a walk of the object meets them."""
        self.name = name
        self.value = value
        self.members = members

    def is_changed_in(self, member: dict[str, Any]) -> bool:
        """Tell whether a map has the key with another value than the shared one."""
        return self.name in member and member[self.name] is not self.value
