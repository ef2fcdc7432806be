"""docs/requirements.md: every criterion → the files that answer it → the tests and checks that prove it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.requirements.proofs import RULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.requirements.reading import Criterion, Specification

PAGE = Path("docs/requirements.md")
_SPECIAL = re.compile(r"[|_*\[\]\\`]")
_HEAD = """\
# Requirements

Every acceptance criterion of the specifications, by its number or heading: the files that answer it, and the tests and
checks that prove it, or the reason why it is not done. Written by `doit docs` from docs/requirements/; a criterion
without an answer, an answer that is not there, and a proof that does not exist are findings of `doit check`.

"""


def page(specifications: Iterable[Specification]) -> str:
    """Give the text: a table of all specifications, then one for each."""
    found = list(specifications)
    rows = [f"| [{one.name}](#{one.name}) | {len(one.criteria)} | {_done(one)} | {_open(one)} |\n" for one in found]
    head = "| specification | criteria | answered and proven | not done |\n|---|---|---|---|\n"
    return _HEAD + head + "".join(rows) + "".join(line for one in found for line in _section(one))


def _done(specification: Specification) -> int:
    return sum(not one.not_done for one in specification.criteria)


def _open(specification: Specification) -> int:
    return len(specification.criteria) - _done(specification)


def _section(specification: Specification) -> Iterator[str]:
    yield f"\n## {specification.name}\n\n| criterion | asks | answered by | proven by |\n|---|---|---|---|\n"
    for one in specification.criteria:
        cells = (_escaped(one.id), _escaped(one.asks), *_answers(one))
        yield f"| {' | '.join(cells)} |\n"


def _answers(criterion: Criterion) -> tuple[str, str]:
    if criterion.not_done:
        return f"not done: {_escaped(criterion.not_done)}", ""
    files = "<br>".join(f"[{file}](../{file})" for file in criterion.answered_by)
    return files, "<br>".join(map(_proof, criterion.proven_by))


def _proof(proof: str) -> str:
    if proof.startswith(RULE):
        rule = proof.removeprefix(RULE)
        return f"[`doit check`: {rule}](policies.md#{rule})"
    file, _, test = proof.partition("::")
    return f"[{_escaped(test)}](../{file})"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text).replace("<", "&lt;")
