"""Which names a system and a service may have: they become names of objects, hosts, folders and images.

RFC 1123 labels that begin with a letter, as the name of a Service must: RFC 1035, section 2.3.1.
"""

from __future__ import annotations

import re
from pathlib import Path

from tasks.new.errors import NewSystemError

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# Plain words of YAML, 1.1 or 1.2, that some reader takes for something else than text.
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_FOLDERS = frozenset({"networks", "secrets"})  # beside the services in base/<system>/


def check_name(argument: str, name: str) -> None:
    """Raise NewSystemError for what is no name; `argument` is `system` or `service`."""
    shown = f"{argument}={name}"
    if not _LABEL.fullmatch(name):
        near = _nearest_label(name)
        hint = f", such as {near}" if near else ""
        raise NewSystemError(
            f"{shown}: expected a name of at most 63 small letters, digits and hyphens, which begins with a letter "
            f"and ends with no hyphen{hint}"
        )
    if name in _NO_TEXT:
        raise NewSystemError(f"{shown}: YAML does not read {name} as text; choose another name")
    if argument == "service" and name in _FOLDERS:
        raise NewSystemError(f"{shown}: base/<system>/{name} has another meaning; choose another name")


def check_new(system: str, environments: tuple[str, ...]) -> None:
    """Raise NewSystemError where there is anything of a system already."""
    folders = [Path("base"), Path("images"), *(Path("overlays") / name for name in environments)]
    found = next((folder / system for folder in folders if (folder / system).exists()), None)
    if found:
        raise NewSystemError(f"system={system}: {found} is there already; choose another name")


def _nearest_label(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-0123456789")[:63].strip("-")
    return words if _LABEL.fullmatch(words) else ""
