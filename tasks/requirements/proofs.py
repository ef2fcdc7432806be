"""Whether what answers a criterion, and what proves it, is there: files, rules of `doit check`, tests."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from imbricate.nearest import nearest
from tasks.requirements.reading import Flaw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tasks.requirements.reading import Criterion, Specification

RULE = "check:"


def flaws_of(specification: Specification, rules: Collection[str]) -> Iterator[Flaw]:
    """Give what is wrong with the criteria of a specification."""
    for one in specification.criteria:
        for line, message in _of_criterion(one, rules):
            yield Flaw(specification.file, line, one.id, message)


def _of_criterion(criterion: Criterion, rules: Collection[str]) -> Iterator[tuple[int, str]]:
    first = criterion.lines[""]
    if criterion.not_done and (criterion.answered_by or criterion.proven_by):
        yield first, "has answers, and a reason why it is not done; say one of both"
    elif not criterion.not_done:
        if not criterion.answered_by:
            yield first, "has no answer; name the file that answers it (answered_by), or say why not (not_done)"
        if not criterion.proven_by:
            yield first, "has no proof; name a test or check:RULE (proven_by), or say why it is not done (not_done)"
    for file in criterion.answered_by:
        if not Path(file).exists():
            yield criterion.lines.get(file, first), f"is answered by {file}, which is not there"
    for proof in criterion.proven_by:
        missing = _missing(proof, rules)
        if missing:
            yield criterion.lines.get(proof, first), f"is proven by {proof}: {missing}"


def _missing(proof: str, rules: Collection[str]) -> str:
    """Say why a proof is none; empty when it is one."""
    if proof.startswith(RULE):
        name = proof.removeprefix(RULE)
        near = nearest(name, rules) if name not in rules else ""
        return "" if name in rules else f"there is no such rule{f'; did you mean {near}?' if near else ''}"
    file, separator, test = proof.partition("::")
    if not separator or not test:
        return f"expected {RULE}RULE, or a test as file::name"
    known = known_tests(file)
    if known is None:
        return f"there is no file {file}"
    name = test.partition("[")[0]
    if name in known or (not file.endswith(".py") and test in Path(file).read_text()):
        return ""
    near = nearest(name, known)
    return f"there is no such test{f'; did you mean {near}?' if near else ''}"


@lru_cache
def known_tests(file: str) -> frozenset[str] | None:
    """Give the tests of a Python file, `test_x` and `TestY::test_x`; none of others; None when it is not there."""
    path = Path(file)
    if not path.is_file():
        return None
    if path.suffix != ".py":
        return frozenset()
    try:
        return frozenset(_names(ast.parse(path.read_bytes()).body))
    except SyntaxError:
        return frozenset()


def _names(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name}::{name}" for name in _names(node.body))
