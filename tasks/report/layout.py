"""A layered layout: who talks stands to the left of whom it talks to.

In: nodes with their height, edges. Out: a place for each node, the points that each edge goes through. The same input
gives the same places. The steps are those of Sugiyama, Tagawa and Toda (1981): circles broken, layers by the longest
way, edges over several layers cut by points of their own, layers sorted by the middle of their neighbours.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Edge = tuple[str, str]
_SWEEPS = 12
GAP = 18.0
_POINT_HEIGHT = 8.0


class Point(NamedTuple):
    """A place in a layer: its number, from the left, and the middle of what stands there, from the top."""

    layer: int
    middle: float


class Layout(NamedTuple):
    """The places of nodes, the points of edges from the source to the target, and the height of it all."""

    nodes: dict[str, Point]
    edges: dict[Edge, tuple[Point, ...]]
    height: float

    @property
    def layers(self) -> int:
        """Give the number of layers."""
        return max((point.layer for point in self.nodes.values()), default=-1) + 1


def laid_out(heights: Mapping[str, float], edges: Iterable[Edge]) -> Layout:
    """Lay out nodes; edges from a node to itself, or to one that is not there, are left out."""
    wanted = list(
        dict.fromkeys((one, other) for one, other in edges if one != other and {one, other} <= heights.keys())
    )
    forward = _forward(list(heights), wanted)
    layer = _layers(list(heights), forward)
    chains = {edge: _chain(edge, layer) for edge in forward}
    sizes = dict(heights)
    for edge, chain in chains.items():
        for number, one in enumerate(chain[1:-1], layer[edge[0]] + 1):
            layer[one], sizes[one] = number, _POINT_HEIGHT
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    rows = _sorted_rows(layer, links)
    middles = _middles(rows, links, sizes)
    points = {one: Point(layer[one], middles[one]) for one in sizes}
    height = max((middles[one] + sizes[one] / 2 for one in sizes), default=0.0)
    routes = {edge: _route(edge, chains, points) for edge in wanted}
    return Layout({one: points[one] for one in heights}, routes, height)


def _route(edge: Edge, chains: Mapping[Edge, Sequence[str]], points: Mapping[str, Point]) -> tuple[Point, ...]:
    if edge in chains:
        return tuple(points[one] for one in chains[edge])
    return tuple(points[one] for one in reversed(chains[edge[::-1]]))


def _forward(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """Turn edges round that would close a circle, seen from the first nodes on."""
    targets = _neighbours(edges)
    state: dict[str, int] = {}
    turned: set[Edge] = set()
    for start in nodes:
        path = [(start, iter(targets.get(start, ())))] if start not in state else []
        state.setdefault(start, 1)
        while path:
            node, rest = path[-1]
            other = next(rest, None)
            if other is None:
                state[node] = 2
                path.pop()
            elif other not in state:
                state[other] = 1
                path.append((other, iter(targets.get(other, ()))))
            elif state[other] == 1:
                turned.add((node, other))
    return list(dict.fromkeys(edge[::-1] if edge in turned else edge for edge in edges))


def _neighbours(edges: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one, other in edges:
        found.setdefault(one, []).append(other)
    return found


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Give each node the length of the longest way to it; those without one stand just before what they talk to."""
    layer = dict.fromkeys(nodes, 0)
    pending = {node: sum(other == node for _, other in edges) for node in nodes}
    targets = _neighbours(edges)
    ready = [node for node in nodes if not pending[node]]
    starts = tuple(ready)
    while ready:
        node = ready.pop(0)
        for other in targets.get(node, ()):
            layer[other] = max(layer[other], layer[node] + 1)
            pending[other] -= 1
            if not pending[other]:
                ready.append(other)
    for node in starts:
        layer[node] = min((layer[other] for other in targets.get(node, ())), default=1) - 1
    return layer


def _chain(edge: Edge, layer: Mapping[str, int]) -> list[str]:
    between = range(layer[edge[0]] + 1, layer[edge[1]])
    return [edge[0], *(f"{edge[0]}\0{edge[1]}\0{number}" for number in between), edge[1]]


def _sorted_rows(layer: Mapping[str, int], links: Sequence[Edge]) -> list[list[str]]:
    """Sort each layer by the middle of its neighbours, to the right and back, until nothing is gained."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node, number in layer.items():
        rows[number].append(node)
    before, after = _neighbours((other, one) for one, other in links), _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, after)
    for sweep in range(_SWEEPS if fewest else 0):
        numbers = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for number in numbers:
            _sort_row(rows, number, before if sweep % 2 == 0 else after)
        crossings = _crossings(rows, after)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _sort_row(rows: list[list[str]], number: int, neighbours: Mapping[str, Sequence[str]]) -> None:
    place = {node: index for row in rows for index, node in enumerate(row)}
    rows[number].sort(key=lambda node: _mean([place[one] for one in neighbours.get(node, ())], place[node]))


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(rows: Sequence[Sequence[str]], after: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for row, following in pairwise(rows):
        place = {node: index for index, node in enumerate(following)}
        ends = [sorted(place[other] for other in after.get(node, ())) for node in row]
        seen: list[int] = []
        for found in ends:
            count += sum(one > end for end in found for one in seen)
            seen += found
    return count


def _middles(rows: Sequence[Sequence[str]], links: Sequence[Edge], sizes: Mapping[str, float]) -> dict[str, float]:
    """Stand nodes beside the middle of their neighbours, without overlap, the first at the top."""
    around = _neighbours([*links, *((other, one) for one, other in links)])
    middles: dict[str, float] = {}
    for row in rows:
        middles |= _stacked(row, dict.fromkeys(row, 0.0), sizes)
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {node: _mean([middles[one] for one in around.get(node, ())], middles[node]) for node in row}
            middles |= _stacked(row, wanted, sizes)
    top = min((middles[node] - sizes[node] / 2 for node in middles), default=0.0)
    return {node: middle - top for node, middle in middles.items()}


def _stacked(row: Sequence[str], wanted: Mapping[str, float], sizes: Mapping[str, float]) -> dict[str, float]:
    """Place a layer from top to bottom, each node no higher than it wants; then all of it where that is on average."""
    found: dict[str, float] = {}
    end = float("-inf")
    for node in row:
        found[node] = max(wanted[node], end + GAP + sizes[node] / 2)
        end = found[node] + sizes[node] / 2
    shift = _mean([wanted[node] - found[node] for node in row], 0.0)
    return {node: middle + shift for node, middle in found.items()}
