"""`doit promote from=staging to=prod`, `doit rollback env=prod to=REF`: digests one stage on, or back to a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked
from tasks.promotion.errors import PromotionError
from tasks.units import stages, units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.promotion.moves import Moves
    from tasks.units import Unit


def task_promote() -> dict[str, Any]:
    """Bring image digests from one stage to the next (from=, to=, system=, commit=yes, dry_run=yes)."""
    return {"actions": [(promote, [])], "verbosity": 2}


def task_rollback() -> dict[str, Any]:
    """Bring the image digests of an environment back to those of a commit (env=, to=REF, system=, commit=yes)."""
    return {"actions": [(rollback, [])], "verbosity": 2}


def promote() -> TaskFailed | None:
    """Promote what the command line names."""
    from tasks.promotion.moves import forward  # noqa: PLC0415 - `doit list` needs none of it

    def find(arguments: dict[str, str]) -> tuple[str, list[Moves]]:
        source, target = _stages(arguments)
        targets = _chosen(arguments, target)
        sources = _chosen({**arguments, "system": ",".join(targets)}, source)
        return f"from {source} to {target}", [forward(sources[name], unit) for name, unit in targets.items()]

    return _guarded("Promote", find)


def rollback() -> TaskFailed | None:
    """Roll back what the command line names."""
    from tasks.git import commit  # noqa: PLC0415 - as above
    from tasks.promotion.moves import back  # noqa: PLC0415

    def find(arguments: dict[str, str]) -> tuple[str, list[Moves]]:
        names = [environment.name for environment in stages()]
        environment = _known(_required(arguments, "env", "the environment that is to go back"), names, "env")
        reference = _required(arguments, "to", "the commit to go back to")
        at = commit(reference)
        return f"in {environment} to {at}", [back(unit, at) for unit in _chosen(arguments, environment).values()]

    return _guarded("Roll back", find)


def _guarded(verb: str, find: Callable[[dict[str, str]], tuple[str, list[Moves]]]) -> TaskFailed | None:
    from tasks.git import GitError  # noqa: PLC0415 - as above
    from tasks.promotion import journal, repository  # noqa: PLC0415

    try:
        with repository.alone():
            if journal.undo():
                print("an earlier promotion or rollback did not come to its end: what it had written is undone")
            repository.check_clean()
            arguments = checked()
            where, moves = find(arguments)
            _carry_out(verb, where, [one for one in moves if one], arguments)
    except (GitError, PromotionError) as error:
        return TaskFailed(str(error))
    return None


def _carry_out(verb: str, where: str, moves: Sequence[Moves], arguments: dict[str, str]) -> None:
    from tasks.git import commit_files  # noqa: PLC0415 - as above
    from tasks.promotion import journal  # noqa: PLC0415
    from tasks.promotion.carrying import carry_out, files_of  # noqa: PLC0415

    is_dry = arguments.get("dry_run") == "yes"
    for one in moves:
        for line in one.lines():
            print(f"{one.unit.name}: {line}")
    if not moves:
        print(f"nothing to do: all is {where} already")
        return
    with journal.noted(files_of(moves), keep=not is_dry):
        changed, differences = carry_out(moves)
        print("\n".join(f"  {line}" for line in differences))
        if is_dry:
            print("nothing was written: dry_run=yes")
        elif arguments.get("commit") == "yes":
            print(f"committed as {commit_files([str(path) for path in changed], _message(verb, where, moves)).id[:12]}")
        else:
            print(f"written: {', '.join(map(str, changed))}")


def _message(verb: str, where: str, moves: Sequence[Moves]) -> str:
    """Write a commit's message; the trailers tell what was brought, from which commit, with which version of ours."""
    from importlib.metadata import version  # noqa: PLC0415 - as above

    from tasks.git import commit  # noqa: PLC0415

    systems = ", ".join(dict.fromkeys(one.unit.system for one in moves))
    lines = [f"{one.unit.name}: {line}" for one in moves for line in one.lines()]
    trailers = [f"Source-Commit: {commit('HEAD').id}"]
    trailers += [f"Image: {pin.name} {pin.version}" for one in moves for pin in one.images]
    trailers.append(f"Imbricate-Version: {version('imbricate')}")
    return "\n".join([f"{verb} {systems} {where}", "", *lines, "", *dict.fromkeys(trailers)])


def _stages(arguments: dict[str, str]) -> tuple[str, str]:
    """Give the two stages. Raises PromotionError unless the second comes right after the first."""
    names = [environment.name for environment in stages()]
    source = _known(_required(arguments, "from", "the stage that was seen working"), names, "from")
    target = _known(_required(arguments, "to", "the stage after it"), names, "to")
    order = " → ".join(names)
    if names.index(target) <= names.index(source):
        raise PromotionError(f"from={source} to={target}: a promotion goes forward only: {order}")
    if names.index(target) > names.index(source) + 1:
        skipped = names[names.index(source) + 1]
        raise PromotionError(f"from={source} to={target}: {skipped} comes between them: {order}")
    return source, target


def _required(arguments: dict[str, str], name: str, what: str) -> str:
    if name not in arguments:
        raise PromotionError(f"{name}= is missing: {what}")
    return arguments[name]


def _known(value: str, names: Sequence[str], argument: str) -> str:
    from imbricate.nearest import nearest  # noqa: PLC0415 - as above

    if value in names:
        return value
    near = nearest(value, names)
    hint = f"did you mean {near}? " if near else ""
    raise PromotionError(f"{argument}={value}: there is no environment {value!r}; {hint}known: {', '.join(names)}")


def _chosen(arguments: dict[str, str], environment: str) -> dict[str, Unit]:
    """Give the units of an environment that system= names, or all that pin images, by system. Raises PromotionError."""
    from tasks.promotion.pins import file_of  # noqa: PLC0415 - as above

    there = {unit.system: unit for unit in units() if unit.environment == environment}
    named = [name.strip() for name in arguments.get("system", "").split(",") if name.strip()]
    names = named or [name for name, unit in there.items() if file_of(unit).is_file()]
    return {name: there[_known_system(name, there)] for name in names}


def _known_system(name: str, there: dict[str, Unit]) -> str:
    if name not in there:
        raise PromotionError(f"system={name}: there is no such system in this environment; known: {', '.join(there)}")
    return name
