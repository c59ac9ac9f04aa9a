"""Rows of a law of which something is known: exactly, by sending what is known through the junction tree.

What is known is gathered towards a root first (J. Pearl, "Probabilistic reasoning in intelligent systems", 1988, chapter 4),
but only from parts of the tree of which something is known, and once for all rows of which the same is. Then rows are drawn
from the root outwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._private_draw import Index, flat, picked, rearranged, unpacked
from rowsmith.learn._private_estimate import Law
from rowsmith.learn._private_tree import Clique, Table, summed

FLOOR = 1e-30
"""Share of a combination that the law rules out, for the case that only such ones agree with what is known."""
CHUNK = 1 << 21
"""Numbers of a table for many rows at once."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a column.

    Attributes:
        which: number of what is known, of each row, shape (rows,).
        likelihood: share of each group's rows that agree with each thing that can be known, shape (things, groups).
    """

    which: Index
    likelihood: NDArray[np.float64]

    @property
    def hard(self) -> bool:
        """Whether what is known always names one group."""
        return bool(((self.likelihood > 0).sum(axis=1) == 1).all())


@dataclass(frozen=True)
class _Message:
    """What a part of the tree says to the clique that it hangs on.

    Attributes:
        columns: that it speaks of.
        which: number of each row's message, shape (rows,).
        tables: the messages, shape (messages, combinations of the columns).
    """

    columns: Clique
    which: Index
    tables: Table


def drawn_known(law: Law, n: int, key: Key, known: Mapping[int, Evidence]) -> list[Index]:
    """Groups of n rows given what is known of each, one array a column.

    Args:
        law: of whole rows.
        n: how many.
        key: random stream.
        known: by column, n rows each.
    """
    return _Draw(law, n, known).rows(key)


class _Draw:
    """The tree, turned so that its root knows most, and all that is known."""

    def __init__(self, law: Law, n: int, known: Mapping[int, Evidence]) -> None:
        self._sizes, self._cliques, self._n = law.tree.sizes, law.tree.cliques, n
        self._tables = [table + FLOOR for table in law.tables]
        self._soft = {i: each for i, each in known.items() if not each.hard}
        self._out = [np.zeros(n, dtype=np.int64) for _ in self._sizes]
        self._hard = {i for i, each in known.items() if each.hard}
        for i in self._hard:
            self._out[i] = known[i].likelihood.argmax(axis=1)[known[i].which]
        self._order, self._shared = self._turned(law, known)
        self._said: dict[int, list[_Message]] = {k: [] for k in self._order}

    def _turned(self, law: Law, known: Mapping[int, Evidence]) -> tuple[dict[int, int], dict[int, Clique]]:
        """The cliques from the root outwards, each with its parent; and what it shares with it."""
        near: list[list[int]] = [[] for _ in self._cliques]
        for k, up in enumerate(law.tree.parents):
            if up >= 0:
                near[k].append(up)
                near[up].append(k)
        order: dict[int, int] = {}
        for root in sorted(range(len(near)), key=lambda k: (-sum(i in known for i in self._cliques[k]), k)):
            waiting = [(root, -1)] if root not in order else []
            for k, up in waiting:  # grows as it goes
                order[k] = up
                waiting += [(other, k) for other in near[k] if other != up]
        shared = {
            k: () if up < 0 else tuple(i for i in self._cliques[k] if i in self._cliques[up]) for k, up in order.items()
        }
        return order, shared

    def rows(self, key: Key) -> list[Index]:
        """Groups of the rows, one array a column."""
        for k in reversed(self._order):
            message = self._message(k) if self._order[k] >= 0 else None
            if message is not None:
                self._said[self._order[k]].append(message)
        for k in self._order:
            self._draw(k, key.child(k).generator().random(self._n))
        return self._out

    def _new(self, k: int) -> Clique:
        """Columns that are drawn in a clique."""
        return tuple(i for i in self._cliques[k] if i not in self._shared[k] and i not in self._hard)

    def _message(self, k: int) -> _Message | None:
        """How likely what is known beyond a clique's separator is, given each combination there; None if nothing is known."""
        soft = [i for i in self._new(k) if i in self._soft]
        fixed = tuple(i for i in self._cliques[k] if i in self._hard)
        if not soft and not self._said[k] and set(fixed) <= set(self._shared[k]):
            return None
        # Columns that are known for sure are the same in the separator and beyond it, so a message is of the others alone.
        kept, new = tuple(i for i in self._shared[k] if i not in self._hard), self._new(k)
        both = tuple(i for i in fixed if i in self._shared[k])
        table = rearranged(self._tables[k], self._cliques[k], fixed, kept + new)
        own = summed(self._tables[k], self._cliques[k], self._shared[k])
        own = rearranged(own, self._shared[k], both, kept)
        which = flat(self._out, self._sizes, fixed, self._n)
        for part in [self._soft[i].which for i in soft] + [each.which for each in self._said[k]]:
            which = np.unique(which * (int(part.max(initial=0)) + 1) + part, return_inverse=True)[1].reshape(-1)
        _, first, which = np.unique(which, return_index=True, return_inverse=True)
        tables = np.empty((len(first), own.shape[1]))
        for rows in _chunks(len(first), table.shape[1]):
            some = first[rows]
            weights = table[flat(self._out, self._sizes, fixed, self._n)[some]] * self._factor(
                k, kept + new, soft, some
            )
            there = own[flat(self._out, self._sizes, both, self._n)[some]]
            tables[rows] = weights.reshape(len(some), own.shape[1], -1).sum(axis=2) / there
        tables /= tables.max(axis=1, keepdims=True)
        return _Message(kept, which.reshape(-1), tables)

    def _draw(self, k: int, places: NDArray[np.float64]) -> None:
        """Draw the new columns of a clique, given what is drawn of the others and what was said."""
        new = self._new(k)
        if not new:
            return
        there = tuple(i for i in self._cliques[k] if i not in new)
        table = rearranged(self._tables[k], self._cliques[k], there, new)
        lines = flat(self._out, self._sizes, there, self._n)
        soft = [i for i in new if i in self._soft]
        if not soft and not self._said[k]:
            unpacked(picked(table, lines, places), self._sizes, new, self._out)
            return
        at = np.empty(self._n, dtype=np.int64)
        for rows in _chunks(self._n, table.shape[1]):
            some = np.arange(rows.start, rows.stop)
            weights = table[lines[rows]] * self._factor(k, new, soft, some)
            ends = np.cumsum(weights, axis=1)
            at[rows] = (ends <= places[rows, None] * ends[:, -1:]).sum(axis=1)
        unpacked(np.minimum(at, table.shape[1] - 1), self._sizes, new, self._out)

    def _factor(self, k: int, over: Clique, soft: Sequence[int], rows: Index) -> Table:
        """What is known of columns, and what was said to a clique, of each combination of columns; shape (rows, combinations)."""
        grid = np.indices([self._sizes[i] for i in over]).reshape(len(over), -1)
        group = dict(zip(over, grid, strict=True))
        out = np.ones((len(rows), grid.shape[1]))
        for i in soft:
            out *= self._soft[i].likelihood[self._soft[i].which[rows]][:, group[i]]
        for each in self._said[k]:
            place = np.zeros((len(rows), grid.shape[1]), dtype=np.int64)
            for i in each.columns:
                place = place * self._sizes[i] + (group[i][None] if i in group else self._out[i][rows, None])
            out *= each.tables[each.which[rows, None], place]
        return out


def _chunks(n: int, width: int) -> Iterator[slice]:
    """Parts of n rows whose tables of a width are not too large."""
    size = max(1, CHUNK // max(width, 1))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
