"""`images`: the names, tags and digests that `set image` and the pipeline write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.edit.canonical import encoded
from imbricate.edit.file import read
from imbricate.errors import EditError
from imbricate.images import split
from imbricate.kustomization import Image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from imbricate.edit.canonical import Fields

KEEP = "*"
_PARTS = (("newName", "new_name"), ("newTag", "new_tag"), ("digest", "digest"))


def set_images(kustomization_file: Path, images: Sequence[Image]) -> bool:
    """Set entries of `images` in a kustomization file; tell whether the file is different now.

    An entry takes the place of the one with its name; where its new_name, new_tag or digest is `*`, what was there
    stays. All entries are sorted by name. The file is written whole or not at all. Raises DocumentError,
    KustomizationError or LoadError for a file that cannot be read, WriteError for one that cannot be written.
    """
    edited = read(kustomization_file)
    change_images(edited.fields, images)
    return edited.save()


def change_images(fields: Fields, images: Sequence[Image]) -> None:
    """Set entries of `images`; of several with one name the first counts of those there, the last of the new ones."""
    changed = {image.name: encoded(image) for image in images}
    for present in fields.get("images") or ():
        name = present.get("name", "")
        changed[name] = _kept(changed[name], present) if name in changed else present
    fields["images"] = [_kept(changed[name], {}) for name in sorted(changed)]


def _kept(image: Fields, present: Fields) -> Fields:
    """Put what is there in the place of each `*`."""
    names = [name for name, _ in _PARTS if image.get(name) == KEEP]
    if not names:
        return image
    kept = {name: value for name, value in image.items() if name not in names and name != "tagSuffix"}
    return kept | {name: present[name] for name in names if name in present}


def parse_image(argument: str) -> Image:
    """Read an argument of `set image`. Raises EditError."""
    name, equals, image = argument.partition("=")
    new_name, tag, digest = split(image if equals else argument)
    if new_name == argument:
        raise EditError(
            f"set image: {argument!r} says nothing new of the image; expected NAME:TAG, NAME@DIGEST, NAME=NEWNAME, "
            "NAME=NEWNAME:TAG or NAME=NEWNAME@DIGEST, with * for a part that stays"
        )
    if not name or not equals:
        return Image(new_name, new_tag=tag, digest=digest)
    return Image(name, new_name, new_tag=tag, digest=digest)
