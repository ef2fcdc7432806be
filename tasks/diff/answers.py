"""What an API server says when it refuses something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbricate.difference.objects import Manifest


def reason_of(error: Any, manifest: Manifest) -> str:
    """Give what the API server says in one line; of a Secret only the reason, as the rest may hold its content."""
    try:
        said = json.loads(error.body or "{}")
    except ValueError:
        said = {}
    if manifest["kind"] == "Secret" or not said.get("message"):
        return f"{error.status} {said.get('reason') or error.reason}"
    return " ".join(str(said["message"]).split())
