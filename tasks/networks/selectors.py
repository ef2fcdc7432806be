"""Label selectors: matchLabels and matchExpressions (Kubernetes API reference, LabelSelector)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector selects labels; an empty one selects all."""
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(one, labels) for one in selector.get("matchExpressions") or ()
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression.get("key", ""), expression.get("operator"), expression.get("values") or ()
    if operator in {"In", "NotIn"}:
        return bool((labels.get(key) in values) == (operator == "In"))
    return bool((key in labels) == (operator == "Exists"))


def witness(selector: Mapping[str, Any]) -> dict[str, str]:
    """Give labels that a selector selects, as few as can be; for one that contradicts itself, labels it does not."""
    found = dict(selector.get("matchLabels") or {})
    for one in selector.get("matchExpressions") or ():
        if one.get("operator") == "In" and one.get("values"):
            found.setdefault(one["key"], one["values"][0])
        elif one.get("operator") == "Exists":
            found.setdefault(one["key"], "anything")
    return found
