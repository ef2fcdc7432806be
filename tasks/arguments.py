"""The arguments of a task, `env=prod system=tamma,daa`: read from the command line and checked.

doit takes any `name=value` for a variable and is silent about one that nobody reads, so they are looked up here.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from doit.exceptions import InvalidTask

from imbricate.nearest import nearest
from tasks.units import ConfigurationError, Unit, units

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = ("env", "system")
ARGUMENTS = {  # of each task that takes any; `bench` checks its own
    "base_images": ("refresh",),
    "build": ("system", "bases", "builder", "cache", "pin", "push"),
    "check": (*_UNITS, "cache", "format"),
    "cluster_down": (),
    "cluster_status": (),
    "cluster_up": ("node_image", "nodes"),
    "completion": ("shell",),
    "deploy": (*_UNITS, "timeout"),
    "destroy": (*_UNITS, "yes"),
    "diff": (*_UNITS, "against", "colour", "format"),
    "drift": (*_UNITS, "colour", "format"),
    "e2e": ("depth", "match", "node_image", "nodes", "system"),
    "explain": (*_UNITS, "field", "format", "ref"),
    "impact": ("cache", "colour", "format", "since"),
    "logs": (*_UNITS, "lines", "service"),
    "networks": _UNITS,
    "new": ("service", "system"),
    "preview": ("close", "days", "pr", "system"),
    "promote": ("commit", "dry_run", "from", "system", "to"),
    "publish": ("env", "source", "tag", "to"),
    "render": _UNITS,
    "report": (*_UNITS, "cache", "output"),
    "secrets": _UNITS,
    "status": _UNITS,
    "test": ("system",),
    "rollback": (*_UNITS, "commit", "dry_run", "to"),
    "watch": _UNITS,
}
_CHECKED_ELSEWHERE = "bench"
_MAKES_A_SYSTEM = "new"


class Selection(NamedTuple):
    """The units that a command is about; `is_all`: nothing was left out."""

    units: tuple[Unit, ...]
    environments: tuple[str, ...]
    systems: tuple[str, ...]
    is_all: bool

    def covers(self, unit: Unit) -> bool:
        """Tell whether a unit, be it there or gone, is meant."""
        return self.is_all or (unit.environment in self.environments and unit.system in self.systems)


def given(arguments: Iterable[str] | None = None) -> dict[str, str]:
    """Give the `name=value` arguments of the command line; the last of one name counts."""
    words = sys.argv[1:] if arguments is None else arguments
    return dict(word.split("=", 1) for word in words if "=" in word and not word.startswith("-"))


def checked() -> dict[str, str]:
    """Give the arguments after a look at their names. Raises InvalidTask for one that no task of the command reads."""
    tasks = _tasks()
    if _CHECKED_ELSEWHERE in tasks:
        return {}
    variables = given()
    meant = ARGUMENTS.keys() & tasks or ARGUMENTS.keys()
    known = tuple(dict.fromkeys(name for task in sorted(meant) for name in ARGUMENTS[task]))
    for name, value in variables.items():
        _check(name, known, f"{name}={value}", "argument")
    return variables


def _tasks() -> set[str]:
    return {word.partition(":")[0] for word in sys.argv[1:] if "=" not in word}


def choice(name: str, choices: tuple[str, ...]) -> str:
    """Give the value of an argument that is one of several words, the first if it is not given. Raises InvalidTask."""
    value = checked().get(name, choices[0])
    _check(value, choices, f"{name}={value}", "value")
    return value


def selection() -> Selection:
    """Find the units that the command line means. Raises InvalidTask, which doit prints as one line."""
    try:
        found = units()
    except ConfigurationError as error:
        raise InvalidTask(str(error)) from None
    variables = {} if _MAKES_A_SYSTEM in _tasks() else checked()
    environments = tuple(dict.fromkeys(unit.environment for unit in found))
    systems = tuple(sorted({unit.system for unit in found}))
    chosen_environments = _names(variables, "env", environments, "environment")
    chosen_systems = _names(variables, "system", systems, "system")
    chosen = tuple(one for one in found if one.environment in chosen_environments and one.system in chosen_systems)
    if found and not chosen:
        raise InvalidTask(f"no unit is both in {variables.get('env', 'all')} and of {variables.get('system', 'all')}")
    return Selection(chosen, chosen_environments, chosen_systems, not {"env", "system"} & variables.keys())


def _names(variables: dict[str, str], variable: str, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    if variable not in variables:
        return known
    names = [name.strip() for name in variables[variable].split(",")]
    for name in names:
        _check(name, known, f"{variable}={variables[variable]}", what)
    return tuple(name for name in known if name in names)


def _check(name: str, known: tuple[str, ...], shown: str, what: str) -> None:
    if name in known:
        return
    near = nearest(name, known)
    hint = f"did you mean {near}? " if near else ""
    raise InvalidTask(f"{shown}: there is no {what} {name!r}; {hint}known: {', '.join(known)}")
