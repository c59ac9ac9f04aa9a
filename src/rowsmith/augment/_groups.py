"""Rows that are alike in what others may know of them: how many, and how different what they hide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.augment._change import Floats, Ints
from rowsmith.augment._numbers import floats
from rowsmith.core.matching import together
from rowsmith.core.types import is_number, is_time


def codes_of(values: pa.Array) -> Ints:
    """A number for each different value, nulls among them, shape (rows,)."""
    found = values.dictionary_encode(null_encoding="encode")
    return np.asarray(found.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def alike(columns: Sequence[pa.Array], n: int) -> Ints:
    """The group of each row: rows with the same values in all columns, shape (rows,)."""
    return together([codes_of(values) for values in columns], n)


def shares_in(groups: Ints, codes: Ints) -> Floats:
    """Share of each value in each group, shape (groups, values)."""
    shape = int(groups.max(initial=-1)) + 1, int(codes.max(initial=-1)) + 1
    counts = np.bincount(groups * max(shape[1], 1) + codes, minlength=shape[0] * shape[1]).reshape(shape)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def diversity(groups: Ints, codes: Ints) -> Ints:
    """How many different values each group has, shape (groups,): its l (A. Machanavajjhala et al., "l-Diversity", 2006)."""
    return np.asarray((shares_in(groups, codes) > 0).sum(axis=1))


def closeness(groups: Ints, values: pa.Array) -> Floats:
    """How far the law of a column in each group is from that of all rows, 0 to 1, shape (groups,): its t.

    The earth mover's distance of N. Li et al., "t-Closeness" (2007): by ranks for numbers and times, equal for all else.
    """
    if is_number(values.type) or is_time(values.type):
        x = floats(values)
        codes = np.unique(np.where(np.isnan(x), np.inf, x), return_inverse=True)[1].astype(np.int64)
        gap = np.cumsum(shares_in(groups, codes) - _all(codes), axis=1)
        return np.asarray(np.abs(gap).sum(axis=1) / max(gap.shape[1] - 1, 1))
    codes = codes_of(values)
    return np.asarray(np.abs(shares_in(groups, codes) - _all(codes)).sum(axis=1) / 2)


def _all(codes: Ints) -> NDArray[np.float64]:
    return np.asarray(np.bincount(codes) / max(len(codes), 1))
