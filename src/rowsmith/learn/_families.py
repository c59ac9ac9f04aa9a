"""Rows of one parent, in their order: places, blocks that are drawn together, what siblings have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

ALONE = 8
"""So many first siblings are drawn one after the other; later ones in blocks that grow, which see those before the block."""
GROWTH = 1.5
FEWEST_SIBLINGS = 30
"""Rows with siblings from which on it is said how much these agree."""


def blocks(largest: int, alone: int = ALONE) -> Index:
    """First places of the blocks in a family of so many rows, with the end; so many first rows are alone.

    >>> blocks(20).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 20]
    """
    out = [0]
    while out[-1] < largest:
        at = out[-1]
        out.append(min(largest, at + 1 if at < alone else int(at * GROWTH)))
    return np.array(out, dtype=np.int64)


@dataclass(frozen=True)
class Families:
    """Rows with a parent, in order of parents and then of rows.

    Attributes:
        rows: numbers of the rows, shape (n,).
        parent: number of the parent of each, rising, shape (n,).
        place: of each among its siblings, from 0, shape (n,).
        size: of each family, by parent, shape (parents,).
        alone: first rows of a family that are drawn one after the other.
    """

    rows: Index
    parent: Index
    place: Index
    size: Index
    alone: int = ALONE

    @classmethod
    def of(cls, up: Index, n_parents: int, depth: Index | None = None) -> Families:
        """Families of rows.

        Args:
            up: parent of each row, or a negative number, shape (rows,).
            n_parents: how many parents there are.
            depth: what siblings are in the order of, before that of the rows, shape (rows,).
        """
        linked = np.flatnonzero(up >= 0)
        ranked = linked if depth is None else linked[np.argsort(depth[linked], kind="stable")]
        rows = ranked[np.argsort(up[ranked], kind="stable")]
        return cls._laid(rows, np.bincount(up[linked], minlength=n_parents))

    @classmethod
    def of_sizes(cls, size: Index) -> Families:
        """Families of new rows, which are numbered in their order."""
        return cls._laid(np.arange(int(size.sum())), size)

    @classmethod
    def _laid(cls, rows: Index, size: Index) -> Families:
        size = size.astype(np.int64)
        starts = np.cumsum(size) - size
        return cls(rows, np.repeat(np.arange(len(size)), size), np.arange(len(rows)) - np.repeat(starts, size), size)

    @property
    def starts(self) -> Index:
        """Where each family begins among the rows, shape (parents,)."""
        return np.asarray(np.cumsum(self.size) - self.size)

    @property
    def block_start(self) -> Index:
        """Place at which the block of each row begins, shape (n,)."""
        edges = blocks(int(self.size.max(initial=0)), self.alone)
        return np.asarray(edges[np.searchsorted(edges, self.place, side="right") - 1]) if len(self.rows) else self.place

    def before(self) -> Index:
        """Position, among the rows, of the sibling that came last before the block of each; -1 for none; shape (n,)."""
        start = self.block_start
        return np.where(start > 0, self.starts[self.parent] + start - 1, -1)

    def left_to_draw(self, values: Floats, mean: Floats) -> Floats:
        """What the rest of a family needs on average to come to its mean, before the block of each row; shape (n,).

        Args:
            values: of the rows, NaN for none, shape (n,).
            mean: of each family, shape (parents,).
        """
        known = np.isfinite(values)
        total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
        start, first = self.block_start, self.starts[self.parent]
        done = total[first + start] - total[first]
        # A value that is missing takes none of the sum, as if it were the mean.
        count = np.concatenate([[0], np.cumsum(known)])
        missing = start - (count[first + start] - count[first])
        goal = mean[self.parent]
        return np.asarray((goal * (self.size[self.parent] - missing) - done) / (self.size[self.parent] - start))


def means(values: Floats, families: Families) -> Floats:
    """Mean of each family's values that are there, NaN without any, shape (parents,)."""
    known = np.isfinite(values)
    n = len(families.size)
    count = np.bincount(families.parent[known], minlength=n)
    total = np.bincount(families.parent[known], weights=values[known], minlength=n)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def modes(codes: Index, families: Families) -> Index:
    """The most frequent code of each family, -1 without rows, shape (parents,)."""
    out = np.full(len(families.size), -1, dtype=np.int64)
    if len(codes):
        top = int(codes.max()) + 1
        pairs, times = np.unique(families.parent * top + codes, return_counts=True)
        order = np.argsort(times, kind="stable")  # the last that is written stays
        out[pairs[order] // top] = pairs[order] % top
    return out


def agreement(codes: Index, ordered: bool, up: Index) -> float:
    """How much siblings agree, from 0 (like strangers) to 1 (always); 0 where they are too few to say.

    Ranks of an ordered column by Fisher's intraclass correlation (R. A. Fisher, 1925, chapter 7), others by an intraclass
    kappa; each row weighs the same.

    Args:
        codes: of the rows, shape (rows,).
        ordered: whether codes have an order.
        up: parent of each row, or a negative number.
    """
    linked = np.flatnonzero(up >= 0)
    groups = np.unique(up[linked], return_inverse=True)[1]
    several = np.bincount(groups)[groups] > 1
    groups, codes = np.unique(groups[several], return_inverse=True)[1], codes[linked[several]]
    size, rows = np.bincount(groups), len(groups)
    if rows - len(size) < FEWEST_SIBLINGS or len(size) < 2:
        return 0.0
    levels = np.unique(codes, return_inverse=True)[1]
    counts = np.bincount(levels)
    if len(counts) == 1:
        return 0.0
    if ordered:
        rank = (np.cumsum(counts) - counts / 2)[levels]
        x = (rank - rank.mean()) / rank.std()
        same = ((np.bincount(groups, x) ** 2 - np.bincount(groups, x * x)) / (size - 1)).sum() / rows
        return float(np.clip(same, 0.0, 1.0))
    pairs, times = np.unique(groups * len(counts) + levels, return_counts=True)
    same = (times * (times - 1) / (size[pairs // len(counts)] - 1)).sum() / rows
    chance = ((counts / rows) ** 2).sum()
    return float(np.clip((same - chance) / (1 - chance), 0.0, 1.0))


def by_chance(up: Index) -> float:
    """Standard deviation of the agreement of siblings that are strangers to one another, see `agreement`.

    Args:
        up: parent of each row, or a negative number.
    """
    size = np.bincount(up[up >= 0])
    size = size[size > 1]
    return float(np.sqrt(2.0 * (size / (size - 1)).sum()) / max(int(size.sum()), 1))
