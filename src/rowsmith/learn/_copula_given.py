"""Places on the axes of columns of which something is known, by Gibbs sampling.

Each axis in turn is drawn given the others: a normal number within what is known of its column (J. Geweke, "Efficient simulation
from the multivariate normal and Student-t distributions subject to linear constraints", 1991; C. Robert, "Simulation of truncated
normal variables", Statistics and Computing 5, 1995). Each row is a chain of its own. It starts from the law of each column within
its group, which for a single column and the Gaussian copula is the law itself, so that nothing has to be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Known
from rowsmith.core.rng import Key
from rowsmith.learn._copula_axes import Floats, Index, Scale

SWEEPS = 40
"""Times that all axes are drawn, where more than one column is known."""


@dataclass(frozen=True)
class Place:
    """Where rows are.

    Attributes:
        z: on the axes of the known columns, shape (n, axes).
        s: what their t numbers were multiplied by, shape (n,); ones for the Gaussian copula.
        leaves: of each known column, shape (n,).
    """

    z: Floats
    s: Floats
    leaves: Mapping[int, Index]


class Evidence:
    """What is known of a column, by the leaves of its tree.

    Args:
        scale: of the column.
        known: of each row.
    """

    def __init__(self, scale: Scale, known: Known) -> None:
        self.scale, self.values = scale, known.values.astype(np.int64)
        self.wide = int(max(known.groups.max(), known.values.max(initial=0))) + 1
        self.group = known.groups.astype(np.int64)
        self._key = scale.leaf * self.wide + self.group
        self._order = np.argsort(self._key, kind="stable")
        self._keys = self._key[self._order]
        self._leaves = scale.leaf_shares()
        self._ends = np.cumsum(scale.shares[self._order])
        self._weights: dict[int, Floats] = {}

    def start(self, u: Floats) -> CodeArray:
        """A code of each row's group, by the shares."""
        order = np.argsort(self.group, kind="stable")
        return _picked(order, np.cumsum(self.scale.shares[order]), self.group[order], self.values, u)

    def codes(self, leaves: Index, u: Floats) -> CodeArray:
        """A code of each row's leaf and group, by the shares."""
        return _picked(self._order, self._ends, self._keys, leaves * self.wide + self.values, u)

    def weight(self, leaves: Index) -> Floats:
        """Share of the codes of leaves that is of each row's group, shape (n,)."""
        key = leaves * self.wide + self.values
        begin, end = (np.searchsorted(self._keys, key, side=side) for side in ("left", "right"))
        ends = np.concatenate([[0.0], self._ends])
        return np.where(end > begin, (ends[end] - ends[begin]) / self._leaves[leaves], 0.0)

    def weight_of(self, leaf: int) -> Floats:
        """The same of one leaf, for all rows."""
        if leaf not in self._weights:
            self._weights[leaf] = self.weight(np.full(len(self.values), leaf))
        return self._weights[leaf]

    def runs(self, axis: int) -> tuple[Index, Index, Index]:
        """Neighbouring cells of an ordered axis that are of one group: the first, the last, and where those of each row begin.

        Returns:
            First and last cell of each run, group by group; and of each row its first run, and the one past its last, shape (2, n).
        """
        group = self.group[np.argsort(self.scale.leaf)][~self.scale.leads[axis]]
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        last = np.append(starts[1:], len(group)) - 1
        order = np.argsort(group[starts], kind="stable")
        of = group[starts][order]
        pointer = np.stack([np.searchsorted(of, self.values, side=side) for side in ("left", "right")])
        return starts[order], last[order], pointer


def _picked(order: Index, ends: Floats, keys: Index, wanted: Index, u: Floats) -> CodeArray:
    begin = np.searchsorted(keys, wanted, side="left")
    last = np.searchsorted(keys, wanted, side="right") - 1
    low = np.where(begin > 0, ends[begin - 1], 0.0)
    at = np.searchsorted(ends, low + u * (ends[last] - low), side="right")
    return order[np.clip(at, begin, last)].astype(np.uint16)


def places(scales: Sequence[Scale], known: Mapping[int, Evidence], r: Floats, df: float | None, key: Key) -> Place:
    """Places of rows on the axes of known columns.

    Args:
        scales: of the known columns, in their order.
        known: what is known, by column, in the same order.
        r: correlations of their axes.
        df: degrees of freedom of the t copula; None for the Gaussian.
        key: random stream of the rows.
    """
    n = len(next(iter(known.values())).values)
    each = list(zip(scales, known.values(), np.cumsum([0, *(s.size for s in scales)]).tolist(), strict=False))
    axes = len(r)
    s = np.ones(n) if df is None else _spread(df, np.zeros(n), 0, key.child("spread"))
    z = np.empty((n, axes))
    u = key.child("start").generator().random((n, axes + len(each)))
    free = key.child("free").generator().standard_normal((n, axes)) * s[:, None]
    for number, (scale, evidence, first) in enumerate(each):
        own = slice(first, first + scale.size)
        block = r[own, own]
        z[:, own] = free[:, own] @ np.linalg.cholesky(block).T
        leaves = scale.leaf[evidence.start(u[:, axes + number])]
        # Axes on the way to the leaf are not correlated: each moves into its cell, and takes along what hangs on it.
        move = np.zeros((n, scale.size))
        cells = _path(scale, leaves)
        bounds = [_bounds(cuts, cell) for cuts, cell in zip(scale.cuts, cells, strict=True)]
        for axis, (low, high) in enumerate(bounds):
            there = truncated(np.zeros(n), s, low, high, u[:, first + axis])
            move[:, axis] = np.where(cells[axis] >= 0, there - z[:, first + axis], 0.0)
        z[:, own] += move @ block
        for axis, (low, high) in enumerate(bounds):  # rounding may have carried it over a bound
            z[:, first + axis] = np.clip(z[:, first + axis], low, np.nextafter(high, -np.inf))
    several = len(each) > 1 or df is not None
    q = np.linalg.inv(r)
    runs = {(i, a): e.runs(a) for i, (sc, e, _) in enumerate(each) for a in range(sc.size) if len(sc.leads[a]) > 2}
    for sweep in range(SWEEPS if several else 0):
        u = key.child("sweep", sweep).generator().random((n, axes))
        for number, (scale, evidence, first) in enumerate(each):
            on = np.zeros((n, scale.size), dtype=bool)
            on[:, :1] = True
            values = _values(scale, evidence, z[:, first : first + scale.size])
            for axis in range(scale.size):
                k = first + axis
                mean = z[:, k] - z @ q[:, k] / q[k, k]
                sd = s / np.sqrt(q[k, k])
                cuts, leads, here = scale.cuts[axis], scale.leads[axis], on[:, axis]
                if (number, axis) in runs:
                    z[:, k] = _in_runs(mean, sd, cuts, runs[number, axis], here, u[:, k])
                    continue
                sides = [np.where(here, values[to], 1.0) for to in leads.tolist()]
                z[:, k] = _in_cells(mean, sd, cuts[0], sides, u[:, k])
                cell = z[:, k] >= cuts[0]
                for side, to in enumerate(leads.tolist()):
                    if to >= 0:
                        on[:, to] = here & (cell == side)
        if df is not None:
            s = _spread(df, ((z @ q) * z).sum(axis=1), axes, key.child("spread", sweep))
    at = {c: scale.leaves(z[:, first : first + scale.size]) for c, (scale, _, first) in zip(known, each, strict=True)}
    return Place(z, s, at)


def _spread(df: float, squares: Floats, axes: int, key: Key) -> Floats:
    """What t numbers of a row are multiplied by, given the squares of those that are there."""
    return np.asarray(np.sqrt((df + squares) / key.generator().chisquare(df + axes, len(squares))))


def _path(scale: Scale, leaves: Index) -> list[Index]:
    """Cell of each axis by which rows come to their leaves, -1 where they do not come by; shape (n,) each."""
    out: list[Index] = []
    below: dict[int, NDArray[np.bool_]] = {}
    for axis in reversed(range(scale.size)):
        leads = scale.leads[axis]
        if len(leads) > 2:
            cell_of = np.full(int(scale.leaf.max()) + 1, -1, dtype=np.int64)
            cell_of[~leads] = np.arange(len(leads))
            cell = cell_of[leaves]
        else:
            cell = np.full(len(leaves), -1, dtype=np.int64)
            for side, to in enumerate(leads.tolist()):
                cell[below[to] if to >= 0 else leaves == ~to] = side
        below[axis] = cell >= 0
        out.append(cell)
    return out[::-1]


def _bounds(cuts: Floats, cell: Index) -> tuple[Floats, Floats]:
    """Ends of cells; none for the cell -1."""
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    return np.where(cell < 0, -np.inf, ends[cell]), np.where(cell < 0, np.inf, ends[cell + 1])


def _values(scale: Scale, evidence: Evidence, z: Floats) -> dict[int, Floats]:
    """How well what lies behind each axis, and each leaf by ~number, goes with what is known, shape (n,) each."""
    out: dict[int, Floats] = {}
    for axis in reversed(range(scale.size)):
        leads = scale.leads[axis]
        cell = np.searchsorted(scale.cuts[axis], z[:, axis], side="right")
        if len(leads) > 2:
            out[axis] = evidence.weight(~leads[cell])
            continue
        for to in leads.tolist():
            if to < 0:
                out[to] = evidence.weight_of(~to)
        out[axis] = np.where(cell == 0, out[int(leads[0])], out[int(leads[-1])])
    return out


def truncated(mean: Floats, sd: Floats, low: Floats, high: Floats, u: Floats) -> Floats:
    """Normal numbers between bounds, by the inverse of the distribution function, taken from the nearer tail.

    Args:
        mean: shape (n,).
        sd: likewise.
        low: likewise, -inf for none.
        high: likewise, inf for none.
        u: uniform numbers.
    """
    from scipy import special

    a, b = (low - mean) / sd, (high - mean) / sd
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    under, over = special.ndtr(a), special.ndtr(b)
    x = special.ndtri(under + u * (over - under))
    x = np.clip(np.where(np.isfinite(x), x, b), a, b)  # farther out than there are numbers: at the nearer bound
    x = np.where(np.isfinite(x), x, 0.0)
    return np.clip(mean + sd * np.where(flip, -x, x), low, np.nextafter(high, -np.inf))


def _in_cells(mean: Floats, sd: Floats, cut: float, sides: Sequence[Floats], u: Floats) -> Floats:
    """Normal numbers, those on either side of a cut by its weight."""
    from scipy import special

    at = (cut - mean) / sd
    left, right = special.ndtr(at) * sides[0], special.ndtr(-at) * sides[1]
    total = left + right
    certain = total > 0
    share = np.where(certain, left / np.where(certain, total, 1.0), np.where(sides[0] > sides[1], 1.0, 0.0))
    first = u < share
    with np.errstate(all="ignore"):
        rest = np.where(first, u / share, (u - share) / (1 - share))  # each is taken where it is defined
    low, high = np.where(first, -np.inf, cut), np.where(first, cut, np.inf)
    return truncated(mean, sd, low, high, np.clip(rest, 1e-12, 1 - 1e-12))


def _in_runs(
    mean: Floats, sd: Floats, cuts: Floats, runs: tuple[Index, Index, Index], here: NDArray[np.bool_], u: Floats
) -> Floats:
    """Normal numbers within runs of cells, where the axis counts and there are some."""
    from scipy import special

    first, last, (begin, end) = runs
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    lows, highs = ends[first], ends[last + 1]
    bound = here & (end > begin)
    low, high, rest = np.full(len(mean), -np.inf), np.full(len(mean), np.inf), u.copy()
    one = np.flatnonzero(bound & (end == begin + 1))
    low[one], high[one] = lows[begin[one]], highs[begin[one]]
    some = np.flatnonzero(bound & (end > begin + 1))
    if len(some):
        most = int((end - begin)[some].max())
        at = np.minimum(begin[some, None] + np.arange(most), len(lows) - 1)
        inside = np.arange(most) < (end - begin)[some, None]
        centre, scale = mean[some, None], sd[some, None]
        a, b = (lows[at] - centre) / scale, (highs[at] - centre) / scale
        flip = a > 0
        chance = np.where(inside, special.ndtr(np.where(flip, -a, b)) - special.ndtr(np.where(flip, -b, a)), 0.0)
        chance = np.maximum(chance, np.where(inside, 1e-300, 0.0))
        total = np.cumsum(chance, axis=1)
        goal = u[some] * total[:, -1]
        pick = np.minimum((total <= goal[:, None]).sum(axis=1), (end - begin)[some] - 1)
        row = np.arange(len(some))
        rest[some] = np.clip((goal - (total - chance)[row, pick]) / chance[row, pick], 0.0, 1.0)
        low[some], high[some] = lows[at[row, pick]], highs[at[row, pick]]
    return truncated(mean, sd, low, high, rest)
