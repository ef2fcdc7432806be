"""What a promotion asks of the git repository: that nothing else is changed in it, and by nobody else at once."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.git import own_path, uncommitted
from tasks.promotion.errors import PromotionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 3


def check_clean() -> None:
    """Raise PromotionError where the work tree differs from its commit."""
    changed = uncommitted()
    if changed:
        shown = ", ".join(changed[:_SHOWN]) + (f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else "")
        raise PromotionError(f"the work tree is not clean: commit or stash {shown} first")


@contextmanager
def alone() -> Iterator[None]:
    """Keep a second promotion out of this repository. Raises PromotionError where one is under way."""
    with Path(own_path("imbricate-promotion")).open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PromotionError("another promotion or rollback is under way in this repository") from None
        yield
