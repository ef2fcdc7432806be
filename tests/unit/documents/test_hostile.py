"""Texts made to exhaust memory or the stack are refused soon, with the place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from imbricate.documents import Value, read_config, read_resources
from imbricate.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &k0 {x: 1}\n" + "".join(f"k{i}: &k{i} {{p: *k{i - 1}, q: *k{i - 1}}}\n" for i in range(1, 60))
LONG_TEXT = "a: &a " + "x" * 1_000_000 + "\nv: [" + ",".join(["*a"] * 200) + "]\n"
GROWTH = "grows out of proportion"
DEPTH = "is nested more than 200 levels deep"


@pytest.mark.parametrize("read", [read_resources, read_config])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(BOMB, GROWTH, id="alias bomb"),
        pytest.param(MERGES, GROWTH, id="doubling maps"),
        pytest.param(LONG_TEXT, GROWTH, id="text copied"),
        pytest.param("v: " + "[" * 100_000, DEPTH, id="lists"),
        pytest.param("v: " + "{a: " * 10_000, DEPTH, id="maps"),
        pytest.param("- " * 10_000, DEPTH, id="dashes"),
        pytest.param("\n".join(" " * depth + "a:" for depth in range(1000)), DEPTH, id="block maps"),
    ],
)
def test_refused_within_a_second(read: Callable[[str, str], Value], text: str, message: str) -> None:
    start = time.process_time()
    with pytest.raises(DocumentError, match=message) as caught:
        read(text, "f.yaml")

    assert caught.value.line is not None
    assert time.process_time() - start < 1


@pytest.mark.parametrize("text", ["9" * 100_000, "0x" + "9" * 100_000, "1" + "_" * 100_000, "1e" + "9" * 100_000])
def test_long_numbers_are_read_in_no_time(text: str) -> None:
    start = time.process_time()
    read_resources(f"v: {text}\n", "f.yaml")

    assert time.process_time() - start < 1
