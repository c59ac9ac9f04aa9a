"""Columns of codes on latent axes: thresholds cut an axis into cells, and a cell is a code, some codes, or goes on to another axis.

An ordered column is one axis, cut at the normal scores of its cumulative shares. Where it has nulls, a first axis says whether
there is a value. A column without order is a tree of axes, each cut in two (nested dichotomies: J. Fox, "Applied Regression
Analysis and Generalized Linear Models", 2016, section 14.2.2): the root parts the levels that differ most in what goes with them.
So a level can have any mean on the axes of another column, which no order of the levels along a single axis gives. An axis is
not correlated with those that lead to it, so that the shares are kept; with the others of its column it may be, which no row shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes
from rowsmith.core.state import State

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

RARE = 1e-9
"""Share of a code that was never seen: a group of such codes must have some to draw from."""


@dataclass(frozen=True)
class Scale:
    """A column on its axes.

    Attributes:
        cuts: of each axis, where its cells part, rising, shape (cells - 1,).
        leads: of each axis, what each cell leads to, shape (cells,): an axis of the column, by number, or ~leaf.
        leaf: leaf of each code, shape (size,).
        shares: of the codes, together 1, shape (size,).
    """

    cuts: tuple[Floats, ...]
    leads: tuple[Index, ...]
    leaf: Index
    shares: Floats

    @property
    def size(self) -> int:
        """How many axes there are."""
        return len(self.cuts)

    @cached_property
    def _inner(self) -> tuple[Index, Floats, Index, Index]:
        """Codes leaf by leaf, their shares added up, and the place of the first and the last code of each leaf."""
        order = np.argsort(self.leaf, kind="stable")
        leaves = np.arange(int(self.leaf.max()) + 1)
        begin, end = (np.searchsorted(self.leaf[order], leaves, side=side) for side in ("left", "right"))
        return order, np.cumsum(self.shares[order]), begin, end - 1

    @property
    def single(self) -> bool:
        """Whether each leaf is one code."""
        return len(self.leaf) == int(self.leaf.max()) + 1

    @cached_property
    def reach(self) -> Floats:
        """Share of the rows that come to each axis, shape (axes,)."""
        below, out = self.leaf_shares(), np.zeros(self.size)
        for axis in reversed(range(self.size)):
            out[axis] = sum(below[~to] if to < 0 else out[to] for to in self.leads[axis].tolist())
        return out

    @property
    def path(self) -> NDArray[np.bool_]:
        """Which axes lead to each axis, shape (axes, axes), first what is led to."""
        out = np.zeros((self.size, self.size), dtype=bool)
        for axis, leads in enumerate(self.leads):
            for to in leads[leads >= 0].tolist():
                out[to] = out[axis]
                out[to, axis] = True
        return out

    def leaves(self, z: Floats) -> Index:
        """The leaf of each row.

        Args:
            z: places on the axes, shape (n, axes).
        """
        if not self.cuts:
            return np.zeros(len(z), dtype=np.int64)
        at = np.zeros(len(z), dtype=np.int64)
        for axis, (cuts, leads) in enumerate(zip(self.cuts, self.leads, strict=True)):
            # an axis stands behind the one that leads to it
            rows = slice(None) if axis == 0 else np.flatnonzero(at == axis)
            at[rows] = leads[np.searchsorted(cuts, z[rows, axis], side="right")]
        return np.asarray(~at)

    def codes(self, leaves: Index, places: Floats) -> CodeArray:
        """A code of each leaf, by the shares.

        Args:
            leaves: shape (n,).
            places: uniform numbers, shape (n,).
        """
        order, ends, begin, last = self._inner
        if self.single:
            return order[leaves].astype(np.uint16)
        low = np.where(begin > 0, ends[begin - 1], 0.0)
        span = ends[last] - low
        at = np.searchsorted(ends, low[leaves] + places * span[leaves], side="right")
        return order[np.clip(at, begin[leaves], last[leaves])].astype(np.uint16)

    def leaf_shares(self, weights: Floats | None = None) -> Floats:
        """Share of each leaf, shape (leaves,); of its codes with weights, shape (size,), if there are any."""
        shares = self.shares if weights is None else self.shares * weights
        return np.asarray(np.bincount(self.leaf, weights=shares))

    def state(self) -> State:
        """Arrays."""
        return {"cuts": list(self.cuts), "leads": list(self.leads), "leaf": self.leaf, "shares": self.shares}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: the arrays do not fit together.
        """
        cuts = tuple(np.asarray(c, dtype=np.float64) for c in state["cuts"])
        leads = tuple(np.asarray(c, dtype=np.int64) for c in state["leads"])
        leaf, shares = state["leaf"].astype(np.int64), state["shares"].astype(np.float64)
        fits = len(leaf) == len(shares) > 0 and bool((shares > 0).all()) and len(cuts) == len(leads)
        if not fits or any(
            len(c) + 1 != len(to) or not (np.diff(c) >= 0).all() or not np.isfinite(c).all()
            for c, to in zip(cuts, leads, strict=True)
        ):
            raise ValueError("an axis of a column is damaged")
        led = np.concatenate([*leads, np.zeros(0, np.int64)])
        inner, ends = np.sort(led[led >= 0]), np.sort(~led[led < 0])
        on = [bool(((to < 0) | (to > axis)).all()) for axis, to in enumerate(leads)]
        if not cuts and leaf.any():
            raise ValueError("a column without axes has several leaves")
        if cuts and not (
            all(on)
            and np.array_equal(inner, np.arange(1, len(cuts)))
            and np.array_equal(ends, np.arange(len(ends)))
            and np.array_equal(np.unique(leaf), ends)
        ):
            raise ValueError("the axes of a column do not lead to its codes")
        return cls(cuts, leads, leaf, shares)


def shares_of(column: Codes) -> Floats:
    """Shares of a column's codes, none of them 0."""
    counts = np.bincount(column.values, minlength=column.size) / max(len(column.values), 1)
    shares = np.maximum(counts, RARE)
    return np.asarray(shares / shares.sum())


def ordered_scale(column: Codes) -> Scale:
    """A column with an order: one axis, and one before it where the first code is null."""
    shares, size = shares_of(column), column.size
    leaf = np.arange(size)
    if size == 1:
        return Scale((), (), leaf, shares)
    if not column.nullable or size < 3:
        return Scale((scores(shares),), (~leaf,), leaf, shares)
    there = np.array([shares[0], shares[1:].sum()])
    return Scale((scores(there), scores(shares[1:])), (np.array([~0, 1]), ~leaf[1:]), leaf, shares)


def scores(shares: Floats) -> Floats:
    """Normal scores of where cells of given shares part, shape (cells - 1,)."""
    from scipy import special

    ends = np.cumsum(shares) / shares.sum()
    return np.asarray(special.ndtri(np.clip(ends[:-1], RARE / 2, 1 - RARE / 2)))
