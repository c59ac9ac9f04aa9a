"""Which columns a vine joins, and by which copulas.

Each tree is the spanning tree of the greatest rank correlations, its copulas are chosen one by one, and what they leave is joined
by the next tree (J. Dissmann, E. Brechmann, C. Czado, D. Kurowicka, "Selecting and estimating regular vine copulae and application
to financial returns", Computational Statistics & Data Analysis 59, 2013).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rowsmith.core.protocols import Codes, Progress
from rowsmith.core.rng import Key
from rowsmith.learn._copula_axes import Floats, Index, Scale, scores, shares_of
from rowsmith.learn._copula_families import Pair, likeliest
from rowsmith.learn._copula_fit import step_of, together
from rowsmith.learn._copula_trees import Groups, groups_of, positions
from rowsmith.learn._copula_vine import Edge, Ends, Vine

FITTED = 4_000
"""Rows that copulas are fitted to, drawn of all."""
CLEAR = 1.6
"""Times its standard error that a rank correlation must have for its pair to be fitted."""


def fit_vine(columns: Sequence[Codes], trees: int, key: Key, progress: Progress) -> Vine:
    """Learn a vine.

    Args:
        columns: at least one, of at least one row.
        trees: that are learnt.
        key: random stream of the fit.
        progress: told what has been done.
    """
    step = step_of(columns)
    groups = groups_of(columns)
    counts = together([c.values[::step] for c in columns], groups)
    scales = [_line(c, order) for c, order in zip(columns, _orders(columns, groups, counts), strict=True)]
    vine = Vine(tuple(scales), tuple(range(len(columns))), ((),) * len(columns))
    n = len(columns[0].values)
    rows = np.sort(key.child("rows").generator().permutation(n)[:FITTED])
    ends: Ends = {}
    for i, column in enumerate(columns):
        cell, bounds = vine.cells(i, column.values[rows])
        ends[i, frozenset()] = bounds[cell], bounds[cell + 1]
    levels = _grown(len(columns), trees, ends, progress)
    return Vine(tuple(scales), *_elimination(len(columns), levels, trees))


def _orders(columns: Sequence[Codes], groups: Sequence[Groups], counts: Floats) -> list[Index]:
    """Codes of each column in the order in which they lie on its axis."""
    part = np.repeat(np.arange(len(columns)), [g.size for g in groups])
    out = []
    for number, (column, group) in enumerate(zip(columns, groups, strict=True)):
        own = part == number
        codes = np.arange(column.size)
        if column.size < 3 or (column.ordered and not column.nullable):
            out.append(codes)
            continue
        place = positions(counts[own][:, ~own], np.diag(counts)[~own], part[~own])[group.of]
        if not column.ordered:
            out.append(np.lexsort((codes, place)))
            continue
        # null lies at the end that is more like it
        share = shares_of(column)[1:]
        centre = float(np.average(place[1:], weights=share))
        rising = float(np.average((place[1:] - centre) * (np.cumsum(share) - share.sum() / 2), weights=share)) >= 0
        out.append(codes if (place[0] < centre) == rising else np.append(codes[1:], 0))
    return out


def _line(column: Codes, order: Index) -> Scale:
    shares = shares_of(column)
    if column.size == 1:
        return Scale((), (), order, shares)
    return Scale((scores(shares[order]),), (~order,), np.arange(column.size), shares)


def _grown(columns: int, trees: int, ends: Ends, progress: Progress) -> list[list[Edge]]:
    """Edges of each tree; after those that are learnt, any that can follow, all independent."""
    nodes: list[frozenset[int]] = [frozenset({i}) for i in range(columns)]
    levels: list[list[Edge]] = []
    learnt = min(trees, max(columns - 1, 0))
    todo, done = sum(columns - 1 - t for t in range(learnt)), 0
    progress("learning", 0, max(todo, 1))
    parents: list[tuple[int, int]] = []
    for level in range(columns - 1):
        wanted = []
        for i in range(len(nodes)):
            for j in range(i):
                if level and not set(parents[i]) & set(parents[j]):
                    continue
                given = nodes[i] & nodes[j]
                (a,), (b,) = nodes[j] - given, nodes[i] - given
                weight = _rank_correlation(ends[a, given], ends[b, given]) if level < trees else 0.0
                wanted.append((-round(abs(weight), 9), j, i, a, b, given, weight))
        edges, parents_next = [], []
        group = list(range(len(nodes)))
        for _, j, i, a, b, given, weight in sorted(wanted, key=lambda each: each[:3]):
            if group[i] == group[j]:
                continue
            old, new = group[i], group[j]
            group = [new if g == old else g for g in group]
            pair = Pair("independent")
            if level < trees:
                n = len(ends[a, given][0])
                if abs(weight) * np.sqrt(n) > CLEAR:
                    pair = likeliest(ends[a, given], ends[b, given], weight > 0)
                done += 1
                progress("learning", done, todo)
            edge = Edge(pair, a, b, given)
            if level < trees:
                edge.spread(ends)
            edges.append(edge)
            parents_next.append((j, i))
        levels.append(edges)
        nodes = [frozenset({e.first, e.second}) | e.given for e in edges]
        parents = parents_next
    if not todo:
        progress("learning", 1, 1)
    return levels


def _rank_correlation(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> float:
    """Correlation of the middles of cells, which are ranks."""
    x, y = (low + high for low, high in (first, second))
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 1e-12 else 0.0


def _elimination(
    columns: int, levels: list[list[Edge]], trees: int
) -> tuple[tuple[int, ...], tuple[tuple[Edge, ...], ...]]:
    """The order in which columns are drawn, and the edges of each, of the trees that were learnt, to those before it.

    The one edge of the last tree names two columns that no other tree needs: one of them is drawn last, and so on (O. Morales-Napoles,
    R. Cooke, D. Kurowicka, "About the number of vines and regular vines on n nodes", 2010).
    """
    left = [list(level) for level in levels]
    order, edges = [], []
    remaining = set(range(columns))
    while len(remaining) > 1:
        top = left[len(remaining) - 2][0]
        column = top.first
        own = []
        for level in left[: len(remaining) - 1]:
            (edge,) = [e for e in level if column in (e.first, e.second)]
            level.remove(edge)
            own.append(edge)
        order.append(column)
        edges.append(tuple(own[:trees]))
        remaining.remove(column)
    order += sorted(remaining)
    edges += [()] * len(remaining)
    return tuple(order[::-1]), tuple(edges[::-1])
