"""Requirements: every criterion of a specification is answered and proven, or its reason is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.findings import Place, Problem
from tasks.checks.registry import REPOSITORY, all_rules, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.subject import Repository

_GROUP = "Requirements"


def _named(_: Repository) -> set[str]:
    """Give the page, the specifications, and every file that these name."""
    from tasks.requirements.page import PAGE  # noqa: PLC0415 - as below
    from tasks.requirements.reading import FOLDER, specifications  # noqa: PLC0415

    criteria = [one for found in specifications()[0] for one in found.criteria]
    answers = {file for one in criteria for file in one.answered_by}
    return {
        str(PAGE),
        str(FOLDER),
        *answers,
        *(proof.partition("::")[0] for one in criteria for proof in one.proven_by),
    }


@rule("requirements", _GROUP, fix="see docs/requirements.md", scope=REPOSITORY, waivable=False, reads=_named)
def requirements(repository: Repository) -> Iterator[Problem]:
    """Every criterion in docs/requirements/ has an answer and a proof that exist, or the reason why it is not done.

    And docs/requirements.md says just that. Only when all units are checked.
    """
    from tasks.requirements.page import PAGE, page  # noqa: PLC0415 - `doit list` needs none of it
    from tasks.requirements.proofs import flaws_of  # noqa: PLC0415
    from tasks.requirements.reading import FOLDER, specifications  # noqa: PLC0415

    if not repository.chosen.is_all or not FOLDER.is_dir():
        return
    found, flaws = specifications()
    for specification in found:
        flaws += flaws_of(specification, all_rules().keys())
    for one in flaws:
        place = Place(one.file, one.line)
        yield Problem(f"{one.criterion} {one.message}".strip(), place=place, fix="correct it, then run doit docs")
    if not PAGE.is_file() or PAGE.read_text() != page(found):
        yield Problem("is not what docs/requirements/ says", place=Place(str(PAGE)), fix="run doit docs")


@rule("documented", _GROUP, fix="run doit docs", scope=REPOSITORY, waivable=False)
def documented(repository: Repository) -> Iterator[Problem]:
    """Every rule is in docs/policies.md, as it is.

    The page is written by `doit docs` from the rules themselves. Only when all units are checked.
    """
    from tasks.checks.page import PAGE, page  # noqa: PLC0415 - `doit list` needs none of it

    if repository.chosen.is_all and PAGE.is_file() and PAGE.read_text() != page():
        yield Problem("is not what the rules say", place=Place(str(PAGE)))
