"""The section of who talks to whom: each system drawn, and the same as a table. Equal environments are drawn once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.report.drawing import drawing
from tasks.report.facts import MISSHAPEN
from tasks.report.html import Html, element, joined
from tasks.report.sections import anchor, mark, plural, row, table
from tasks.report.talks import ALLOWED, graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.report.facts import Facts, State
    from tasks.report.talks import Graph, Talk

_MOST_NODES = 80


class Drawn(NamedTuple):
    """A graph that environments have in common, in their order; it is that of the last."""

    environments: tuple[str, ...]
    graph: Graph


def talking(facts: Facts) -> Html:
    """Give all systems."""
    numbers = iter(range(1, 1 + len(facts.states)))
    return joined(*(_system(system, facts, numbers) for system in facts.systems))


def _system(system: str, facts: Facts, numbers: Iterator[int]) -> Html:
    states = [state for one in facts.environments if (state := facts.state(one, system))]
    found = _drawn(states)
    last, others = found[-1:], found[:-1]
    parts = [element("h3", system, id=f"talks-{anchor(system)}")]
    parts += [_shown(one, system, next(numbers)) for one in last]
    for one in others:
        summary = element("summary", f"{system} in {', '.join(one.environments)}")
        parts.append(element("details", summary, _shown(one, system, next(numbers))))
    left = [state.unit.environment for state in states if not any(state.unit.environment in one[0] for one in found)]
    if left:
        parts.append(element("p", f"Not to be told for {', '.join(left)}: objects lack what their kind has."))
    return element("article", *parts, data_item=True)


def _drawn(states: list[State]) -> list[Drawn]:
    """Find the graphs that differ; hosts do not count, for these differ everywhere."""
    found: dict[object, Drawn] = {}
    for state in states:
        try:
            made = graph([*state.manifests, *state.declared])
        except MISSHAPEN:
            continue  # the findings say which object it is
        key = (
            frozenset(node.title for node in (*made.nodes, *made.silent)),
            frozenset((talk.source, talk.target, talk.kind, talk.is_allowed) for talk in made.talks),
        )
        earlier = found.pop(key, Drawn((), made))
        found[key] = Drawn((*earlier.environments, state.unit.environment), made)
    return list(found.values())


def _shown(drawn: Drawn, system: str, number: int) -> Html:
    made, where = drawn.graph, ", ".join(drawn.environments)
    label = f"Who talks to whom in {system} ({where})"
    parts = [element("p", where, class_="quiet")]
    if made.talks and len(made.nodes) <= _MOST_NODES:
        parts.append(
            element("div", drawing(made, number, label), class_="scroll", tabindex="0", role="region", aria_label=label)
        )
    if made.talks:
        summary = f"{plural(len(made.talks), 'connection')} as a table"
        is_open = len(made.nodes) > _MOST_NODES
        parts.append(element("details", element("summary", summary), _table(made, label), open=is_open))
    if not made.talks and not made.silent:
        parts.append(element("p", "Nothing runs here.", class_="quiet"))
    if made.silent:
        names = ", ".join(node.title for node in made.silent)
        parts.append(element("p", "Name nobody here, and are named by nobody: ", names, class_="quiet"))
    return joined(*parts)


def _table(made: Graph, label: str) -> Html:
    rows = (row(one.source, one.target, _reasons(one), _policy(one)) for one in made.talks)
    return table(label, ["From", "To", "Known by", "NetworkPolicies"], rows)


def _reasons(talk: Talk) -> Html:
    return element("ul", *(element("li", reason) for reason in talk.reasons))


def _policy(talk: Talk) -> Html:
    if not talk.is_allowed:
        return mark("bad", "✗", f"none allows it: {', '.join(talk.policies)}")
    if not talk.policies:
        return element("span", "none is about it", class_="quiet")
    word = "allowed, but named nowhere" if talk.kind == ALLOWED else "allowed"
    return mark("good", "✓", f"{word}: {', '.join(talk.policies)}")
