"""`imbricate explain [DIR] REF [FIELD]`: which layers made an object, or a field of it, line by line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from imbricate.errors import KustomizationError
from imbricate.flags import add_flags, options_of

if TYPE_CHECKING:
    import argparse

_FORMATS = ("text", "json")


def add_explain(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its flags, which are those of `build` and two of its own."""
    explain = commands.add_parser(
        "explain",
        help="show which layers made an object, or a field of it",
        description="Build the kustomization in DIR and show what made an object or a field: each file and line.",
    )
    add_flags(explain)
    explain.add_argument("ref", metavar="REF", help="Kind/name, Kind.group/name or Kind/name/namespace")
    explain.add_argument("field", nargs="?", default="", metavar="FIELD", help="spec.containers[name=web].image")
    explain.add_argument("-n", "--namespace", default="", metavar="NAME", help="namespace of the object")
    explain.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help="how to show it (text)")


def run_explain(flags: argparse.Namespace) -> int:
    """Print the explanation. Raises ImbricateError for what cannot be built or is not there."""
    from imbricate.provenance import as_json, as_text, explain  # noqa: PLC0415 - help and errors need no engine

    if flags.output:
        raise KustomizationError("", "", "imbricate explain takes no --output; it prints what it finds")
    found = explain(flags.directory, flags.ref, flags.field, namespace=flags.namespace, options=options_of(flags))
    text = as_json(found) if flags.format == "json" else as_text(found)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()
    return 0
