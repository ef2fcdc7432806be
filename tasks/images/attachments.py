"""What is said of an image beside it in the registry: its bill of materials and its origin.

Each is an artifact whose `subject` is the image, found through the registry's referrers API:
https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

from tasks.images.archive import encoded
from tasks.images.bill import bill_of
from tasks.images.manifest import MEDIA_TYPE

if TYPE_CHECKING:
    from tasks.images.lock import Locked
    from tasks.images.recipe import Recipe

EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_BILL_TYPE = "application/vnd.cyclonedx+json"
_STATEMENT_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://slsa.dev/provenance/v1"


class Attachment(NamedTuple):
    """One artifact: its media type and its content."""

    media_type: str
    content: bytes

    def manifest(self, subject: dict[str, object], digest: str, empty: str) -> bytes:
        """Give its manifest; `digest` is that of its content, `empty` that of `{}`."""
        return encoded(
            {
                "schemaVersion": 2,
                "mediaType": MEDIA_TYPE,
                "artifactType": self.media_type,
                "config": {"mediaType": EMPTY_TYPE, "digest": empty, "size": 2},
                "layers": [{"mediaType": self.media_type, "digest": digest, "size": len(self.content)}],
                "subject": subject,
            }
        )


def attachments(recipe: Recipe, entry: Locked, builder: str) -> tuple[Attachment, ...]:
    """Give what there is to say of an image: where it comes from and, if it was listed, what is in it."""
    origin = Attachment(_STATEMENT_TYPE, encoded(_origin(recipe, entry, builder)))
    bill = bill_of(recipe)
    return (origin, Attachment(_BILL_TYPE, bill.read_bytes())) if bill.is_file() else (origin,)


def _origin(recipe: Recipe, entry: Locked, builder: str) -> dict[str, object]:
    """Say what an image was made from, as SLSA has it: https://slsa.dev/spec/v1.0/provenance."""
    bases = [{"name": name, "uri": reference} for name, reference in sorted(recipe.bases.items())]
    commit = _commit()
    sources = [{"name": "repository", "digest": {"gitCommit": commit}}] if commit else []
    definition = {
        "buildType": "https://docs.docker.com/reference/dockerfile/",
        "externalParameters": {"dockerfile": str(recipe.image.dockerfile), "arguments": recipe.arguments},
        "internalParameters": {"inputs": {"sha256": recipe.digest}},
        "resolvedDependencies": [*sources, *bases],
    }
    return {
        "_type": _STATEMENT,
        "subject": [{"name": recipe.image.name, "digest": {"sha256": entry.digest.removeprefix("sha256:")}}],
        "predicateType": _PREDICATE,
        "predicate": {"buildDefinition": definition, "runDetails": {"builder": {"id": builder or "docker"}}},
    }


def _commit() -> str:
    """Give the commit that the work tree is at, nothing where something differs from it."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    state = subprocess.run(  # as above: git is looked for on PATH
        ["git", "status", "--porcelain", "images"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return head.stdout.strip() if head.returncode == 0 and not state.stdout.strip() else ""
