"""Limits in seconds, each with who set it: a criterion of the specification, or ourselves where it names none."""

from __future__ import annotations

from typing import NamedTuple

from tasks.proof.measure import Measure


class Limit(NamedTuple):
    """How long something may take."""

    seconds: float
    source: str = "our own limit"

    def holds(self, what: str, took: float) -> None:
        """Say how long something took, for the report to show beside the limit; fail where it took longer."""
        print(Measure(what, took, self.seconds, self.source))
        assert took < self.seconds, f"{what} took {took:.1f} s, more than the {self.seconds:g} s of {self.source}"
