"""Rows of two lists put side by side, by groups that they are of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def matched(a: Index, b: Index) -> tuple[Index, Index]:
    """Places of members of the same group in two lists, each used once.

    Args:
        a: group of each member of the first list, below 2 ** 31, shape (n,).
        b: the same of the second, shape (m,).

    >>> [places.tolist() for places in matched(np.array([0, 1, 1]), np.array([1, 2, 0, 1, 1]))]
    [[0, 1, 2], [2, 0, 3]]
    """
    _, which, chosen = np.intersect1d(_numbered(a), _numbered(b), assume_unique=True, return_indices=True)
    return which, chosen


def _numbered(groups: Index) -> Index:
    """A number for each member of each group: the first of any, the second …, shape (n,)."""
    order = np.argsort(groups, kind="stable")
    ranked = groups[order]
    place = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    out = np.empty(len(groups), dtype=np.int64)
    out[order] = ranked * 2**32 + place
    return out
