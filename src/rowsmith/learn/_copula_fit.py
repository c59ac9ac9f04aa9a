"""The correlations between the axes of a table's columns, from what goes together in pairs of columns.

What is matched is the polychoric correlation of each pair of axes among the rows that reach both, estimated from the table of
counts. An axis that only some rows reach is seen in a selected part, so that these are no correlations of the law itself; so the
law is drawn from, the same is estimated from the draws, and the law is moved by the difference until both agree (indirect
inference: C. Gouriéroux, A. Monfort, E. Renault, "Indirect inference", Journal of Applied Econometrics 8, 1993), in steps that
get smaller (H. Robbins, S. Monro, "A stochastic approximation method", Annals of Mathematical Statistics 22, 1951). The same
absorbs what the repair of the matrix moves, and the heavier tails of a t law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import Codes
from rowsmith.learn._copula_axes import Floats, Index, Scale
from rowsmith.learn._copula_matrix import repaired
from rowsmith.learn._copula_pairs import polychoric
from rowsmith.learn._copula_trees import Groups

ROWS = 100_000
"""Rows that are counted, evenly over the table, at most."""
WORK = 200_000_000
"""Rows times columns squared that are counted, at most."""
BLOCK = 1 << 23
"""Numbers at a time."""


def step_of(columns: Sequence[Codes]) -> int:
    """Every how many-th row is counted."""
    most = max(min(ROWS, WORK // len(columns) ** 2), 2_000)
    return max(1, -(-len(columns[0].values) // most))


def together(codes: Sequence[NDArray[np.uint16]], groups: Sequence[Groups]) -> Floats:
    """How many rows are of each two groups of any columns: the Burt matrix, shape (groups of all, groups of all).

    Args:
        codes: of each column, shape (rows,).
        groups: of each column's codes.
    """
    width = sum(g.size for g in groups)
    rows, starts = len(codes[0]), np.cumsum([0, *(g.size for g in groups[:-1])])
    total = np.zeros((width, width))
    block = max(1, BLOCK // width)
    for first in range(0, rows, block):
        n = min(block, rows - first)
        ones = np.zeros((n, width), dtype=np.float32)
        for values, group, start in zip(codes, groups, starts.tolist(), strict=True):
            ones[np.arange(n), group.of[values[first : first + n]] + start] = 1.0
        total += ones.T @ ones
    return total


class Pairs:
    """Pairs of axes of different columns, and the counts of their cells.

    Args:
        scales: of the columns.
        groups: of the columns' codes, which are counted.
    """

    def __init__(self, scales: Sequence[Scale], groups: Sequence[Groups]) -> None:
        cells = [_cells(scale, group) for scale, group in zip(scales, groups, strict=True)]
        starts = np.cumsum([0, *(g.size for g in groups)])
        self.column = np.repeat(np.arange(len(scales)), [s.size for s in scales])
        maps = [(start, cell) for start, each in zip(starts.tolist(), cells, strict=False) for cell in each]
        sizes = np.array([int(cell.max()) + 1 for _, cell in maps], dtype=np.int64)
        self.kinds: list[tuple[Index, Floats, int]] = []  # axes, groups to their cells, cells
        for some in (sizes <= 2, sizes > 2):
            axes = np.flatnonzero(some)
            if len(axes):
                most = max(int(sizes[axes].max()), 2)
                to = np.zeros((int(starts[-1]), len(axes), most))
                for place, axis in enumerate(axes.tolist()):
                    start, cell = maps[axis]
                    inside = np.flatnonzero(cell >= 0)
                    to[start + inside, place, cell[inside]] = 1.0
                self.kinds.append((axes, to.reshape(len(to), -1), most))

    def correlations(self, counts: Floats, start: Floats | None = None, *, weight: float = 1.0) -> Floats:
        """The polychoric correlation of each two axes among the rows that reach both; 0 within a column.

        Args:
            counts: of groups, as `together` returns them.
            start: where the search begins, shape (axes, axes).
            weight: what a row weighs against the prior.
        """
        size = len(self.column)
        out = np.zeros((size, size))
        for a, b, tables in self._tables(counts):
            first = None if start is None else start[a, b]
            out[a, b] = out[b, a] = polychoric(tables, first, weight=weight)
        return out

    def finest(self, counts: Floats, r: Floats, most: int) -> list[tuple[Floats, Floats]]:
        """Tables of pairs of axes of many cells, and the correlations behind them; of all axes, where few have many cells.

        Args:
            counts: of groups.
            r: correlations, shape (axes, axes).
            most: pairs.
        """
        found = [(tables, r[a, b]) for a, b, tables in self._tables(counts)]
        found = [(tables, values) for tables, values in found if tables.shape[1:] == found[-1][0].shape[1:]]
        if not found:
            return []
        tables, values = found[-1]
        some = np.unique(np.linspace(0, len(tables) - 1, most).astype(int))
        return [(tables[some], values[some])]

    def _tables(self, counts: Floats) -> Iterator[tuple[Index, Index, Floats]]:
        for number, (axes, to, rows) in enumerate(self.kinds):
            for others, to_others, columns in self.kinds[number:]:
                every = (to.T @ counts @ to_others).reshape(len(axes), rows, len(others), columns)
                i, j = np.meshgrid(np.arange(len(axes)), np.arange(len(others)), indexing="ij")
                apart = self.column[axes][i] != self.column[others][j]
                if axes is others:
                    apart &= i < j
                i, j = i[apart], j[apart]
                if len(i):
                    yield axes[i], others[j], every[i, :, j, :]


def _cells(scale: Scale, groups: Groups) -> list[Index]:
    """Cell of each group on each axis, -1 where it does not reach it; cells of an ordered axis are the groups."""
    members = [np.zeros(0, dtype=np.int64)] * scale.size
    out = []
    for axis in reversed(range(scale.size)):
        leads = scale.leads[axis]
        if len(leads) == 2:
            reached = [members[to] if to >= 0 else np.unique(groups.of[scale.leaf == ~to]) for to in leads.tolist()]
        else:
            reached = [np.unique(groups.of[np.isin(scale.leaf, ~leads)])]
        members[axis] = np.unique(np.concatenate(reached))
        cell = np.full(groups.size, -1, dtype=np.int64)
        if len(leads) == 2:
            for number, some in enumerate(reached):
                cell[some] = number
        else:
            cell[members[axis]] = np.arange(len(members[axis]))
        out.append(cell)
    return out[::-1]


def matched(
    pairs: Pairs,
    wanted: Floats,
    zero: NDArray[np.bool_],
    draw: Callable[[Floats, int], Floats],
    *,
    weight: float,
    rounds: int,
    told: Callable[[int], None],
) -> Floats:
    """The matrix of correlations whose draws have wanted polychoric correlations.

    Args:
        pairs: of axes.
        wanted: of each two axes, shape (axes, axes).
        zero: pairs of axes that are not correlated.
        draw: from a matrix and the number of the round to the counts of rows that are drawn.
        weight: what a drawn row weighs against the prior, if a learnt one weighs 1.
        rounds: how often rows are drawn.
        told: is told of each round that is done.
    """
    r = repaired(wanted, zero)
    for number in range(rounds):
        found = pairs.correlations(draw(r, number), wanted, weight=weight)
        r = repaired(r + (wanted - found) / max(number, 1), zero)
        told(number + 1)
    return r
