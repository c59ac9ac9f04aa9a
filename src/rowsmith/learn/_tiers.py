"""How deep rows of one family stand that lead one another: each branch has a head, on whom all others of it hang."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.apportion import fair
from rowsmith.core.matching import together
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._deal import dealt, room_in
from rowsmith.learn._families import Families
from rowsmith.learn._moved import Moved
from rowsmith.learn.table import TableModel

Index = NDArray[np.int64]

PARTS = 1000
"""Parts of a row that count in sharing a family out."""


@dataclass(frozen=True)
class Tiers:
    """Rows of each depth in families whose rows hang on one another.

    Attributes:
        link: number of the link by which they do.
        sizes: rows of the real families, rising, shape (families,).
        like: which of the means each of these is part of, shape (families,).
        means: rows of each depth, on average over `FEW` families or more, shape (means, depths).
        moved: times that hang on the row above; None for none.
        clock: draws these as they were learnt, before all else, and who is above; None for none.
    """

    link: int
    sizes: Index
    like: Index
    means: NDArray[np.float64]
    moved: Moved | None = None
    clock: TableModel | None = None

    @classmethod
    def of(cls, link: int, families: Families, depth: Index, kept: Index, moved: Moved | None = None) -> Self:
        """What families are like.

        Args:
            link: number of the link.
            families: the rows.
            depth: how many rows are above each, shape (n,), as the families have them.
            kept: sizes of the families as a model may know them, see `family_sizes`, shape (parents,).
            moved: times that hang on the row above.
        """
        some, n = np.flatnonzero(families.size), int(depth.max(initial=0)) + 1
        counts = np.zeros((len(families.size), n), dtype=np.int64)
        np.add.at(counts, (families.parent, depth), 1)
        counts, sizes = counts[some], families.size[some]
        deepest = n - 1 - np.argmax(counts[:, ::-1] > 0, axis=1)
        like = np.empty(len(some), dtype=np.int64)
        means: list[NDArray[np.float64]] = []
        for run in _runs(counts[:, 0], deepest, sizes):
            like[run] = len(means)
            means.append(counts[run].mean(axis=0))
        return cls(link, np.sort(kept[some]), like[np.argsort(sizes, kind="stable")], np.array(means), moved)

    def depths(self, size: Index, rng: np.random.Generator) -> Index:
        """How many rows are above each of new families, rising in each, shape (n,).

        A family is like a real one of its size: it has as many rows at the top, and in its shares at each depth below.

        Args:
            size: rows of each family, shape (families,).
            rng: random numbers.
        """
        low, high = (np.searchsorted(self.sizes, size, side=side) for side in ("left", "right"))
        place = low + (rng.random(len(size)) * np.maximum(high - low, 1)).astype(np.int64)
        below = np.maximum(place - 1, 0)
        place = np.minimum(place, len(self.sizes) - 1)
        nearer = (low == high) & (size - self.sizes[below] < self.sizes[place] - size)
        means = self.means[self.like[np.where(nearer, below, place)]]
        top = np.clip(np.floor(means[:, 0] + rng.random(len(size))).astype(np.int64), np.minimum(1, size), size)
        rest = np.rint(means[:, 1:] * PARTS).astype(np.int64)
        top = np.where(rest.any(axis=1), top, size)
        sure = (means[:, 1:] >= 1) & (size - top >= (means[:, 1:] >= 1).sum(axis=1))[:, None]  # one at least
        more = np.where(sure, rest - PARTS, rest)
        more = np.where(more.any(axis=1)[:, None], more, rest)
        group = np.repeat(np.arange(len(size)), rest.shape[1])
        shares = fair(more.ravel(), group, (size - top - sure.sum(axis=1)).tolist(), rng).reshape(rest.shape)
        counts = np.concatenate([top[:, None], shares + sure], axis=1)
        return np.tile(np.arange(counts.shape[1]), len(size)).repeat(counts.ravel())

    def state(self) -> State:
        """Plain values and arrays."""
        more = {n: None if each is None else each.state() for n, each in (("moved", self.moved), ("clock", self.clock))}
        return {**vars(self), **more}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        sizes, like = (state[n].astype(np.int64) for n in ("sizes", "like"))
        moved = None if state["moved"] is None else Moved.from_state(state["moved"])
        clock = None if state["clock"] is None else TableModel.from_state(state["clock"])
        return cls(int(state["link"]), sizes, like, state["means"].astype(np.float64), moved, clock)


def led(family: Index, depth: Index, wanted: Index, groups: Index, counts: Index, rng: np.random.Generator) -> Index:
    """The row that each hangs on: one of its family and of the depth above its own; -1 at the top, shape (rows,).

    Args:
        family: number of each row's family, shape (rows,).
        depth: how many rows are above each, shape (rows,); where a family has none of a depth, those below move up.
        wanted: group of the row that each wants to hang on; -1 for any, shape (rows,).
        groups: of each, shape (rows,).
        counts: rows that shall hang on each, shape (rows,): in proportion to these they do.
        rng: random numbers.
    """
    pairs, tier = np.unique(np.stack([family, depth], axis=1), axis=0, return_inverse=True)
    tier = tier.ravel()
    above = np.where(np.append(-2, pairs[:-1, 0]) == pairs[:, 0], np.arange(len(pairs)) - 1, -1)[tier]
    linked = above >= 0
    room = room_in(above[linked], tier, counts, np.isin(tier, above), rng)
    wanted = np.where(linked, np.maximum(wanted, 0), -1)
    return dealt(wanted, groups, [], room, family, rng, (above, tier))


def _runs(top: Index, deepest: Index, sizes: Index) -> list[Index]:
    """Families, `FEW` or more together: with as many rows at the top, as deep, and of like size where there are enough."""
    order = np.lexsort((sizes, deepest, top))
    kind = together([top[order], deepest[order]], len(order))
    cells: list[Index] = []
    for cell in np.split(order, np.flatnonzero(np.diff(kind)) + 1):
        if cells and min(len(cells[-1]), len(cell)) < FEW:  # too few for a mean of their own
            cells[-1] = np.concatenate([cells[-1], cell])
        else:
            cells.append(cell)
    return [run for cell in cells for run in np.array_split(cell, max(1, len(cell) // FEW))]
