"""`imbricate edit`: changes to a kustomization file, as `kustomize edit` makes them.

Nothing here is loaded before the command is called. In Python: `imbricate.edit.images.set_images`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_edit(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command; what follows it is read only when it runs."""
    edit = commands.add_parser(
        "edit",
        help="change the kustomization in the working folder",
        description="Change the kustomization in the working folder as `kustomize edit` does.",
        epilog="`imbricate edit set`, `add` or `remove` lists what it can do, and --help after that the flags.",
    )
    edit.add_argument("verb", nargs="?", default="", metavar="set|add|remove|fix", help="what to do")
    edit.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="a field, and its values")


def run_edit(verb: str, arguments: Sequence[str]) -> int:
    """Run the command; give its exit status. Raises ImbricateError."""
    from imbricate.edit.command import run  # noqa: PLC0415 - only for this command

    return run(verb, arguments)
