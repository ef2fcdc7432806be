"""Regular expressions as Go has them (RE2): its syntax, and a time that grows with the text, whatever the pattern.

Most patterns are names, perhaps with dots; the library is loaded for the others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imbricate.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[A-Za-z0-9_-]+")
# To all regular expressions these mean the same, and nothing in them repeats.
_SIMPLE = re.compile(r"[A-Za-z0-9_./:@-]*")


def is_name(pattern: str) -> bool:
    """Tell whether a pattern is plain text, and so matches that alone."""
    return _NAME.fullmatch(pattern) is not None


@lru_cache(maxsize=4096)
def whole(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern that must match all of a text. Raises PatternError when it is no regular expression."""
    if not _SIMPLE.fullmatch(pattern):
        _compiled(pattern)  # by itself, so that `a)(b` is refused for what it is
    return framed("(?:", pattern, ")")


@lru_cache(maxsize=4096)
def anywhere(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern that must match somewhere in a text. Raises PatternError as `whole` does."""
    search = re.compile(pattern).search if _SIMPLE.fullmatch(pattern) else _compiled(pattern).search
    return lambda text: search(text) is not None


def framed(before: str, pattern: str, behind: str) -> Callable[[str], bool]:
    r"""Compile `^before pattern behind$`, where what stands around is our own. Raises PatternError as `whole` does."""
    if _SIMPLE.fullmatch(pattern):
        search = re.compile(f"^{before}{pattern}{behind}\\Z", re.ASCII).search
    else:
        search = _compiled(f"^{before}{pattern}{behind}$").search
    return lambda text: search(text) is not None


def _compiled(pattern: str) -> Any:
    import re2  # noqa: PLC0415 - few builds have patterns

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise PatternError(f"expected a regular expression, found {pattern!r}: {reason}") from None
