"""docs/policies.md, made from the rules: what each demands, why, and the way on."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.checks.registry import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.registry import Rule

PAGE = Path("docs/policies.md")
_GROUPS = (
    *("Rendering", "Schemas", "Pod security", "Workloads", "Images", "References", "Networks", "Secrets"),
    *("Requirements", "Waivers"),
)
_HEAD = """\
# Policies

The rules of `doit check`. Written by `doit docs` from the rules themselves (tasks/checks/rules/); how to run them, to
waive a finding and to add rules of your own: [check](reference/check.md).

"""


def page() -> str:
    """Give the text: a table of all rules, then each with its reason."""
    rules = sorted(all_rules().values(), key=lambda one: _position(one.group))
    rows = "".join(f"| [{one.id}](#{one.id}) | {one.group} | {_cell(one.demand)} |\n" for one in rules)
    return _HEAD + "| rule | about | demands |\n|---|---|---|\n" + rows + "".join(_sections(rules))


def _position(group: str) -> int:
    return _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)


def _sections(rules: list[Rule]) -> Iterator[str]:
    for group, members in groupby(rules, key=lambda one: one.group):
        yield f"\n## {group}\n"
        for one in members:
            waivable = "" if one.is_waivable else " It cannot be waived."
            yield f"\n### {one.id}\n\n**{one.demand}** {one.reason}\n\nThe way on: {one.fix}.{waivable}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
