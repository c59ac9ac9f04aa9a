"""Which columns a column is learnt from in a wide table: those that tell most about it.

So the cost of a column does not grow with the number of the others. Measured by mutual information of few groups in some
rows. What two columns tell only together is not seen; up to `MOST` columns nothing is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import Codes
from rowsmith.learn._order import pooled

MOST, KEPT = 64, 32
"""Earlier columns up to which all are kept, and how many are of more. Measured with 96 columns in twelve groups of like ones
(`tests/learn/test_screen.py`): from 32 kept the correlations of the twin are as close as with all."""
GROUPS = 6
"""Groups into which a column's codes are pooled."""
ROWS = 2_000
"""Rows to measure on, evenly over the table."""
BLOCK = 64
"""Columns that are measured at a time."""


def predictors(columns: Sequence[Codes]) -> list[NDArray[np.int64] | None]:
    """For each column of a chain the positions of the earlier ones that it is learnt from, in order; None for all of them.

    Args:
        columns: in the order of the chain.
    """
    if len(columns) <= MOST + 1:
        return [None] * len(columns)
    step = max(1, len(columns[0].values) // ROWS)
    groups = np.stack([pooled(column, step, GROUPS) for column in columns])
    # Counts of pairs of groups are products of indicators; they are whole numbers, and so the same on every machine.
    ones = (groups[:, None, :] == np.arange(GROUPS)[None, :, None]).astype(np.float32)
    shares, rows = ones.mean(axis=2, dtype=np.float64), groups.shape[1]
    chosen: list[NDArray[np.int64] | None] = [None] * (MOST + 1)
    for start in range(MOST + 1, len(columns), BLOCK):
        places = range(start, min(start + BLOCK, len(columns)))
        before = ones[: places[-1]].reshape(-1, rows)
        counts = (before @ ones[places[0] : places[-1] + 1].reshape(-1, rows).T).reshape(
            -1, GROUPS, len(places), GROUPS
        )
        for at, place in enumerate(places):
            joint = counts[:place, :, at].astype(np.float64) / rows
            free = shares[:place, :, None] * shares[place]
            told = np.sum(joint * np.log(np.where(joint > 0, joint / np.where(free > 0, free, 1), 1)), axis=(1, 2))
            chosen.append(np.sort(np.argsort(-np.round(told, 9), kind="stable")[:KEPT]))
    return chosen


def widened(
    forest: dict[str, NDArray[np.generic]], chosen: NDArray[np.int64], n_features: int
) -> dict[str, NDArray[np.generic]]:
    """The trees of a column that was learnt from some columns, as those of one that was learnt from all before it.

    Args:
        forest: as `_boost.fit_column` returns it.
        chosen: positions of the columns that it was learnt from, rising.
        n_features: columns before it in the chain.
    """
    widths = np.zeros(n_features, dtype=np.int64)
    widths[chosen] = np.diff(forest["offset"].astype(np.int64))
    offset = np.concatenate([[0], np.cumsum(widths)])
    return {**forest, "feature": chosen[forest["feature"].astype(np.int64)].astype(np.uint16), "offset": offset}
