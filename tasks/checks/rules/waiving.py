"""Waivers: what a reviewer accepted must still be there, and still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.checks.findings import Problem
    from tasks.checks.subject import Repository


@rule("waiver", "Waivers", fix="correct it", scope="waivers", waivable=False)
def waiver(repository: Repository) -> Iterable[Problem]:  # noqa: ARG001 - the gate knows what was waived
    """Every waiver in overlays/waivers.yaml has a rule, an object, a reason, and a finding that it is for.

    One that is over, or that nothing is left of, would cover what comes next.
    """
    return ()
