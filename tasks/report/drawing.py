"""A graph as inline SVG: colours come from the page, so that it is dark where the page is; marks have shapes, too."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tasks.report.html import Html, element
from tasks.report.layout import Layout, Point, laid_out
from tasks.report.talks import ALLOWED, ROUTE

if TYPE_CHECKING:
    from tasks.report.talks import Graph, Node, Talk

_WIDTH, _HEIGHT, _BETWEEN, _MARGIN = 192.0, 46.0, 52.0, 6.0
_LETTERS = 23
_ARROW = 7.0
_OUTSIDE = ("Ingress/", "IngressRoute/", "Service/")
_KEPT = ("StatefulSet/",)


def drawing(graph: Graph, number: int, label: str) -> Html:
    """Draw a graph; `number` makes its ids unique in the page, `label` says what it shows."""
    layout = laid_out(
        {node.title: _HEIGHT for node in graph.nodes}, [(talk.source, talk.target) for talk in graph.talks]
    )
    width = 2 * _MARGIN + layout.layers * (_WIDTH + _BETWEEN) - _BETWEEN
    height = 2 * _MARGIN + layout.height
    count = f"{len(graph.nodes)} nodes and {len(graph.talks)} connections, which the table below lists"
    return element(
        "svg",
        element("title", label, id=f"graph-{number}-title"),
        element("desc", count, id=f"graph-{number}-text"),
        *(_edge(talk, layout) for talk in graph.talks if (talk.source, talk.target) in layout.edges),
        *(_node(node, layout.nodes[node.title]) for node in graph.nodes),
        class_="graph",
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=_number(width),
        height=_number(height),
        role="img",
        aria_labelledby=f"graph-{number}-title graph-{number}-text",
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _left(point: Point) -> float:
    return _MARGIN + point.layer * (_WIDTH + _BETWEEN)


def _node(node: Node, point: Point) -> Html:
    kind, _, name = node.title.partition("/")
    left, top = _left(point), _MARGIN + point.middle - _HEIGHT / 2
    is_outside = node.title.startswith(_OUTSIDE)
    x, y, width, height = (_number(value) for value in (left, top, _WIDTH, _HEIGHT))
    box = element("rect", x=x, y=y, width=width, height=height, rx=_number(_HEIGHT / 2) if is_outside else "4")
    inner = (left + 4, top + 4, _WIDTH - 8, _HEIGHT - 8)
    second = dict(zip(("x", "y", "width", "height"), map(_number, inner), strict=True))
    middle = _number(left + _WIDTH / 2)
    return element(
        "g",
        element("title", f"{node.title} {node.detail}".strip()),
        box,
        element("rect", class_="inner", rx="2", **second) if node.title.startswith(_KEPT) else None,
        element("text", _cut(name), x=middle, y=_number(top + 20), class_="name"),
        element("text", _cut(f"{kind} {node.detail}".strip(), 5), x=middle, y=_number(top + 36), class_="detail"),
        class_="node outside" if is_outside else "node",
    )


def _cut(text: str, more: int = 0) -> str:
    return text if len(text) <= _LETTERS + more else f"{text[: _LETTERS + more - 1]}…"


def _edge(talk: Talk, layout: Layout) -> Html:
    points = layout.edges[talk.source, talk.target]
    line = _curve(points)
    style = {ROUTE: "route", ALLOWED: "allowed"}.get(talk.kind, "names")
    says = "" if talk.is_allowed else "; no NetworkPolicy allows it"
    end_x, end_y = _entry(points)
    return element(
        "g",
        element("title", f"{talk.source} to {talk.target}: {', '.join(talk.reasons)}{says}"),
        element("path", d=line, class_="line"),
        element("path", d=_arrow(end_x, end_y, backwards=points[-1].layer < points[0].layer), class_="arrow"),
        None if talk.is_allowed else _cross(points),
        class_=f"edge {style}{'' if talk.is_allowed else ' refused'}",
    )


def _entry(points: tuple[Point, ...]) -> tuple[float, float]:
    last = points[-1]
    backwards = last.layer < points[0].layer
    return _left(last) + (_WIDTH if backwards else 0), _MARGIN + last.middle


def _curve(points: tuple[Point, ...]) -> str:
    """Go through the gaps between layers in curves, and straight on beside the nodes of a layer."""
    forward = points[0].layer < points[-1].layer
    leave, enter = (_WIDTH, 0.0) if forward else (0.0, _WIDTH)
    bend = _BETWEEN / 2 if forward else -_BETWEEN / 2
    arrow = -_ARROW if forward else _ARROW
    line = f"M{_number(_left(points[0]) + leave)} {_number(_MARGIN + points[0].middle)}"
    for one, other in pairwise(points):
        is_last = other is points[-1]
        x, y = _left(other) + enter + (arrow if is_last else 0), _MARGIN + other.middle
        start, end = _left(one) + leave + bend, _left(other) + enter - bend
        line += (
            f"C{_number(start)} {_number(_MARGIN + one.middle)} {_number(end)} {_number(y)} {_number(x)} {_number(y)}"
        )
        line += "" if is_last else f"H{_number(_left(other) + leave)}"
    return line


def _arrow(x: float, y: float, *, backwards: bool) -> str:
    back = x + _ARROW if backwards else x - _ARROW
    return f"M{_number(x)} {_number(y)}L{_number(back)} {_number(y - 4)}V{_number(y + 4)}Z"


def _cross(points: tuple[Point, ...]) -> Html:
    x, y = _entry(points)
    x -= 16 if points[-1].layer > points[0].layer else -16
    lines = (f"M{_number(x - 5)} {_number(y - 5)}l10 10", f"M{_number(x + 5)} {_number(y - 5)}l-10 10")
    return element("path", d="".join(lines), class_="cross")
