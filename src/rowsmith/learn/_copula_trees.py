"""Levels without order as a tree: those that go with the like of other columns part last.

Levels are joined two by two where the least is lost of the chi-square distance between their profiles, the shares of the other
columns' groups among their rows (J. H. Ward, "Hierarchical grouping to optimize an objective function", JASA 58, 1963, in the
metric of correspondence analysis: M. Greenacre, "Correspondence Analysis in Practice", 2017, chapter 15). Levels that no more
than chance tells apart are one leaf, in which they come by their shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.core.protocols import Codes
from rowsmith.learn._copula_axes import RARE, Floats, Index, Scale, ordered_scale, scores, shares_of

LEVELS, FEWER_LEVELS = 64, 24
"""Levels of a column that have a profile of their own; the rarer ones share one."""
CELLS, FEWER_CELLS = 12, 6
"""Groups that an ordered column is cut into, to measure what goes with what."""
MANY = 60
"""Columns from which on there are fewer of both, as the pairs are many."""


@dataclass(frozen=True)
class Groups:
    """Codes in groups, of which it is counted what goes together.

    Attributes:
        of: group of each code, shape (size,).
        size: how many groups.
    """

    of: Index
    size: int


def groups_of(columns: Sequence[Codes]) -> list[Groups]:
    """Groups of equal shares of ordered columns, null apart; the levels of others, the rarest of many in one."""
    levels, cells = (LEVELS, CELLS) if len(columns) < MANY else (FEWER_LEVELS, FEWER_CELLS)
    return [_grouped(column, cells) if column.ordered else _frequent(column, levels) for column in columns]


def _frequent(column: Codes, levels: int) -> Groups:
    rank = np.empty(column.size, dtype=np.int64)
    rank[np.argsort(-shares_of(column), kind="stable")] = np.arange(column.size)
    return Groups(np.minimum(rank, levels - 1), min(column.size, levels))


def _grouped(column: Codes, cells: int) -> Groups:
    shares = shares_of(column)
    first = int(column.nullable and column.size > 2)
    some = shares[first:] / shares[first:].sum()
    place = np.minimum(((np.cumsum(some) - some / 2) * cells).astype(np.int64), cells - 1)
    _, place = np.unique(place, return_inverse=True)
    of = np.concatenate([np.zeros(first, np.int64), place + first])
    return Groups(of, int(of.max()) + 1)


def _points(profiles: Floats, others: Floats, parts: Index) -> tuple[Floats, Floats, float]:
    """Share of each group, its place in the chi-square metric, and how many rows were counted. For arguments see `level_tree`."""
    counted = profiles[:, parts == parts[:1]].sum(axis=1) if len(parts) else np.zeros(len(profiles))
    rows = float(counted.sum())
    if not rows:
        return counted, np.zeros((len(profiles), 0)), 0.0
    weights = np.maximum(counted / rows, RARE)
    expected = others[others > 0] / rows
    return weights, profiles[:, others > 0] / (weights * rows)[:, None] / np.sqrt(expected) - np.sqrt(expected), rows


def positions(profiles: Floats, others: Floats, parts: Index) -> Floats:
    """Place of each group on the first axis of correspondence analysis, shape (groups,). For arguments see `level_tree`."""
    weights, points, rows = _points(profiles, others, parts)
    if not rows:
        return np.arange(len(profiles), dtype=np.float64)
    root = np.sqrt(weights)
    return np.asarray(np.linalg.svd(points * root[:, None], full_matrices=False)[0][:, 0] / root)


def level_tree(column: Codes, groups: Groups, profiles: Floats, others: Floats, parts: Index) -> Scale:
    """The tree of a column's levels.

    Args:
        column: without order.
        groups: of its levels.
        profiles: counts of what goes with each group, shape (groups, groups of the other columns).
        others: counts of those in all rows, shape (groups of the other columns,).
        parts: which other column each is of, rising, shape (groups of the other columns,).
    """
    shares = shares_of(column)
    weights, points, rows = _points(profiles, others, parts)
    if not rows:
        return Scale((), (), np.zeros(column.size, dtype=np.int64), shares)
    seen = others > 0
    freedom = int(seen.sum()) - len(np.unique(parts[seen]))
    enough = freedom * np.log(max(rows, 2.0)) / rows if freedom else np.inf
    merges = _ward(points, weights, enough)
    return _scale(groups, shares, merges)


def _ward(points: Floats, weights: Floats, enough: float) -> list[tuple[int, int, bool]]:
    """Which two clusters are joined in turn, and whether they differ for sure. The clusters that come of it are numbered on."""
    n = len(weights)
    mass = np.concatenate([weights, np.zeros(max(n - 1, 0))])
    at = np.concatenate([points, np.zeros((max(n - 1, 0), points.shape[1]))])
    alive = np.arange(n)
    gap = ((at[:n, None, :] - at[None, :n, :]) ** 2).sum(axis=2) if n else np.zeros((0, 0))
    loss = np.full((2 * n, 2 * n), np.inf)
    loss[:n, :n] = gap * np.outer(weights, weights) / np.add.outer(weights, weights)
    np.fill_diagonal(loss, np.inf)
    out = []
    for new in range(n, 2 * n - 1):
        some = loss[np.ix_(alive, alive)]
        i, j = divmod(int(some.argmin()), len(alive))
        a, b = int(alive[i]), int(alive[j])
        out.append((a, b, bool(loss[a, b] >= enough)))
        mass[new] = mass[a] + mass[b]
        at[new] = (mass[a] * at[a] + mass[b] * at[b]) / mass[new]
        alive = np.append(alive[(alive != a) & (alive != b)], new)
        rest = alive[:-1]
        far = ((at[rest] - at[new]) ** 2).sum(axis=1)
        loss[new, rest] = loss[rest, new] = far * mass[rest] * mass[new] / (mass[rest] + mass[new])
    return out


def _scale(groups: Groups, shares: Floats, merges: Sequence[tuple[int, int, bool]]) -> Scale:
    """The tree from its root down; a cluster whose parts do not differ is a leaf."""
    n = groups.size
    kept = [False] * n
    for a, b, sure in merges:
        kept.append(sure or kept[a] or kept[b])
    members: list[Index] = [np.flatnonzero(groups.of == g) for g in range(n)]
    for a, b, _ in merges:
        members.append(np.concatenate([members[a], members[b]]))
    leaf = np.zeros(len(shares), dtype=np.int64)
    cuts: list[Floats] = []
    leads: list[Index] = []
    waiting: list[tuple[int, int, int]] = [(2 * n - 2, -1, 0)]  # cluster, the axis that leads to it, by which cell
    leaves = 0
    while waiting:
        cluster, axis, cell = waiting.pop()
        goes_on = kept[cluster]
        number = len(cuts) if goes_on else ~leaves
        if axis >= 0:
            leads[axis][cell] = number
        if not goes_on:
            leaf[members[cluster]] = leaves
            leaves += 1
            continue
        two = merges[cluster - n][:2]
        cuts.append(scores(np.array([shares[members[side]].sum() for side in two])))
        leads.append(np.zeros(2, dtype=np.int64))
        waiting += [(side, number, at) for at, side in enumerate(two)]
    return Scale(tuple(cuts), tuple(leads), leaf, shares)


def scales_of(columns: Sequence[Codes], groups: Sequence[Groups], counts: Floats) -> list[Scale]:
    """Each column on its axes.

    Args:
        columns: of codes.
        groups: of their codes.
        counts: how many rows are of each two groups, shape (groups of all, groups of all).
    """
    part = np.repeat(np.arange(len(columns)), [g.size for g in groups])
    out = []
    for number, (column, group) in enumerate(zip(columns, groups, strict=True)):
        own = part == number
        out.append(
            ordered_scale(column)
            if column.ordered or column.size < 3
            else level_tree(column, group, counts[own][:, ~own], np.diag(counts)[~own], part[~own])
        )
    return out
