"""Groups of parents as a column has them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Index = NDArray[np.int64]


def group_text(groups: Index) -> pa.Array:
    """Groups as texts in their order, null for none.

    >>> group_text(np.array([2, -1])).to_pylist()
    ['00002', None]
    """
    texts = [f"{g:05d}" for g in range(int(groups.max(initial=-1)) + 1)]
    return pa.array(texts, pa.string()).take(pa.array(groups, mask=groups < 0))


def groups_of(texts: pa.Array) -> Index:
    """The inverse of `group_text`."""
    numbers = texts.cast(pa.int64()).fill_null(-1)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)
