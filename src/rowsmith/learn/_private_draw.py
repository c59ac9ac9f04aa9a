"""Rows of a law in a junction tree: clique after clique, each given what it shares with the one before; exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._private_estimate import Law
from rowsmith.learn._private_tree import Clique, Table

Index = NDArray[np.int64]
TINY = 1e-300
"""Added to all shares, so that a line without any is even."""


def drawn(law: Law, n: int, key: Key) -> list[Index]:
    """Groups of n rows, one array a column."""
    out = [np.zeros(n, dtype=np.int64) for _ in law.tree.sizes]
    for k, clique in enumerate(law.tree.cliques):
        shared = law.tree.separators[k]
        new = tuple(i for i in clique if i not in shared)
        table = rearranged(law.tables[k], clique, shared, new)
        at = picked(table, flat(out, law.tree.sizes, shared, n), key.child(k).generator().random(n))
        unpacked(at, law.tree.sizes, new, out)
    return out


def flat(groups: Sequence[Index], sizes: Sequence[int], columns: Clique, n: int) -> Index:
    """Number of each row's combination of columns, shape (n,)."""
    out = np.zeros(n, dtype=np.int64)
    for i in columns:
        out = out * sizes[i] + groups[i]
    return out


def rearranged(table: Table, clique: Clique, first: Clique, then: Clique) -> Table:
    """A clique's table with combinations of some columns as lines and of others as places in them."""
    turned = np.transpose(table, [clique.index(i) for i in first + then])
    return np.asarray(turned.reshape(int(np.prod(turned.shape[: len(first)], dtype=np.int64)), -1))


def picked(table: Table, lines: Index, places: NDArray[np.float64]) -> Index:
    """A place in the line of each row, in proportion to the table, shape (rows,)."""
    ends = np.cumsum(table + TINY, axis=1)
    ends /= ends[:, -1:]
    ends += np.arange(len(ends))[:, None]
    at = np.searchsorted(ends.ravel(), lines + places, side="right") - lines * table.shape[1]
    return np.asarray(np.clip(at, 0, table.shape[1] - 1))


def unpacked(at: Index, sizes: Sequence[int], columns: Clique, out: list[Index]) -> None:
    """Write groups of columns into `out`, of the numbers of their combinations."""
    for i in reversed(columns):
        at, out[i] = np.divmod(at, sizes[i])
