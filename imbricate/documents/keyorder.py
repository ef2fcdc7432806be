"""The order of map keys in the output: that of go-yaml v2, in which letters follow other signs and numbers count."""

from __future__ import annotations

from functools import cmp_to_key


def sorted_keys(keys: list[str]) -> list[str]:
    """Sort keys as `kustomize build` does."""
    return sorted(keys, key=cmp_to_key(_compare))


def _compare(left: str, right: str) -> int:
    if left == right:
        return 0
    return -1 if _less(left, right) else 1


def _less(left: str, right: str) -> bool:
    for position, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return _less_from(left, right, position)
    return len(left) < len(right)


def _less_from(left: str, right: str, start: int) -> bool:
    one, other = left[start], right[start]
    if one.isalpha() and other.isalpha():
        return one < other
    if one.isalpha() or other.isalpha():
        return other.isalpha()
    base = 1 if "0" in (one, other) and _follows_a_number(left, start) else 0
    number, end = _number(left, start, base)
    other_number, other_end = _number(right, start, base)
    if number != other_number:
        return number < other_number
    return end < other_end if end != other_end else one < other


def _follows_a_number(text: str, end: int) -> bool:
    while end > 0 and text[end - 1].isdecimal():
        end -= 1
        if text[end] != "0":
            return True
    return False


def _number(text: str, start: int, base: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdecimal():
        base = base * 10 + ord(text[end]) - ord("0")
        end += 1
    # Go counts in 64 bits and wraps around.
    return (base + 2**63) % 2**64 - 2**63, end
