"""A junction tree: cliques of columns in which sums over all combinations of values are quick and exact.

Source: S. Lauritzen and D. Spiegelhalter, "Local computations with probabilities on graphical structures" (1988); of two greedy
triangulations, by least weight and by least fill (U. Kjærulff, 1992), the one with the smaller tables is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

Clique = tuple[int, ...]
Table = NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """Cliques of a chordal graph, each after its parent.

    Attributes:
        sizes: codes of each column.
        cliques: sorted positions of columns.
        parents: place of each clique's parent, -1 for none; below its own place.
    """

    sizes: tuple[int, ...]
    cliques: tuple[Clique, ...]
    parents: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Numbers in all tables of cliques."""
        return sum(cells(self.sizes, clique) for clique in self.cliques)

    @cached_property
    def separators(self) -> tuple[Clique, ...]:
        """Columns that each clique shares with its parent."""
        return tuple(
            () if up < 0 else tuple(i for i in clique if i in self.cliques[up])
            for clique, up in zip(self.cliques, self.parents, strict=True)
        )

    @cached_property
    def _sets(self) -> list[tuple[int, frozenset[int], int]]:
        """The cliques, the smallest table first, with their places."""
        return sorted((cells(self.sizes, clique), frozenset(clique), k) for k, clique in enumerate(self.cliques))

    def holds(self, columns: Iterable[int]) -> int:
        """Place of the smallest clique that has the columns; -1 for none."""
        wanted = frozenset(columns)
        return next((k for _, clique, k in self._sets if wanted <= clique), -1)

    def calibrated(self, factors: Sequence[tuple[Clique, Table]]) -> list[Table]:
        """Shares of each clique's combinations under a product of factors, each of columns that some clique has.

        Args:
            factors: columns and logarithms of a table over them.

        Returns:
            One table a clique; each sums to 1, and neighbours agree on what they share.
        """
        logs = [np.zeros([self.sizes[i] for i in clique]) for clique in self.cliques]
        for columns, table in factors:
            k = self.holds(columns)
            logs[k] += spread(table, columns, self.cliques[k])
        return self.propagated([np.exp(log - log.max()) for log in logs])

    def propagated(self, tables: list[Table]) -> list[Table]:
        """Shares of each clique's combinations under a product of tables, one a clique; these are overwritten."""
        ups: list[Table | None] = [None] * len(tables)
        for k in range(len(tables) - 1, -1, -1):
            up, shared = self.parents[k], self.separators[k]
            if up >= 0:
                message = summed(tables[k], self.cliques[k], shared)
                message /= message.max()
                ups[k] = message
                tables[up] *= spread(message, shared, self.cliques[up])
        for k, table in enumerate(tables):
            said, up, shared = ups[k], self.parents[k], self.separators[k]
            if said is not None:
                own = summed(tables[up], self.cliques[up], shared)
                ratio = np.divide(own, said, out=np.zeros_like(own), where=said > 0)
                table *= spread(ratio, shared, self.cliques[k])
            table /= table.sum()
        return tables


def cells(sizes: Sequence[int], columns: Iterable[int]) -> int:
    """Combinations of codes of columns."""
    return prod(sizes[i] for i in columns)


def spread(table: Table, columns: Clique, over: Clique) -> Table:
    """A table over sorted columns, as one that broadcasts over more of them."""
    shape = dict(zip(columns, table.shape, strict=True))
    return table.reshape([shape.get(i, 1) for i in over])


def summed(table: Table, columns: Clique, kept: Clique) -> Table:
    """A table summed over all columns but some."""
    return np.asarray(table.sum(axis=tuple(k for k, i in enumerate(columns) if i not in kept)))


def tree_of(sizes: Sequence[int], pieces: Iterable[Clique]) -> Tree:
    """A junction tree in which each piece is in some clique.

    Args:
        sizes: codes of each column.
        pieces: columns that must be together.
    """
    near = [1 << i for i in range(len(sizes))]  # neighbours as bits, and itself
    for piece in pieces:
        mask = sum(1 << i for i in piece)
        for i in piece:
            near[i] |= mask
    ways = (_eliminated(near, lambda _, mask: _weight(sizes, mask)), _eliminated(near, _missing))
    return min((_tree(sizes, found) for found in ways), key=lambda tree: tree.cells)


class Ways:
    """What it costs, in cells, to bring columns of a tree together.

    Those that move join each clique on their way, since a column's cliques hang together in a junction tree.

    Args:
        tree: as it is.

    Attributes:
        tree: the same.
        own: cells of each clique, shape (cliques,).
        cost: of each column to each clique, shape (columns, cliques); 0 where it is, infinite if no way leads there.
        apart: of two columns, shape (columns, columns).
    """

    def __init__(self, tree: Tree) -> None:
        near: list[list[int]] = [[] for _ in tree.cliques]
        for k, up in enumerate(tree.parents):
            if up >= 0:
                near[k].append(up)
                near[up].append(k)
        d, sizes = len(tree.sizes), np.array(tree.sizes, dtype=np.float64)
        self.tree = tree
        self.own = np.array([cells(tree.sizes, clique) for clique in tree.cliques], dtype=np.float64)
        self.cost = np.full((d, len(tree.cliques)), np.inf)
        self._back = np.full(self.cost.shape, -1)
        self.apart = np.full((d, d), np.inf)
        for i, size in enumerate(tree.sizes):
            way = [k for k, clique in enumerate(tree.cliques) if i in clique]
            self.cost[i, way] = 0.0
            for k in way:  # grows as it goes
                clique = list(tree.cliques[k])
                self.apart[i, clique] = np.minimum(self.apart[i, clique], self.cost[i, k])
                for other in near[k]:
                    if np.isinf(self.cost[i, other]):
                        self.cost[i, other] = self.cost[i, k] + self.own[other] * (size - 1.0)
                        self._back[i, other] = k
                        way.append(other)
        self.apart = np.where(np.isinf(self.apart), np.outer(sizes, sizes), np.minimum(self.apart, self.apart.T))

    def of(self, columns: Clique) -> float:
        """What it costs to have them in one clique."""
        return float(self.apart[columns]) if len(columns) == 2 else float(self._to_each(columns).min())

    def _to_each(self, columns: Clique) -> NDArray[np.float64]:
        """What it costs to have them in each clique, shape (cliques,)."""
        cost, sizes = self.cost[list(columns)], np.array([self.tree.sizes[i] for i in columns], dtype=np.float64)
        new = cost > 0
        before = np.where(new, cost - self.own * (sizes[:, None] - 1), 0.0).sum(axis=0)
        return np.asarray(before + self.own * (np.where(new, sizes[:, None], 1.0).prod(axis=0) - 1))

    def together(self, columns: Clique) -> Tree:
        """The tree with them in one clique, at that cost at most."""
        to_each = self._to_each(columns)
        k = int(to_each.argmin())
        joined = [set(clique) for clique in self.tree.cliques]
        if np.isinf(to_each[k]):
            joined.append(set(columns))
        else:
            for i in columns:
                at = k
                while i not in self.tree.cliques[at]:
                    joined[at].add(i)
                    at = int(self._back[i, at])
        return tree_of(self.tree.sizes, [tuple(sorted(clique)) for clique in joined])


def _eliminated(near: Sequence[int], weigh: Callable[[Sequence[int], int], float]) -> list[int]:
    """Maximal cliques, as bits, of a graph that was made chordal by taking out the column first that weighs least.

    Args:
        near: neighbours of each column, as bits, and itself.
        weigh: says what it costs to take a column with its neighbours out of what is left of the graph.
    """
    near, left, found = list(near), set(range(len(near))), list[int]()
    while left:
        i = min(left, key=lambda k: (weigh(near, near[k]), k))
        clique = near[i]
        left.remove(i)
        if not any(clique & other == clique for other in found):
            found.append(clique)
        rest = clique & ~(1 << i)
        for k in bits(rest):
            near[k] = (near[k] | rest) & ~(1 << i)
    return found


def _missing(near: Sequence[int], mask: int) -> int:
    """Pairs of a column's neighbours that are not neighbours themselves."""
    return sum((mask & ~near[k]).bit_count() for k in bits(mask))


def _weight(sizes: Sequence[int], mask: int) -> float:
    return float(prod(sizes[k] for k in bits(mask)))


def bits(mask: int) -> list[int]:
    """Places of the ones of a number."""
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


def _tree(sizes: Sequence[int], masks: list[int]) -> Tree:
    """The cliques as a tree in which neighbours share most (R. Prim), the heaviest first."""
    order = [max(range(len(masks)), key=lambda k: _weight(sizes, masks[k]))]
    parents = [-1]
    best: dict[int, tuple[int, int]] = {}
    left = [k for k in range(len(masks)) if k != order[0]]
    for k in left:
        best[k] = ((masks[k] & masks[order[0]]).bit_count(), 0)
    while left:
        k = max(left, key=lambda j: (best[j][0], -j))
        left.remove(k)
        shared, up = best[k]
        parents.append(up if shared else -1)
        order.append(k)
        for j in left:
            shared = (masks[j] & masks[k]).bit_count()
            if shared > best[j][0]:
                best[j] = (shared, len(order) - 1)
    return Tree(tuple(sizes), tuple(tuple(bits(masks[k])) for k in order), tuple(parents))
