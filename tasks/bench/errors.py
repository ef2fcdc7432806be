"""What can go wrong in a benchmark, as one line."""

from __future__ import annotations


class BenchError(Exception):
    """A program that failed, or two programs that disagree; the text is one line."""
