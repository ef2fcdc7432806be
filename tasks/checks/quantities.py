"""Quantities of Kubernetes: `250m`, `1.5Gi`, `2e3` → exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([numkMGTPE]?|[KMGTPE]i))")
_SUFFIXES = {
    **dict(zip("num", (Fraction(1, 10**9), Fraction(1, 10**6), Fraction(1, 1000)), strict=True)),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
    "": Fraction(1),
}


def quantity(value: object) -> Fraction | None:
    """Read a quantity, a text or a number; None for what is none."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if found is None:
        return None
    number, exponent, suffix = found.groups()
    return Fraction(number) * (Fraction(10) ** int(exponent) if exponent else _SUFFIXES[suffix or ""])
