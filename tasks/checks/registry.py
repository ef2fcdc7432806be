"""The rules of the gate, by id: the modules in rules/ put theirs here with the decorator `rule`."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasks.checks.findings import Problem

    Function = Callable[[Any], Iterable[Problem]]  # of a Subject or, with the scope REPOSITORY, a Repository
    Reads = Callable[[Any], Iterable[str] | None]  # of the same; None: not to be told

UNIT, REPOSITORY = "unit", "repository"
_FOLDER = "tasks.checks.rules"
_rules: dict[str, Rule] = {}


class Rule(NamedTuple):
    """A rule: its id, the group that documents it, the way on, its function, what it looks at, if it can be waived.

    `reads` gives what it looks at beside a unit, paths as tasks.memory has them; None where that is not known.
    """

    id: str
    group: str
    fix: str
    function: Function
    scope: str
    is_waivable: bool
    reads: Reads | None = None

    @property
    def demand(self) -> str:
        """Give what the rule asks for: the first line of the function's docstring."""
        return inspect.getdoc(self.function).partition("\n")[0]  # type: ignore[union-attr]

    @property
    def reason(self) -> str:
        """Give why: the rest of the docstring, on one line."""
        return " ".join(inspect.getdoc(self.function).split("\n")[1:]).strip()  # type: ignore[union-attr]


def rule(  # noqa: PLR0913 - all but two by name, and four of them seldom
    name: str, group: str, *, fix: str, scope: str = UNIT, waivable: bool = True, reads: Reads | None = None
) -> Callable[[Function], Function]:
    """Register a function as the rule `name`: it gets a `Subject` (or `Repository`) and gives `Problem`s.

    Its docstring is its documentation (docs/policies.md): one line of what it demands, then why. A rule that does not
    say what it `reads` is asked each time.
    """

    def registered(function: Function) -> Function:
        if name in _rules:
            raise ValueError(f"there are two rules {name}")
        if not function.__doc__:
            raise ValueError(f"rule {name} has no docstring, which is its documentation")
        _rules[name] = Rule(name, group, fix, function, scope, waivable, reads)
        return function

    return registered


def unit_rule(name: str, group: str, *, fix: str, waivable: bool = True) -> Callable[[Function], Function]:
    """Register, as `rule` does, a rule that looks at a unit alone: what it renders, and the folders of its sources.

    What it says is remembered as long as these are the same.
    """
    return rule(name, group, fix=fix, waivable=waivable, reads=lambda _: ())


def all_rules() -> dict[str, Rule]:
    """Give the rules by id, in the order of their modules' names and, within one, as they are written there."""
    modules = [f"{_FOLDER}.{module.name}" for module in pkgutil.iter_modules(import_module(_FOLDER).__path__)]
    for module in modules:
        import_module(module)
    place = {module: number for number, module in enumerate(modules)}  # whichever was imported first
    return dict(sorted(_rules.items(), key=lambda one: place.get(one[1].function.__module__, len(place))))
