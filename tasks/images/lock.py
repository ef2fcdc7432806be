"""images.lock.json: what each image was made from and what came out; read by people, by renders and by promotions.

In: the file. Out: `Locked` by image name. It is written whole or not at all, sorted, with one image after another.
"""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.write import write_file
from tasks.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = Path("images.lock.json")


class Locked(NamedTuple):
    """One image: `inputs` is the digest of its recipe.

    `size` are its bytes unpacked, `own` those above its base, `download` those that a registry keeps of it.
    """

    tag: str
    digest: str
    inputs: str
    bases: dict[str, str]
    size: int
    own: int
    download: int


def locked() -> dict[str, Locked]:
    """Read the lock; no file is an empty one. Raises ImageError for a file that is no lock."""
    if not LOCK.is_file():
        return {}
    try:
        return {name: Locked(**entry) for name, entry in json.loads(LOCK.read_text()).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ImageError(f"{LOCK}: expected a map from image to {', '.join(Locked._fields)} ({error})") from None


def keep(name: str, entry: Locked) -> bool:
    """Put one image into the lock, inside `held`; tell whether that changed it."""
    entries: dict[str, Any] = {known: one._asdict() for known, one in (locked() | {name: entry}).items()}
    return write_file(LOCK, json.dumps(dict(sorted(entries.items())), indent=2) + "\n")


@contextmanager
def held() -> Iterator[None]:
    """Keep a second build out of the lock and the pins while one writes them."""
    with Path(".images.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
