"""Quantities, as Kubernetes writes them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tasks.checks.quantities import quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        (2, 2),
        (0.5, Fraction(1, 2)),
        ("250m", Fraction(1, 4)),
        ("1.5Gi", 3 * 2**29),
        ("1k", 1000),
        ("1Ki", 1024),
        ("2e3", 2000),
        ("1E", 10**18),
        ("5u", Fraction(1, 200000)),
        ("1G i", None),
        ("one", None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_a_quantity_is_an_exact_number(text: Any, expected: Any) -> None:
    assert quantity(text) == expected
