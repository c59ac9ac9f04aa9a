"""Boxes in layers with lines between them: a drawing in which parents stand above children and no line runs over a box.

The method of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system structures" (1981): layers,
an order within each that crosses few lines, then places; lines that pass a layer take a place in it as a box would. The last
step, lines of right angles whose level parts do not lie on one another, is our own. Everything is deterministic.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, pairwise

Point = tuple[float, float]
Pair = tuple[str, str]

LEAST_WIDE = 3
"""Boxes side by side that are always allowed; more where there are very many."""
GAP = 36.0
"""Between boxes side by side."""
LANE = 20.0
"""Between lines that leave a box on one side, and around a line that passes between boxes."""
CORNER = 14.0
"""Between a line and the corner of its box."""
LEAD = 26.0
"""Of a line beyond a box before it may turn: room for its mark."""
TRACK = 14.0
"""Between level parts of lines."""
SWEEPS = 12


@dataclass(frozen=True, kw_only=True)
class Box:
    """The size of a box.

    Attributes:
        width: of the box itself.
        height: of the box itself.
        spare: width to be left free at its right.
    """

    width: float
    height: float
    spare: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where boxes and lines are.

    Attributes:
        width: of all.
        height: of all.
        places: left upper corner of each box.
        routes: corners of each line, from its first box to its second, in the order of the lines.
    """

    width: float
    height: float
    places: Mapping[str, Point]
    routes: Sequence[Sequence[Point]]


@dataclass(eq=False)
class _Node:
    """A box, or the place where a line passes a layer."""

    layer: int
    width: float
    height: float = 0.0
    spare: float = 0.0
    name: str = ""
    x: float = 0.0
    """Of the centre."""
    up: list[_Step] = field(default_factory=list)
    down: list[_Step] = field(default_factory=list)


@dataclass(eq=False)
class _Step:
    """A line between neighbouring layers."""

    upper: _Node
    lower: _Node
    top: float = 0.0
    """Where it leaves the upper node, from the left."""
    bottom: float = 0.0
    """Where it reaches the lower node."""
    turn: float | None = None
    """The height at which it goes from one to the other; None for a straight one."""


def layout(boxes: Mapping[str, Box], lines: Sequence[Pair]) -> Layout:
    """Places of boxes and corners of lines.

    Args:
        boxes: size of each, in the order in which they are preferred.
        lines: names of two boxes each, a child and its parent; not the same.

    >>> found = layout({"a": Box(width=80, height=40), "b": Box(width=80, height=40)}, [("b", "a")])
    >>> found.places["a"], found.routes
    ((0.0, 0.0), [[(40.0, 92.0), (40.0, 40.0)]])
    """
    levels = _levels(list(boxes), lines)
    nodes = {n: _Node(levels[n], b.width, b.height, b.spare, n) for n, b in boxes.items()}
    layers: list[list[_Node]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for node in nodes.values():
        layers[node.layer].append(node)
    ways = []
    for child, parent in lines:
        upper, lower = sorted((nodes[child], nodes[parent]), key=lambda n: n.layer)
        ways.append(_steps(upper, lower, layers))
    _order(layers)
    _place(layers)
    _ports(layers)
    _straighten(layers)
    _ports(layers)
    tops = _heights(layers)
    every = [node for layer in layers for node in layer]
    left = min((n.x - n.width / 2 for n in every), default=0.0)
    routes = []
    for (child, parent), way in zip(lines, ways, strict=True):
        route = [(x - left, y) for x, y in _route(way, tops)]
        routes.append(route if levels[child] < levels[parent] else route[::-1])
    return Layout(
        width=max((n.x + n.width / 2 + n.spare for n in every), default=0.0) - left,
        height=max((tops[n.layer] + n.height for n in every), default=0.0),
        places={n: (node.x - node.width / 2 - left, tops[node.layer]) for n, node in nodes.items()},
        routes=routes,
    )


def _levels(names: Sequence[str], lines: Sequence[Pair]) -> dict[str, int]:
    """The layer of each box, from 0: below its parents, except where they go in a cycle, and none too wide."""
    most = max(LEAST_WIDE, math.ceil(math.sqrt(len(names))))
    above: dict[str, set[str]] = {n: set() for n in names}
    below: dict[str, set[str]] = {n: set() for n in names}
    for child, parent in lines:
        above[child].add(parent)
        below[parent].add(child)
    left = sorted(names, key=lambda n: not above[n] and not below[n])  # those without lines fill what is left
    levels: dict[str, int] = {}
    counts: Counter[int] = Counter()
    while left:
        name = next((n for n in left if above[n] <= levels.keys()), None) or _in_cycle(left, above)
        left.remove(name)
        level = 1 + max((levels[n] for n in above[name] | below[name] if n in levels), default=-1)
        while counts[level] >= most:
            level += 1
        levels[name] = level
        counts[level] += 1
    for name in reversed(levels):  # as near to the children as there is room, where that shortens lines
        lowest = min((levels[n] for n in above[name] | below[name] if levels[n] > levels[name]), default=0) - 1
        if len(below[name]) > len(above[name]):
            while lowest > levels[name] and counts[lowest] >= most:
                lowest -= 1
            if lowest > levels[name]:
                counts[levels[name]] -= 1
                counts[lowest] += 1
                levels[name] = lowest
    used = {level: i for i, level in enumerate(sorted(set(levels.values())))}
    return {n: used[levels[n]] for n in names}


def _in_cycle(left: Sequence[str], above: Mapping[str, set[str]]) -> str:
    """A box on a cycle of those that are left, each of which waits for another."""
    seen: list[str] = []
    name = left[0]
    while name not in seen:
        seen.append(name)
        name = next(n for n in left if n in above[name])
    return min(seen[seen.index(name) :], key=left.index)


def _steps(upper: _Node, lower: _Node, layers: Sequence[list[_Node]]) -> list[_Step]:
    """A line as steps from layer to layer, with a place in each layer that it passes."""
    ends = [upper]
    for level in range(upper.layer + 1, lower.layer):
        ends.append(_Node(level, 0.0))
        layers[level].insert(len(layers[level]) // 2, ends[-1])
    ends.append(lower)
    steps = [_Step(a, b) for a, b in pairwise(ends)]
    for step in steps:
        step.upper.down.append(step)
        step.lower.up.append(step)
    return steps


def _order(layers: Sequence[list[_Node]]) -> None:
    """Order every layer so that few lines cross: each node at the mean place of its neighbours, down and up again."""
    best = [list(layer) for layer in layers]
    least = _crossings(layers)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            places = {id(n): i for each in layers for i, n in enumerate(each)}
            middles = {}
            for i, node in enumerate(layer):
                near = [places[id(s.upper if down else s.lower)] for s in (node.up if down else node.down)]
                middles[id(node)] = sum(near) / len(near) if near else float(i)
            layer.sort(key=lambda n, middles=middles: middles[id(n)])  # type: ignore[misc]
        _swap(layers)
        if (found := _crossings(layers)) < least:
            least, best = found, [list(layer) for layer in layers]
    for layer, order in zip(layers, best, strict=True):
        layer[:] = order


def _swap(layers: Sequence[list[_Node]]) -> None:
    """Swap neighbours as long as that takes crossings away."""
    places = {id(n): i for layer in layers for i, n in enumerate(layer)}

    def crossed(a: _Node, b: _Node) -> int:
        ups = sum(places[id(s.upper)] > places[id(t.upper)] for s in a.up for t in b.up)
        return ups + sum(places[id(s.lower)] > places[id(t.lower)] for s in a.down for t in b.down)

    for _ in range(SWEEPS):
        changed = False
        for layer in layers:
            for i in range(len(layer) - 1):
                a, b = layer[i], layer[i + 1]
                if crossed(a, b) > crossed(b, a):
                    layer[i], layer[i + 1], changed = b, a, True
                    places[id(a)], places[id(b)] = i + 1, i
        if not changed:
            return


def _crossings(layers: Sequence[list[_Node]]) -> int:
    count = 0
    for upper, lower in pairwise(layers):
        at = {id(n): i for layer in (upper, lower) for i, n in enumerate(layer)}
        ends = [(at[id(s.upper)], at[id(s.lower)]) for node in upper for s in node.down]
        count += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
    return count


def _place(layers: Sequence[list[_Node]]) -> None:
    """Give each node a centre: near those of its neighbours, lines that pass layers as straight as may be."""
    gaps = [[_apart(a, b) for a, b in pairwise(layer)] for layer in layers]
    for layer, between in zip(layers, gaps, strict=True):
        for node, x in zip(layer, accumulate(between, initial=0.0), strict=True):
            node.x = x - sum(between) / 2
    for sweep in range(2 * SWEEPS):  # the last one goes up
        down = sweep % 2 == 0
        levels = range(len(layers)) if down else reversed(range(len(layers)))
        for level in levels:
            wanted, weights = [], []
            for node in layers[level]:
                pulls = [(s.upper, _pull(s)) for s in node.up] if down else [(s.lower, _pull(s)) for s in node.down]
                weight = sum(w for _, w in pulls)
                wanted.append(sum(n.x * w for n, w in pulls) / weight if pulls else node.x)
                weights.append(weight or 0.1)
            for node, x in zip(layers[level], _spread(wanted, weights, gaps[level]), strict=True):
                node.x = x
    for node in (n for layer in layers for n in layer):
        node.x = float(round(node.x))  # so that a line is straight, or turns by more than can be overlooked


def _apart(a: _Node, b: _Node) -> float:
    """Least distance of the centres of two neighbours."""
    return a.width / 2 + a.spare + b.width / 2 + (GAP if a.name and b.name else LANE)


def _pull(step: _Step) -> float:
    return 1.0 + 3.0 * (not step.upper.name) + 3.0 * (not step.lower.name)


def _spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Places in the given order and at least so far apart, as near as can be to those wanted (least squares).

    Pooling of adjacent violators: what would stand too close is pushed together as one block.

    >>> _spread([0.0, 1.0, 50.0], [1.0, 1.0, 1.0], [10.0, 10.0])
    [-4.5, 5.5, 50.0]
    """
    offsets = list(accumulate(gaps, initial=0.0))[: len(wanted)]
    blocks: list[tuple[float, float, int]] = []
    for x, weight, offset in zip(wanted, weights, offsets, strict=True):
        place, count = x - offset, 1
        while blocks and blocks[-1][0] > place:
            before, heavy, n = blocks.pop()
            place = (before * heavy + place * weight) / (heavy + weight)
            weight, count = heavy + weight, count + n
        blocks.append((place, weight, count))
    places = [place for place, _, count in blocks for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def _ports(layers: Sequence[list[_Node]]) -> None:
    """Where lines leave and reach boxes: opposite to their other ends where that can be, so that they are straight."""
    for node in (n for layer in layers for n in layer):
        for step in node.down:
            step.top, step.bottom = node.x, step.lower.x
    for _ in range(4):
        for node in (n for layer in layers for n in layer):
            for x, step in _side(node, [(s.top, s) for s in node.up]):
                step.bottom = x
        for node in (n for layer in layers for n in layer):
            for x, step in _side(node, [(s.bottom, s) for s in node.down]):
                step.top = x


def _straighten(layers: Sequence[list[_Node]]) -> None:
    """Move lines that pass a layer a little, where they then need not turn above it."""
    for layer in layers:
        for i, node in enumerate(layer):
            if not node.name:
                x = node.up[0].top
                near = [layer[k] for k in (i - 1, i + 1) if 0 <= k < len(layer)]
                free = all(abs(n.x + n.spare / 2 - x) >= (n.width + n.spare + LANE) / 2 for n in near)
                if free and abs(x - node.x) < LANE:
                    node.x = node.up[0].bottom = node.down[0].top = x


def _side(node: _Node, wanted: list[tuple[float, _Step]]) -> Iterator[tuple[float, _Step]]:
    """Places on one side of a node for lines that would like to be elsewhere."""
    wanted.sort(key=lambda pair: pair[0])
    half = max(0.0, node.width / 2 - CORNER)
    gap = min(LANE, 2 * half / max(1, len(wanted) - 1))
    places = _spread([x for x, _ in wanted], [1.0] * len(wanted), [gap] * (len(wanted) - 1))
    for i, (x, (_, step)) in enumerate(zip(places, wanted, strict=True)):
        low, high = node.x - half + i * gap, node.x + half - (len(wanted) - 1 - i) * gap
        yield float(round(min(max(x, low), high))), step


def _heights(layers: Sequence[list[_Node]]) -> list[float]:
    """The top of each layer, with one more for its bottom at the end; lines are told where they turn."""
    tops, y = [], 0.0
    for layer in layers:
        tops.append(y)
        y += max(node.height for node in layer)
        steps = [s for node in layer for s in node.down]
        tracks = _tracks([s for s in steps if s.top != s.bottom])
        for step, track in tracks:
            step.turn = y + LEAD + track * TRACK
        levels = max((track for _, track in tracks), default=0)
        y += 2 * LEAD + levels * TRACK if steps else GAP
    return tops


def _tracks(steps: Sequence[_Step]) -> list[tuple[_Step, int]]:
    """The level at which each line turns, from 0 above: level parts never lie on one another, and lines cross little."""
    order: list[_Step] = []
    for step in sorted(steps, key=lambda s: (min(s.top, s.bottom), max(s.top, s.bottom))):
        costs = [0]  # of the place after all others; then before the last, before the two last, …
        for other in reversed(order):
            costs.append(costs[-1] + _crossed(step, other) - _crossed(other, step))
        order.insert(len(order) - costs.index(min(costs)), step)
    found: list[tuple[_Step, int]] = []
    for step in order:
        found.append((step, 1 + max((t for other, t in found if _meet(step, other)), default=-1)))
    return found


def _crossed(a: _Step, b: _Step) -> int:
    """Crossings of two lines if the first turns above the second; upright parts on one another count as many."""
    low, high = sorted((a.top, a.bottom))
    count = int(low < b.top < high)  # the second goes down through the level part of the first
    low, high = sorted((b.top, b.bottom))
    count += int(low < a.bottom < high)
    return count + 10 * (abs(b.top - a.bottom) < LANE / 2)


def _meet(a: _Step, b: _Step) -> bool:
    """Whether the level parts of two lines would touch at one height."""
    return max(min(a.top, a.bottom), min(b.top, b.bottom)) < min(max(a.top, a.bottom), max(b.top, b.bottom)) + LANE


def _route(way: Sequence[_Step], tops: Sequence[float]) -> list[Point]:
    """Corners of a line from its upper box to its lower one."""
    first, last = way[0], way[-1]
    points = [(first.top, tops[first.upper.layer] + first.upper.height)]
    for step in way:
        if step.turn is not None:
            points += [(step.top, step.turn), (step.bottom, step.turn)]
    return [*points, (last.bottom, tops[last.lower.layer])]
