"""`doit explain env=prod system=tamma ref=Deployment/web [field=spec.replicas] [format=text|json]`: what made it so.

Of several units it shows those that have the object, which puts the environments side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidTask, TaskError

from tasks.arguments import checked, choice, selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imbricate import Explanation
    from tasks.units import Unit

_FORMATS = ("text", "json")


def task_explain() -> dict[str, Any]:
    """Show which layers made an object or field (ref=Kind/name, field=, env=, system=, format=text|json)."""
    return {"actions": [(show_explanations, [])], "verbosity": 2}


def show_explanations() -> TaskError | None:
    """Explain and print."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine

    try:
        form = choice("format", _FORMATS)
        found = _explanations(selection().units, _ref(), checked().get("field", ""))
        print(_json(found) if form == "json" else _text(found), end="")
    except (InvalidTask, ImbricateError) as error:
        return TaskError(str(error))
    return None


def _ref() -> str:
    ref = checked().get("ref", "")
    if not ref:
        raise InvalidTask("ref: expected an object such as ref=Deployment/web, found none")
    return ref


def _explanations(units: Sequence[Unit], ref: str, field: str) -> list[tuple[Unit, Explanation]]:
    """Explain in each unit that has the object and the field. Raises ImbricateError when none has them."""
    from imbricate.provenance import ExplainError, NoSuchObjectError, explain  # noqa: PLC0415

    found = []
    missing: list[ExplainError | NoSuchObjectError] = []
    for unit in units:
        try:
            found.append((unit, explain(unit.overlay, ref, field)))
        except (ExplainError, NoSuchObjectError) as error:
            missing.append(error)
    if not found and missing:
        # That a field is missing says more than that an object is: it is there then. So does a hint.
        raise max(missing, key=lambda error: (isinstance(error, ExplainError), "did you mean" in str(error)))
    return found


def _text(found: list[tuple[Unit, Explanation]]) -> str:
    from imbricate.provenance import as_text  # noqa: PLC0415

    if len(found) == 1:
        return as_text(found[0][1])
    return "\n".join(f"{unit.name}: {as_text(explanation)}" for unit, explanation in found)


def _json(found: list[tuple[Unit, Explanation]]) -> str:
    from imbricate.provenance import as_map, json_text  # noqa: PLC0415

    return json_text([{"unit": unit.name, **as_map(explanation)} for unit, explanation in found])
