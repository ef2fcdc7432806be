r"""File patterns as Go's path/filepath has them, which `kustomize edit` takes for paths.

`*` and `?` match within one part of a path, hidden names too; `[a-c]` one of a class, `[^a-c]` one that is not; `\`
takes the next character as it is.
"""

from __future__ import annotations

import os
import posixpath
import re
from functools import lru_cache

from imbricate.errors import EditError

_META = frozenset("*?[\\")


def glob(pattern: str) -> list[str]:
    """Give the paths that match, sorted within a folder; hidden ones only for a pattern that names hidden ones.

    Raises EditError for a pattern that is none.
    """
    found = _glob(pattern)
    return found if _is_hidden(pattern) else [one for one in found if not _is_hidden(one)]


def _is_hidden(path: str) -> bool:
    return posixpath.basename(path.rstrip("/")).startswith(".") or not path


def _glob(pattern: str) -> list[str]:
    _regex(pattern)
    if not _META.intersection(pattern):
        return [pattern] if os.path.lexists(pattern) else []
    folder, _, name = pattern.rpartition("/")
    folder = folder or ("/" if pattern.startswith("/") else ".")
    folders = _glob(folder) if _META.intersection(folder) else [folder]
    return [path for one in folders for path in _in_folder(one, name)]


def _in_folder(folder: str, pattern: str) -> list[str]:
    if not os.path.isdir(folder):  # noqa: PTH112 - paths stay texts, as they are written
        return []
    try:
        names = sorted(os.listdir(folder), key=os.fsencode)  # noqa: PTH208
    except OSError:
        return []
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names if matches(pattern, name)]


def matches(pattern: str, path: str) -> bool:
    """Tell whether a path matches a pattern as a whole. Raises EditError for a pattern that is none."""
    return _regex(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    parts = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "[":
            part, at = _class(pattern, at + 1)
        elif sign == "\\":
            part, at = re.escape(_literal(pattern, at)), at + 2
        else:
            part, at = {"*": "[^/]*", "?": "[^/]"}.get(sign) or re.escape(sign), at + 1
        parts.append(part)
    return re.compile("".join(parts), re.DOTALL)


def _literal(pattern: str, at: int) -> str:
    """Give the character after a backslash."""
    if at + 1 == len(pattern):
        raise _malformed(pattern)
    return pattern[at + 1]


def _class(pattern: str, at: int) -> tuple[str, int]:
    """Read a class after its bracket: the regular expression for it, and where the pattern goes on."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[str] = []
    while pattern[at : at + 1] != "]" or not ranges:
        low, at = _end_of_range(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _end_of_range(pattern, at + 1)
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    inside = "".join(ranges)
    if not inside:
        return "." if negated else "(?!)", at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _end_of_range(pattern: str, at: int) -> tuple[str, int]:
    sign = pattern[at : at + 1]
    if sign in ("", "-", "]"):
        raise _malformed(pattern)
    if sign == "\\":
        return _literal(pattern, at), at + 2
    return sign, at + 1


def _malformed(pattern: str) -> EditError:
    return EditError(f"{pattern!r} is no file pattern: expected a closed class [a-z] and a character after a backslash")
