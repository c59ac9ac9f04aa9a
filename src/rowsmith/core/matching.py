"""Values and rows as numbers that are equal where they are, and rows of two lists put side by side by such numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Index = NDArray[np.int64]


def codes_of(values: pa.Array | pa.ChunkedArray) -> Index:
    """A number from 0 for each different value, -1 for null, shape (rows,).

    >>> codes_of(pa.array(["b", None, "a", "b"])).tolist()
    [0, -1, 1, 0]
    """
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    return np.asarray(coded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def together(columns: Sequence[Index], n: int) -> Index:
    """One number for the codes of several columns, from 0 and in their order: equal where the codes of all are, shape (n,).

    Args:
        columns: codes from -1, shape (n,) each.
        n: rows.

    >>> together([np.array([0, 1, 0, -1]), np.array([2, 2, 2, 2])], 4).tolist()
    [1, 2, 1, 0]
    """
    out = np.zeros(n, dtype=np.int64)
    for codes in columns:
        wide = int(codes.max(initial=0)) + 2
        out = np.unique(out * wide + codes + 1, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return out


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
